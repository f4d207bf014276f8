// The live overlay in real pages over real data channels, on this machine alone.

import { chromium } from 'playwright-core';
import { answer, read, sdp } from './blob.mjs';
import { launchOptions } from './chromium.mjs';
import { patient as expect, test, watch } from './fixtures.mjs';
import { LINKING, answered, ask, asked, connected, counter, digits, found, inside, invite, members, outcome, peers, setRoom, tracker, visitor } from './live.mjs';
import { button, field } from './page.mjs';
import { WINDOWS, expectFitting, expectSound } from './sound.mjs';

// One after the other: rings of many pages want the machine to themselves.
test.describe.configure({ mode: 'default', timeout: 480_000 });

let browser;
test.beforeAll(async () => {
  browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, LINKING] });
});
test.afterAll(() => browser.close());

/** Pages of one test; all are closed and found without errors at its end. */
async function party(run) {
  const pages = [];
  const seen = [];
  const come = async (name, hash) => {
    const page = await visitor(browser, name, hash);
    pages.push(page);
    seen.push(watch(page.context(), [/WebSocket connection to .* failed/]));
    return page;
  };
  try {
    await run(come, pages);
    expect(seen.flat(), 'errors of the pages').toEqual([]);
  } finally {
    await Promise.all(pages.map((page) => page.context().close().catch(() => {})));
  }
}

/** All pages at a time, as people would. */
const each = (pages, act) => Promise.all(pages.map(act));

/** A line of everyone reaches everyone else, who answers for its own digits. */
async function everyReachesEvery(pages) {
  const names = await each(pages, digits);
  await each(pages, async (page, index) => {
    for (const name of names.filter((_, other) => other !== index)) {
      const option = page.locator('#live-to option').filter({ hasText: name });
      await expect(option, `${names[index]} has heard of ${name}`).toHaveCount(1);
      await field(page, 'Line to').selectOption({ label: await option.textContent() });
      await field(page, 'Line').fill(`from ${names[index]}`);
      const before = await asked(page);
      await button(page, 'Send line').click();
      const end = await answered(page, before);
      expect(end).toContain('which answers for that key');
      expect(end).toContain(name);
    }
  });
  await each(pages, async (page, index) => {
    const lines = page.getByRole('list', { name: 'Lines for this node, latest first' });
    for (const name of names.filter((_, other) => other !== index)) await expect(lines).toContainText(`from ${name}`);
  });
}

/** Every page gets the value, if need be after members that are gone have been noticed. */
const allGet = (pages, key, value) =>
  each(pages, (page) => expect.poll(() => ask(page, key, 'Get'), { timeout: 120_000 }).toContain(`“${value}”`));

/** Waits until every page has a link to so many others. */
const linked = (pages, count) => each(pages, (page) => expect.poll(() => connected(page), { timeout: 120_000 }).toBe(count));

test('two pages become a ring by an invitation, and a value goes from one to the other', async () => {
  await party(async (come) => {
    const [ann, ben] = [await come('Ann'), await come('Ben')];
    await found(ann);
    const { invitation, answer } = await invite(ann, ben);
    expect(invitation).toContain('#/live?i=');
    expect(answer).toContain('#/live?a=');
    for (const page of [ann, ben]) await expect(peers(page)).toHaveText('Connected peers: 1');
    expect(await ask(ann, 'a song', 'Put', 'la la')).toMatch(/“a song” \([0-9A-F]{6}\) is stored on 2 nodes after \d hops?\./);
    expect(await ask(ben, 'a song', 'Get')).toMatch(/“a song” is “la la”/);
    await expect.poll(() => members(ben)).toEqual([[expect.stringMatching(/^Ann \([0-9A-F]{6}\)$/), 'here']]);
    await button(ann, 'Leave').click();
    await expect(peers(ben)).toHaveText('Connected peers: 0');
    expect(await ask(ben, 'a song', 'Get')).toMatch(/“la la”/);
  });
});

test('three tabs of one browser are a ring without a word', async () => {
  await party(async (come) => {
    const first = await come('Tab');
    const context = first.context();
    const tabs = [first, await context.newPage(), await context.newPage()];
    for (const tab of tabs.slice(1)) await tab.goto('./#/live');
    for (const tab of tabs) await inside(tab);
    for (const tab of tabs) await expect(peers(tab)).toHaveText('Connected peers: 2');
    expect(await ask(tabs[0], 'a word', 'Put', 'in three tabs')).toContain('is stored on 3 nodes');
    await tabs[0].close();
    await expect.poll(() => ask(tabs[2], 'a word', 'Get')).toContain('“in three tabs”');
  });
});

test('eight pages by invitation and a tracker reach each other, and go on without two of them and without signalling', async () => {
  const meeting = await tracker();
  await party(async (come, pages) => {
    const first = await come('Member 1');
    await found(first);
    for (const name of ['Member 2', 'Member 3']) await invite(pages.at(-1), await come(name));
    await setRoom(pages[0], meeting.url, 'room of eight');
    await button(pages[0], 'Enter room').click();
    await expect(pages[0].getByText('Room “room of eight”: nobody else is there yet.')).toBeVisible();
    const link = `#/live?room=room%20of%20eight&t=${encodeURIComponent(meeting.url)}`;
    const guests = await each(['Member 4', 'Member 5', 'Member 6', 'Member 7', 'Member 8'], (name) => come(name, link));
    await each(guests, async (page) => {
      await expect(page.getByText('You are invited to the room “room of eight”')).toBeVisible();
      await button(page, 'Join overlay').click();
      await inside(page);
    });
    await linked(pages, 7);
    await everyReachesEvery(pages);

    // Two go at once, without goodbye: the value has three holders.
    expect(await ask(pages[1], 'the value', 'Put', 'kept by three')).toContain('is stored on 3 nodes');
    const [host] = pages;
    await each([pages[1], pages[5]], (page) => page.context().close());
    const left = pages.filter((page) => !page.isClosed());
    await allGet(left, 'the value', 'kept by three');

    // The plug is pulled on all signalling.
    await meeting.close();
    await each(left, (page) => button(page, 'Cut signalling').click());
    await expect(host.getByText('Cut.').first()).toBeVisible();
    const ninth = await come('Member 9');
    await invite(left[3], ninth);
    await expect.poll(() => connected(ninth)).toBeGreaterThanOrEqual(6);
    expect(await ask(ninth, 'the value', 'Get')).toContain('“kept by three”');
    expect(await ask(ninth, 'of the ninth', 'Put', 'goes on')).toContain('is stored on 3 nodes');
    await allGet(left, 'of the ninth', 'goes on');
  }).finally(meeting.close);
});

test('a value survives half of twelve pages, two of its three holders among them', async () => {
  const meeting = await tracker();
  await party(async (come, pages) => {
    const first = await come('Member 1');
    await found(first);
    await setRoom(first, meeting.url, 'room of twelve');
    await button(first, 'Enter room').click();
    const link = `#/live?room=room%20of%20twelve&t=${encodeURIComponent(meeting.url)}`;
    const others = await each(Array.from({ length: 11 }), (_, index) => come(`Member ${index + 2}`, link));
    await each(others, async (page) => {
      await button(page, 'Join overlay').click();
      await inside(page);
    });
    await linked(pages, 11);
    expect(await ask(first, 'the treasure', 'Put', 'still here')).toContain('is stored on 3 nodes');
    const holds = async (page) => {
      await page.getByRole('radio', { name: 'Node', exact: true }).check();
      const held = await page.getByText('“still here”').count();
      await page.getByRole('radio', { name: 'Use', exact: true }).check();
      return held > 0;
    };
    const holders = async () => {
      const held = await each(pages, holds);
      return pages.filter((_, index) => held[index]);
    };
    await expect.poll(async () => (await holders()).length).toBe(3);
    const three = await holders();
    const going = [...three.slice(0, 2), ...pages.filter((page) => !three.includes(page)).slice(0, 4)];
    await each(going, (page) => page.context().close());
    const left = pages.filter((page) => !page.isClosed());
    expect(left).toHaveLength(6);
    await allGet(left, 'the treasure', 'still here');
  }).finally(meeting.close);
});

test('a page that sends garbage harms nobody', async () => {
  await party(async (come) => {
    const [ann, ben] = [await come('Ann'), await come('Ben')];
    await found(ann);
    await invite(ann, ben);
    await ask(ann, 'before', 'Put', 'the garbage');
    await button(ann, 'Copy invitation').click();
    await expect(field(ann, 'Invitation')).toHaveValue(/i=/);
    const offer = read(await field(ann, 'Invitation').inputValue());
    expect(offer).toMatchObject({ version: 1, answer: false });

    const stranger = await come('Stranger');
    const description = await stranger.evaluate(async (remote) => {
      const connection = new RTCPeerConnection();
      const channel = connection.createDataChannel('overlay', { negotiated: true, id: 0 });
      globalThis.stranger = { connection, channel };
      await connection.setRemoteDescription({ type: 'offer', sdp: remote });
      await connection.setLocalDescription(await connection.createAnswer());
      await new Promise((done) => setTimeout(done, 500));
      return connection.localDescription.sdp;
    }, sdp(offer));
    await field(ann, 'Answer').fill(answer(description, offer.attempt, 'AB'.repeat(16)));
    await button(ann, 'Accept answer').click();
    const sent = await stranger.evaluate(async () => {
      const { channel } = globalThis.stranger;
      if (channel.readyState !== 'open') await new Promise((done) => { channel.onopen = done; });
      let sent = 0;
      for (let round = 0; round < 400 && channel.readyState === 'open'; round += 1) {
        const bytes = crypto.getRandomValues(new Uint8Array(1 + (round % 7) * 900));
        // Every third begins like one of ours.
        if (round % 3 === 0) bytes.set([0xd7, 1, round % 20].slice(0, bytes.length));
        try {
          channel.send(round % 5 === 4 ? 'text' : bytes);
          if (round === 50) channel.send(new Uint8Array(200_000));
          sent += 1;
        } catch {
          break;
        }
        if (round % 50 === 0) await new Promise((done) => setTimeout(done, 10));
      }
      return sent;
    });
    expect(sent).toBeGreaterThan(0);
    await expect.poll(() => counter(ann, 'unreadable messages dropped')).toBeGreaterThan(0);
    for (const page of [ann, ben]) await expect(peers(page)).toHaveText('Connected peers: 1');
    expect(await ask(ben, 'before', 'Get')).toContain('“the garbage”');
    expect(await ask(ann, 'after', 'Put', 'all is well')).toContain('is stored on 2 nodes');
  });
});

test('virtual nodes of a page are members like others', async () => {
  await party(async (come) => {
    const ann = await come('Ann');
    await found(ann);
    await ann.getByRole('radio', { name: 'Node', exact: true }).check();
    await button(ann, 'Add virtual node').click();
    await expect(peers(ann)).toHaveText('Connected peers: 1');
    await button(ann, 'Add virtual node').click();
    await expect(peers(ann)).toHaveText('Connected peers: 2');
    await ann.getByRole('radio', { name: 'Use', exact: true }).check();
    // The two have to find each other first.
    await expect.poll(() => ask(ann, 'a thing', 'Put', 'on three nodes')).toContain('is stored on 3 nodes');
    await field(ann, 'Node of this page').selectOption('Virtual 2');
    expect(await ask(ann, 'a thing', 'Get')).toContain('“on three nodes”');
  });
});

test('a dozen virtual nodes come in by themselves over simulated links, and are one ring with a real page', async () => {
  await party(async (come) => {
    const ann = await come('Ann');
    await found(ann);
    await ann.getByRole('radio', { name: 'Node', exact: true }).check();
    await field(ann, 'Virtual nodes to add').fill('33');
    await expect(ann.getByText('Type a number from 1 to 32.')).toBeVisible();
    await expect(button(ann, 'Add virtual node')).toBeDisabled();
    await field(ann, 'Virtual nodes to add').fill('12');
    await button(ann, 'Add 12 virtual nodes').click();
    const here = async (page) => (await members(page)).filter(([, state]) => state === 'here').length;
    await expect.poll(() => here(ann), { timeout: 120_000 }).toBe(12);
    expect(await counter(ann, 'peer connections made by this page')).toBe(0);
    const ben = await come('Ben');
    await invite(ann, ben);
    await expect.poll(() => here(ben), { timeout: 120_000 }).toBe(13);
    await expect.poll(() => connected(ben), { timeout: 120_000 }).toBeGreaterThan(1);
    expect(await ask(ben, 'a thing', 'Put', 'in a mixed ring')).toContain('is stored on 3 nodes');
    for (const node of ['You', 'Virtual 7', 'Virtual 12']) {
      await field(ann, 'Node of this page').selectOption(node);
      expect(await ask(ann, 'a thing', 'Get'), node).toContain('“in a mixed ring”');
    }
  });
});

test('what cannot be is answered with a sentence, and nothing typed is lost', async () => {
  await party(async (come) => {
    const page = await come('Ann');
    const problem = page.getByRole('alert').filter({ hasText: /\S/ });
    await button(page, 'Join overlay').click();
    await expect(problem).toContainText('There is nobody to join yet');
    for (const bad of ['hello world', '#/live?i=AAAA', 'x'.repeat(5_000), 'https://example.org/#/live?i=%%%']) {
      await field(page, 'Invitation').fill(bad);
      await button(page, 'Join overlay').click();
      await expect(problem).toContainText(/invitation/i);
      await expect(field(page, 'Invitation')).toHaveValue(bad);
    }
    await page.getByText('Servers and network').click();
    await field(page, 'STUN servers, one a line').fill('http://not-a-stun-server');
    await expect(page.getByText('“http://not-a-stun-server” is no STUN server')).toBeVisible();
    await field(page, 'STUN servers, one a line').fill('');
    await button(page, 'Check this network').click();
    await expect(page.getByRole('status', { name: 'What this network allows' })).toContainText('Links over WebRTC work on this machine');
    await button(page, 'Enter room').click();
    await expect(problem).toContainText('Give the room a name');
    await setRoom(page, 'https://example.org', 'a room');
    await button(page, 'Enter room').click();
    await expect(problem).toContainText('begins with wss://');
    await button(page, 'Create overlay').click();
    await inside(page);
    await field(page, 'Answer').fill('not an answer');
    await button(page, 'Accept answer').click();
    await expect(problem).toContainText(/invitation/i);
  });
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${colorScheme}, and nothing scrolls but what is made to`, async () => {
    await party(async (come) => {
      const page = await come('Ann');
      await page.emulateMedia({ colorScheme });
      const sound = async (where) => {
        await expectSound(page, where);
        await expectFitting(page, where);
        const high = await page.evaluate(() => document.scrollingElement.scrollHeight - document.scrollingElement.clientHeight);
        // On a desk the panels scroll, and the page does not.
        if (page.viewportSize().width > 1000) expect(high, where).toBeLessThanOrEqual(0);
      };
      for (const [where, viewport] of WINDOWS) {
        await page.setViewportSize(viewport);
        await sound(`outside, ${where}`);
      }
      await found(page);
      await page.getByRole('radio', { name: 'Node', exact: true }).check();
      await button(page, 'Add virtual node').click();
      await expect(peers(page)).toHaveText('Connected peers: 1');
      await page.getByText('Servers and network').click();
      for (const viewport of [{ width: 1280, height: 720 }, { width: 390, height: 844 }]) {
        await page.setViewportSize(viewport);
        for (const panel of ['Use', 'Node', 'Members', 'Events']) {
          await page.getByRole('radio', { name: panel, exact: true }).check();
          await sound(`${panel}, ${viewport.width}`);
        }
        await button(page, "Lecturer's view").click();
        await sound(`lecturer's view, ${viewport.width}`);
        await button(page, "Leave lecturer's view").click();
      }
    });
  });
}

test('with the keyboard alone a person creates an overlay, stores a value and leaves', async () => {
  await party(async (come) => {
    const page = await come('Ann');
    const reach = async (name) => {
      for (let presses = 0; presses < 60; presses += 1) {
        const here = await page.evaluate(() => document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent.trim());
        if (here === name) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab never comes to ${name}`);
    };
    await page.getByRole('heading', { level: 1 }).focus();
    await reach('Create overlay');
    await page.keyboard.press('Enter');
    await inside(page);
    await reach('Key');
    await page.keyboard.type('a key');
    await reach('Value');
    await page.keyboard.type('by keys alone');
    await reach('Put');
    await page.keyboard.press('Enter');
    await expect(outcome(page)).toContainText('is stored on 1 node');
    await page.getByRole('heading', { level: 1 }).focus();
    await reach('Leave');
    await page.keyboard.press('Enter');
    await expect(button(page, 'Create overlay')).toBeVisible();
  });
});

test('the overlay lives on while other pages of the site are looked at', async () => {
  await party(async (come) => {
    const [ann, ben] = [await come('Ann'), await come('Ben')];
    await found(ann);
    await invite(ann, ben);
    await ann.getByRole('link', { name: 'Lab', exact: true }).click();
    await expect(button(ann, 'Build')).toBeVisible();
    expect(await ask(ben, 'meanwhile', 'Put', 'elsewhere')).toContain('is stored on 2 nodes');
    await ann.getByRole('link', { name: 'Live', exact: true }).click();
    await expect(peers(ann)).toHaveText('Connected peers: 1');
    expect(await ask(ann, 'meanwhile', 'Get')).toContain('“elsewhere”');
  });
});
