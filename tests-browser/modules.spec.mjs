// Pages that are wasm modules of their own: they come when they are opened, and leave nothing behind.

import { expect, test } from './fixtures.mjs';
import { button, drawn } from './page.mjs';

const SMALL = '#/compare?nodes=50&lookups=50';
const heading = (page) => page.getByRole('heading', { level: 1 });
const done = (page) => expect(page.locator('#compare-said')).toHaveText(/^Both are done/);
const go = (page, hash) => page.evaluate((to) => { window.location.hash = to; }, hash);

/** The wasm files that a page asks for from now on. */
function wasm(page) {
  const files = [];
  page.on('request', (request) => {
    const name = new URL(request.url()).pathname.split('/').pop();
    if (name.endsWith('.wasm')) files.push(name.replace(/^app-[0-9a-f]+/, 'app'));
  });
  return files;
}

for (const hash of ['#/', '#/lecture/pastry', '#/lab']) {
  test(`a first visit to ${hash} loads the app’s module alone`, async ({ page }) => {
    const files = wasm(page);
    await page.goto(`./${hash}`);
    await expect(heading(page)).toBeVisible();
    await page.waitForLoadState('networkidle');
    expect(files).toEqual(['app_bg.wasm']);
  });
}

test('the comparison is loaded when it is opened, and only once', async ({ page }) => {
  await page.goto('./#/');
  await expect(heading(page)).toBeVisible();
  const files = wasm(page);
  for (const hash of [SMALL, '#/', SMALL]) await go(page, hash);
  await done(page);
  expect(files.filter((name) => name === 'compare_bg.wasm')).toHaveLength(1);
});

test('its heading has the focus after a change of page', async ({ page }) => {
  await page.goto('./#/');
  await page.getByRole('link', { name: 'Compare', exact: true }).click();
  await expect(page.locator('.duel h1')).toBeFocused();
});

test('leaving it ends its worker and its listeners', async ({ page }) => {
  await page.goto(`./${SMALL}`);
  await done(page);
  expect(page.workers()).toHaveLength(1);
  await go(page, '#/');
  await expect(heading(page)).toHaveText(/Overlay Lab|find/i);
  await expect.poll(() => page.workers().length).toBe(0);
  // A comparison that still listened would start another worker.
  await go(page, '#/compare?nodes=60&lookups=50');
  await done(page);
  expect(page.workers()).toHaveLength(1);
});

test('colours chosen in the header reach its pictures', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`./${SMALL}`);
  await done(page);
  const corner = () => page.locator('.duel canvas').first().evaluate((canvas) => {
    const copy = document.createElement('canvas');
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    return [...context.getImageData(1, 1, 1, 1).data].slice(0, 3).reduce((sum, part) => sum + part, 0);
  });
  await expect.poll(corner).toBeGreaterThan(600);
  await button(page, 'Dark colours').click();
  await expect.poll(corner).toBeLessThan(200);
});

test('a press inside it is no press on something of the app', async ({ page }) => {
  await page.goto(`./${SMALL}`);
  await done(page);
  const before = await page.evaluate(() => document.documentElement.outerHTML.slice(0, 200));
  await page.locator('.duel').evaluate((duel) => {
    for (const part of duel.querySelectorAll('button:not([data-export]), h2, input, summary')) part.click();
  });
  await drawn(page);
  expect(await page.evaluate(() => document.documentElement.outerHTML.slice(0, 200))).toBe(before);
  await expect(page.locator('dialog[open]')).toHaveCount(0);
  await expect(page).toHaveURL(/#\/compare/);
});

test.describe('without a connection', () => {
  test.use({ allowedErrors: [[/net::ERR_FAILED/], { option: true }] });

  for (const file of ['compare.js', 'compare_bg.wasm']) {
    test(`a sentence tells that ${file} did not come, and another try brings the page`, async ({ page }) => {
      const asked = [];
      let connected = false;
      await page.route(`**/${file}?*`, (route) => {
        asked.push(route.request().url());
        return connected ? route.continue() : route.abort();
      });
      await page.goto(`./${SMALL}`);
      await expect(page.getByRole('alert').filter({ visible: true })).toContainText('could not be loaded');
      await expect(heading(page)).toHaveText('Pastry and Chord, side by side');
      connected = true;
      await button(page, 'Try again').click();
      await done(page);
      await expect(button(page, 'Try again')).toHaveCount(0);
      // A browser may remember that an address failed.
      expect(new Set(asked).size).toBe(asked.length);
    });
  }
});
