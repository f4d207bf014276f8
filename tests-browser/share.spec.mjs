// A link or a file brings the very same moment back in another browser; what cannot be read gets a sentence.

import { expect, test, watch } from './fixtures.mjs';
import {
  button, choose, drawn, field, hurry, link, moment, open, openLab, openNode, openScene, seen, send, shownNode, slideTo, step, table,
} from './page.mjs';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

const dialog = (page) => page.getByRole('dialog', { name: 'Share this moment' });

/** Opens an address in a browser that knows nothing of this one, and does something there. */
async function elsewhere(browser, address, act) {
  const context = await browser.newContext({ reducedMotion: 'reduce', serviceWorkers: 'block' });
  const errors = watch(context);
  try {
    const page = await context.newPage();
    await page.goto(address);
    await act(page);
  } finally {
    await context.close();
  }
  expect(errors).toEqual([]);
}

/** The moment shown; how far the future is known already is not part of it. */
async function whole(page) {
  const { slider, ...rest } = await moment(page);
  return rest;
}

/** The same moment is shown there; and going on from it leads to the same end. */
async function isSame(page, browser, address) {
  await drawn(page);
  const here = await whole(page);
  await elsewhere(browser, address, async (other) => {
    await expect(button(other, 'Step')).toBeVisible();
    expect(await whole(other)).toEqual(here);
    // Going on from there leads to the same moments.
    for (let count = 0; count < 3 && (await button(page, 'Step').isEnabled()); count += 1) {
      await step(page);
      await step(other);
      expect(await whole(other)).toEqual(await whole(page));
    }
  });
}

test('the link of a scene on its way', async ({ page, browser }) => {
  await openScene(page, 'pastry-failure');
  for (let count = 0; count < 3; count += 1) await step(page);
  await isSame(page, browser, await link(page));
});

test('the link of a scene between two events', async ({ page, browser }) => {
  await openScene(page, 'chord-naive');
  await slideTo(page, 'Time', 4_321);
  await isSame(page, browser, await link(page));
});

test('the link of a scene with another rule, another picture and a chosen node', async ({ page, browser }) => {
  await openScene(page, 'chord-search-13');
  await choose(page, 'Rule', 'Published');
  await choose(page, 'View', 'Ring');
  await step(page);
  await openNode(page, '11');
  const address = await link(page);
  await elsewhere(browser, address, async (other) => {
    await expect(table(other, 'Finger table of 11')).toBeVisible();
    await expect(other.getByRole('radio', { name: 'Ring', exact: true })).toBeChecked();
    await expect(other.getByRole('radio', { name: 'Published', exact: true })).toBeChecked();
  });
  await isSame(page, browser, address);
});

test('the link of a lab after several actions', async ({ page, browser }) => {
  await openLab(page);
  await hurry(page);
  await send(page, await shownNode(page), 'one.txt');
  await button(page, 'Next node').click();
  await button(page, 'Kill node').click();
  await send(page, await field(page, 'From').inputValue(), 'two.txt');
  await page.getByText('Newcomers', { exact: true }).click();
  await button(page, 'Add node').click();
  await expect(button(page, 'Play')).toBeVisible();
  await slideTo(page, 'Time', 7_000);
  await isSame(page, browser, await link(page));
});

test('the link of two systems side by side, between two events', async ({ page, browser }) => {
  await openLab(page);
  await field(page, 'System').selectOption('Pastry and Chord');
  await button(page, 'Build').click();
  await expect(page.locator('canvas')).toHaveCount(4);
  await button(page, 'Route a message').click();
  await slideTo(page, 'Time', 3_456);
  await isSame(page, browser, await link(page));
});

test('the button copies the link that is shown', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openScene(page, 'chord-fingers');
  await button(page, 'Share').click();
  await button(page, 'Copy link').click();
  await expect(dialog(page).getByRole('status')).toHaveText('The link is copied.');
  const shown = await dialog(page).getByLabel('Link', { exact: true }).inputValue();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
  expect(shown).toContain('/some/sub-path/#/s/2.');
});

test('a damaged link is refused with a sentence, and there is a way on', async ({ page }) => {
  await openScene(page, 'pastry-example');
  const good = await link(page);
  const code = good.split('#/s/')[1];
  const middle = code.length >> 1;
  const damaged = {
    'cut off': code.slice(0, middle),
    'with a letter no link has': `${code.slice(0, middle)}*${code.slice(middle + 1)}`,
    'of another version': code.replace(/^2\./, '9.'),
    'without a version': code.slice(2),
    'longer than it was': `${code}AAAA`,
    'of nothing': '2.',
    'of noise': `2.${'_-aZ09'.repeat(50)}`,
    'far too long': `2.${'A'.repeat(50_000)}`,
  };
  for (const [how, text] of Object.entries(damaged)) {
    await page.goto('./#/');
    await page.goto(`./#/s/${text}`);
    const sentence = page.getByRole('alert').first();
    await expect(sentence, how).toContainText(/link/i);
    await expect(page.getByRole('heading', { level: 1, name: 'Overlay Lab' }), how).toBeVisible();
    await expect(page.getByRole('link', { name: /A world of your own/ }), how).toBeVisible();
  }
  await page.goto(good);
  await expect(button(page, 'Step')).toBeVisible();
});

test('any one letter changed never leaves a blank page', async ({ page }) => {
  await openScene(page, 'chord-fingers');
  const address = await link(page);
  const [before, code] = address.split('#/s/');
  for (let at = 2; at < code.length; at += 7) {
    const letter = code[at] === 'A' ? 'B' : 'A';
    await page.goto('./#/');
    await page.goto(`${before}#/s/${code.slice(0, at)}${letter}${code.slice(at + 1)}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('alert').filter({ visible: true }).first().or(button(page, 'Step'))).toBeVisible();
  }
});

test('what is too long for a link is saved as a file, and the file brings it back', async ({ page, browser }, info) => {
  await openLab(page);
  await hurry(page);
  await field(page, 'Value').fill('A long value that is kept under a key. '.repeat(5));
  // Each adds its value to the history, until a link would be too long.
  for (let count = 0; count < 45; count += 1) await button(page, 'Insert').click();
  await slideTo(page, 'Time', 5_000);
  const { slider, ...here } = await seen(page);
  await button(page, 'Share').click();
  await expect(dialog(page)).toContainText('too long');
  await expect(dialog(page).getByLabel('Link', { exact: true })).toBeHidden();
  await expect(button(page, 'Copy link')).toBeHidden();
  const saving = page.waitForEvent('download');
  await button(page, 'Save as file').click();
  const download = await saving;
  expect(download.suggestedFilename()).toBe('overlay-lab.txt');
  const file = info.outputPath('overlay-lab.txt');
  await download.saveAs(file);
  await elsewhere(browser, new URL('./#/lab', page.url()).href, async (other) => {
    await button(other, 'Share').click();
    await dialog(other).getByLabel('Open a saved file').setInputFiles(file);
    await expect(dialog(other)).toBeHidden();
    await drawn(other);
    expect(await seen(other)).toMatchObject(here);
  });
});

test('a file of a scene opens the scene', async ({ page, browser }, info) => {
  await openScene(page, 'pastry-example');
  await step(page);
  await step(page);
  const here = await whole(page);
  await button(page, 'Share').click();
  const saving = page.waitForEvent('download');
  await button(page, 'Save as file').click();
  const file = info.outputPath('scene.txt');
  await (await saving).saveAs(file);
  await elsewhere(browser, new URL('./#/lab', page.url()).href, async (other) => {
    await button(other, 'Share').click();
    await dialog(other).getByLabel('Open a saved file').setInputFiles(file);
    await expect(dialog(other)).toBeHidden();
    await expect(other).toHaveURL(/pastry-example$/);
    expect(await whole(other)).toEqual(here);
  });
});

test('a file that is none of ours gets a sentence, and nothing is lost', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await step(page);
  const here = await seen(page);
  await button(page, 'Share').click();
  for (const [name, text] of [['empty.txt', ''], ['poem.txt', 'Roses are red'], ['cut.txt', '2.AAECAw']]) {
    await dialog(page).getByLabel('Open a saved file').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
    await expect(dialog(page).getByRole('status')).toContainText(/file/i);
  }
  await page.keyboard.press('Escape');
  expect(await seen(page)).toEqual(here);
});

test('a link opened in a page that is open already shows its moment', async ({ page }) => {
  await openScene(page, 'chord-naive');
  await step(page);
  const there = await whole(page);
  await open(page, '#/lab');
  await page.goto(there.link);
  await expect(page.getByRole('heading', { level: 1, name: 'From successor to successor' })).toBeVisible();
  await drawn(page);
  expect(await whole(page)).toEqual(there);
});
