// A page in Firefox among pages in Chromium, on this machine alone: two implementations of WebRTC in one ring.

import { chromium } from 'playwright-core';
import { launchOptions } from './chromium.mjs';
import { Firefox, firefox } from './firefox.mjs';
import { patient as expect, test, watch } from './fixtures.mjs';
import { LINKING, answered, ask, asked, connected, digits, found, inside, invite, visitor } from './live.mjs';
import { button, field } from './page.mjs';

test.describe.configure({ timeout: 300_000 });

/** How many proven links a page in Firefox says it has. */
const linksOf = async (fox) => Number(/\d+/.exec(await fox.text('p.peers'))[0]);

/** Asks something of the overlay in Firefox, and gives back how the page tells the end of it. */
async function askIn(fox, act) {
  const end = 'section[aria-labelledby="route"] > p';
  const count = () => fox.page.$eval(end, (found) => Number(found.dataset.asked));
  const before = await count();
  await act();
  await expect.poll(count).toBe(before + 1);
  await expect.poll(() => fox.text(end)).not.toBe('On its way.');
  return fox.text(end);
}

const put = (fox, key, value) => askIn(fox, async () => {
  await fox.fill('Key', key);
  await fox.fill('Value', value);
  await fox.press('Put');
});

const get = (fox, key) => askIn(fox, async () => {
  await fox.fill('Key', key);
  await fox.press('Get');
});

/** A page in Chromium lets Firefox in; it is Chromium that offers. */
async function letIn(host, fox) {
  const before = await field(host, 'Invitation').inputValue();
  await button(host, 'Copy invitation').click();
  await expect(field(host, 'Invitation')).not.toHaveValue(before);
  await fox.fill('Invitation', await field(host, 'Invitation').inputValue());
  await fox.press('Join overlay');
  await expect.poll(() => fox.value('Answer')).not.toBe('');
  await field(host, 'Answer').fill(await fox.value('Answer'));
  await button(host, 'Accept answer').click();
  await fox.button('Copy invitation').setTimeout(120_000).wait();
}

/** Firefox lets a page in Chromium in; it is Firefox that offers. */
async function letInBy(fox, guest) {
  const before = await fox.value('Invitation');
  await fox.press('Copy invitation');
  await expect.poll(() => fox.value('Invitation')).not.toBe(before);
  await field(guest, 'Invitation').fill(await fox.value('Invitation'));
  await button(guest, 'Join overlay').click();
  await expect(field(guest, 'Answer')).not.toHaveValue('');
  await fox.fill('Answer', await field(guest, 'Answer').inputValue());
  await fox.press('Accept answer');
  await inside(guest);
}

test('Firefox joins a ring of Chromium pages, values and lines go both ways, it lets another in, and leaves', async () => {
  test.skip(!firefox(), 'no Firefox is in PATH');
  const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, LINKING] });
  let fox;
  try {
    fox = await Firefox.start();
    const [ann, ben] = [await visitor(browser, 'Ann'), await visitor(browser, 'Ben')];
    const seen = [ann, ben].map((page) => watch(page.context()));
    await found(ann);
    await invite(ann, ben);
    await fox.visit('Fox');
    await letIn(ann, fox);
    // The link to Ben was arranged by way of Ann.
    await expect.poll(() => linksOf(fox)).toBe(2);

    expect(await put(fox, 'of the fox', 'from Firefox')).toContain('is stored on 3 nodes');
    expect(await ask(ann, 'of Ann', 'Put', 'from Chromium')).toContain('is stored on 3 nodes');
    for (const page of [ann, ben]) expect(await ask(page, 'of the fox', 'Get')).toContain('“from Firefox”');
    expect(await get(fox, 'of Ann')).toContain('“from Chromium”');

    const name = await digits(ben);
    const sent = await askIn(fox, async () => {
      await fox.choose('Line to', `Ben (${name})`);
      await fox.fill('Line', 'good day from Firefox');
      await fox.press('Send line');
    });
    expect(sent).toContain(`reached Ben (${name}), which answers for that key`);
    await expect(ben.getByRole('list', { name: 'Lines for this node, latest first' })).toContainText('good day from Firefox');
    const option = ben.locator('#live-to option').filter({ hasText: /^Fox \(/ });
    await field(ben, 'Line to').selectOption({ label: await option.textContent() });
    await field(ben, 'Line').fill('good day from Chromium');
    const count = await asked(ben);
    await button(ben, 'Send line').click();
    expect(await answered(ben, count)).toMatch(/reached Fox \(\w+\), which answers for that key/);
    await expect.poll(() => fox.text('ul.lines')).toContain('good day from Chromium');

    const cat = await visitor(browser, 'Cat');
    seen.push(watch(cat.context()));
    await letInBy(fox, cat);
    for (const page of [ann, ben, cat]) await expect.poll(() => connected(page)).toBe(3);
    expect(await ask(cat, 'of the fox', 'Get')).toContain('“from Firefox”');

    await fox.press('Leave');
    for (const page of [ann, ben, cat]) {
      await expect.poll(() => connected(page)).toBe(2);
      await expect.poll(() => ask(page, 'of the fox', 'Get')).toContain('“from Firefox”');
    }
    expect([...fox.errors, ...seen.flat()], 'errors of the pages').toEqual([]);
  } finally {
    await fox?.close();
    await browser.close();
  }
});
