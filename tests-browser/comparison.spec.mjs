// The lecture's table: six systems measured in a worker, beside what the slide claims.

import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.mjs';
import { button, drawn, field, keep, slider } from './page.mjs';
import { WINDOWS, expectFitting, expectSound, framesIn } from './sound.mjs';

const PAGE = '#/lecture/comparison';
/** Three small sizes: enough for a law, done in no time. */
const SMALL = `${PAGE}?sizes=16,64,256&searches=20`;
/** The settings of `crate-core/tests/golden/techniques.rows`. */
const ROWS = readFileSync(new URL('../crate-core/tests/golden/techniques.rows', import.meta.url), 'utf8');
const SYSTEMS = ['gnutella', 'napster', 'replication', 'fasttrack', 'chord', 'pastry'];
const KEYS = ['latency_ms', 'hops', 'messages', 'update_messages', 'storage_max', 'storage_mean'];

const said = (page) => page.locator('.claims-state').getByRole('status');
const notice = (page) => page.locator('.claims').getByRole('alert').filter({ visible: true });
const cell = (page, row, column) => page.locator(`#cell-${row}-${column}`);
const values = (page) => page.locator('.cells .value').allTextContents();
const heading = (page) => page.getByRole('heading', { level: 1 });
const plain = (text) => Number(text.replaceAll(',', ''));
const kept = (system, key) => Number(new RegExp(`system: "${system}", nodes: 256\\b.*?\\b${key}: ([-\\d.]+)`).exec(ROWS)[1]);

async function open(page, hash = PAGE) {
  await page.goto(`./${hash}`);
  await expect(button(page, 'Measure')).toBeVisible();
}

async function measure(page, hash = SMALL) {
  await open(page, hash);
  await button(page, 'Measure').click();
  await expect(said(page)).toHaveText(/^Measured: 6 systems/, { timeout: 45_000 });
}

test('before anything is measured the slide’s claims stand there', async ({ page }) => {
  await open(page);
  await expect(heading(page)).toHaveText('Six ways to find a file, measured');
  const rows = page.locator('.cells tbody tr');
  await expect(rows).toHaveCount(6);
  await expect(rows.first()).toContainText('Unstructured (Gnutella)');
  await expect(cell(page, 0, 2)).toHaveText('·slide N');
  await expect(cell(page, 3, 4)).toContainText('N/C (max)');
  await expect(cell(page, 3, 4)).toContainText('C (max)');
  expect(page.workers()).toHaveLength(0);
});

test('one click measures every cell at 1,024 peers', async ({ page }) => {
  await measure(page, PAGE);
  await expect(said(page)).toHaveText('Measured: 6 systems at 1,024 peers.');
  const all = await values(page);
  expect(all).toHaveLength(36);
  all.forEach((text) => expect(text).toMatch(/^[\d,]+(\.\d+)?$/));
  await expect(page.getByRole('table').first()).toContainText('Measured at N = 1,024');
  // Nobody is asked where everybody has the whole index; and a flood asks everybody.
  await expect(cell(page, 2, 2).locator('.value')).toHaveText('0');
  expect(plain(await cell(page, 0, 2).locator('.value').textContent())).toBeGreaterThan(1_024);
  await expect(page.locator('.figure')).toHaveCount(0);
  await expect.poll(() => page.workers().length).toBe(0);
});

test('the figures are the native ones', async ({ page }) => {
  await measure(page);
  await page.getByRole('radio', { name: '256', exact: true }).check();
  for (const [row, system] of SYSTEMS.entries()) {
    for (const [column, key] of KEYS.entries()) {
      const shown = plain(await cell(page, row, column).locator('.value').textContent());
      const native = kept(system, key);
      expect(Math.abs(shown - native), `${system} ${key}: ${shown}, not ${native}`).toBeLessThanOrEqual(Math.max(0.006, Math.abs(native) * 0.005));
    }
  }
});

test('several sizes have laws, verdicts and charts', async ({ page }) => {
  await measure(page);
  await expect(cell(page, 1, 4).locator('.verdict')).toHaveText('holds');
  await expect(cell(page, 2, 2).locator('.verdict')).toHaveText('does not hold');
  await expect(cell(page, 3, 4).locator('.verdict')).toHaveCount(2);
  await cell(page, 2, 2).click();
  const more = page.locator('.cell-said');
  await expect(more).toContainText('Full replication: Messages a search');
  await expect(more).toContainText('it is 0, since nobody is asked');
  await expect(more).toContainText('The whole index is at home');
  await expect(more.locator('tbody tr')).toHaveCount(3);
  await expect(page.locator('.figure')).toHaveCount(6);
  const stops = await page.locator('#figure-messages .c-stop').evaluateAll((all) => all.map((stop) => stop.dataset.v));
  expect(stops).toHaveLength(3);
  expect(stops[2]).toMatch(/^N = 256: Gnutella [\d.,]+, Napster 2, Full replication 0, /);
});

test('Growth measures what is missing, and keeps what is there', async ({ page }) => {
  test.setTimeout(90_000);
  await measure(page, `${PAGE}?searches=10`);
  const before = await values(page);
  await button(page, 'Growth').click();
  await expect(page).toHaveURL(/#\/lecture\/comparison\?sizes=16,64,256,1024,4096&searches=10$/);
  await expect(said(page)).toHaveText('Measured: 6 systems at 16, 64, 256, 1,024 and 4,096 peers.', { timeout: 60_000 });
  expect(await values(page)).toEqual(before);
  await expect(page.locator('#claims-command')).toHaveText(
    'overlay experiment compare --systems all --nodes 16,64,256,1024,4096 --seed 1 --lookups 10',
  );
  await button(page, 'Measure').click();
  await expect(said(page)).toContainText('measured already');
});

test('while 65,536 peers are measured the page stays responsive, and Cancel works', async ({ page }) => {
  await open(page, `${PAGE}?sizes=16,65536`);
  await button(page, 'Measure').click();
  await expect(said(page)).toContainText('N = 65,536');
  const frames = await framesIn(page, 1_000);
  expect(frames).toBeGreaterThan(8);
  await button(page, 'Cancel').click();
  await expect(said(page)).toHaveText('Cancelled; what was measured stays.');
  await expect(button(page, 'Cancel')).toBeHidden();
  await expect.poll(() => page.workers().length).toBe(0);
  await expect(cell(page, 5, 0).locator('.value')).toHaveText(/\d/);
});

test('charts and figures can be kept as SVG, PNG and CSV', async ({ page }) => {
  await measure(page);
  for (const title of await page.locator('.figure h3').allTextContents()) {
    const svg = await keep(page, `${title} as SVG`);
    expect(svg.name).toMatch(/^six-systems-[a-z_]+\.svg$/);
    const root = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      return [parsed.documentElement.localName, parsed.querySelectorAll('parsererror').length];
    }, svg.bytes.toString());
    expect(root).toEqual(['svg', 0]);
    const [comment, heads, ...rows] = (await keep(page, `${title} as CSV`)).bytes.toString().trimEnd().split('\r\n');
    expect(comment).toContain('--nodes 16,64,256 --seed 1 --lookups 20');
    expect(heads).toBe('Peers,Gnutella,Napster,Full replication,FastTrack,Chord,Pastry');
    expect(rows).toHaveLength(3);
  }
  const png = (await keep(page, 'Messages a search as PNG')).bytes;
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.length).toBeGreaterThan(5_000);
  const all = (await keep(page, 'All figures as CSV')).bytes.toString();
  expect(all).toContain('Gnutella,Messages a search,N,n^');
});

test('a link brings the choice back, and a bad one is refused with a sentence', async ({ page }) => {
  await open(page, `${PAGE}?sizes=16,256&seed=7&searches=30`);
  await expect(field(page, 'Seed')).toHaveValue('7');
  await expect(field(page, 'Searches a size')).toHaveValue('30');
  await expect(page.getByRole('checkbox', { name: '256', exact: true })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: '1,024', exact: true })).not.toBeChecked();
  for (const bad of ['sizes=17', 'seed=x', 'colour=red', 'searches=0', 'sizes=%00']) {
    await page.goto('./#/');
    await open(page, `${PAGE}?${bad}`);
    await expect(notice(page)).toContainText('This link');
  }
});

test('bad values get a sentence beside their field, and nothing runs', async ({ page }) => {
  await open(page);
  for (const [label, value, sentence] of [['Searches a size', '0', 'too few'], ['Seed', 'x', 'not a whole number']]) {
    const usual = await field(page, label).inputValue();
    await field(page, label).fill(value);
    await expect(field(page, label)).toHaveAccessibleDescription(new RegExp(sentence));
    await button(page, 'Measure').click();
    await expect(field(page, label)).toBeFocused();
    await field(page, label).fill(usual);
  }
  await page.getByRole('checkbox', { name: '1,024', exact: true }).uncheck();
  await button(page, 'Measure').click();
  await expect(notice(page)).toHaveText('Choose at least one number of peers.');
  await expect(button(page, 'Cancel')).toBeHidden();
});

test('all can be done with the keyboard', async ({ page }) => {
  await open(page, SMALL);
  await heading(page).focus();
  const name = () => page.evaluate(() => {
    const found = document.activeElement;
    return found.ariaLabel ?? found.labels?.[0]?.textContent ?? found.textContent.trim();
  });
  const names = [];
  for (let presses = 0; presses < 16; presses += 1) {
    await page.keyboard.press('Tab');
    names.push(await name());
  }
  for (const wanted of ['16', '65,536', 'Searches a size', 'Seed', 'Measure', 'Growth', 'The lecture’s table']) expect(names).toContain(wanted);
  await field(page, 'Seed').press('Enter');
  await expect(said(page)).toHaveText(/^Measured/);
  await cell(page, 0, 0).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await expect(cell(page, 1, 1)).toBeFocused();
  await expect(page.locator('.cell-said h2')).toHaveText('Napster: Latency, hops');
  await page.keyboard.press('End');
  await expect(cell(page, 1, 5)).toBeFocused();
  // One of the cells is reached by Tab.
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(cell(page, 1, 5)).toBeFocused();
  const chart = slider(page, 'Values of the chart Messages a search');
  await chart.focus();
  await page.keyboard.press('End');
  await expect(chart).toHaveAttribute('aria-valuetext', /^N = 256: /);
  await expect(page.locator('#figure-messages .reading')).toHaveText(/^N = 256: /);
});

test('leaving ends the worker, and coming back starts anew without faults', async ({ page }) => {
  await open(page, `${PAGE}?sizes=65536`);
  await button(page, 'Measure').click();
  await expect(said(page)).toContainText('N = 65,536');
  const go = (hash) => page.evaluate((to) => { window.location.hash = to; }, hash);
  await go('#/');
  await expect.poll(() => page.workers().length).toBe(0);
  await go('#/lecture/checks');
  await expect(heading(page)).toHaveText('The slides, checked');
  await go(SMALL);
  await expect(heading(page)).toHaveText('Six ways to find a file, measured');
  await button(page, 'Measure').click();
  await expect(said(page)).toHaveText(/^Measured/);
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    for (const [where, viewport] of WINDOWS) {
      test(`axe finds nothing serious on a ${where}, and nothing scrolls sideways`, async ({ page }) => {
        await page.setViewportSize(viewport);
        await measure(page);
        await cell(page, 3, 4).click();
        await page.locator('#figure-hops summary').click();
        await field(page, 'Seed').fill('x');
        await drawn(page);
        await expectSound(page);
        await expectFitting(page);
      });
    }
  });
}
