// A member on a WebRTC implementation that is no browser's, with a second writing of the wire format: it comes into a ring of real
// pages, is linked through the overlay, and messages are routed to it and from it.

import { chromium } from 'playwright-core';
import { launchOptions } from './chromium.mjs';
import { patient as expect, test } from './fixtures.mjs';
import { Foreign, python } from './foreign/foreign.mjs';
import { LINKING, answered, asked, digits, found, invite, members, visitor } from './live.mjs';
import { button, field } from './page.mjs';

test.describe.configure({ timeout: 420_000 });

test('a member written in Python on aiortc joins two pages, and is routed to', async () => {
  let program;
  try {
    program = await python();
  } catch (error) {
    test.skip(true, error.message);
  }
  const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, LINKING] });
  const foreign = new Foreign(program);
  const told = (event) => expect.poll(() => foreign.last(event), { message: `${event}; ${foreign.errors}` }).toBeTruthy();
  try {
    const [ann, ben] = [await visitor(browser, 'Ann'), await visitor(browser, 'Ben')];
    await found(ann);
    await invite(ann, ben);
    const before = await field(ann, 'Invitation').inputValue();
    await button(ann, 'Copy invitation').click();
    await expect(field(ann, 'Invitation')).not.toHaveValue(before);
    foreign.say(await field(ann, 'Invitation').inputValue());
    await told('answer');
    await field(ann, 'Answer').fill(foreign.last('answer').text);
    await button(ann, 'Accept answer').click();
    await told('member');
    const { guid } = foreign.last('member');

    // Both pages know it by the name it signed, and Ben got a link to it by way of Ann.
    for (const page of [ann, ben]) {
      await expect.poll(() => members(page)).toContainEqual([`aiortc (${guid})`, 'here']);
    }
    await expect.poll(() => foreign.told.filter(({ event }) => event === 'linked').length).toBe(2);

    // A line is routed to it, and its answer says by which way.
    for (const [page, text] of [[ann, 'from Ann'], [ben, 'from Ben']]) {
      await field(page, 'Line to').selectOption({ label: `aiortc (${guid})` });
      await field(page, 'Line').fill(text);
      const count = await asked(page);
      await button(page, 'Send line').click();
      expect(await answered(page, count)).toContain(`reached aiortc (${guid}), which answers for that key`);
      await expect.poll(() => foreign.last('delivered')?.line).toBe(text);
    }

    // It routes one itself, and the page that answers says so.
    const name = await digits(ben);
    foreign.say(`reach ${name}`);
    await told('reached');
    expect(foreign.last('reached')).toMatchObject({ owner: name, hops: 1, path: [guid, name] });
    expect(foreign.told.filter(({ event }) => event === 'unreadable')).toEqual([]);
    expect(foreign.errors).toBe('');
  } finally {
    foreign.close();
    await browser.close();
  }
});
