// The comparison page: Pastry and Chord side by side, run in a worker.

import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.mjs';
import { button, drawn, field, keep, slider } from './page.mjs';
import { WINDOWS, expectFitting, expectSound, framesIn } from './sound.mjs';

/** The settings of `crate-core/tests/golden/compared.rows`. */
const SMALL = '#/compare?nodes=100&lookups=100';
const ROWS = readFileSync(new URL('../crate-core/tests/golden/compared.rows', import.meta.url), 'utf8');

const said = (page) => page.locator('.duel').getByRole('status').first();
const notice = (page) => page.locator('.duel').getByRole('alert').filter({ visible: true });
const cell = (page, measure, system) =>
  page.locator('#values-summary tr').filter({ has: page.getByRole('rowheader', { name: measure, exact: true }) })
    .first().getByRole('cell').nth(system === 'pastry' ? 0 : 1);
const plain = (text) => Number(text.replaceAll(',', ''));

async function openCompare(page, hash = SMALL) {
  await page.goto(`./${hash}`);
  await expect(said(page)).toHaveText(/^Both are done/, { timeout: 45_000 });
}

/** A native row's number. */
const kept = (system, key) => Number(new RegExp(`system: "${system}".*\\b${key}: ([-\\d.]+)`).exec(ROWS)[1]);

test('100 nodes run to the end and the figures are the native ones', async ({ page }) => {
  await openCompare(page);
  const keys = {
    'Hops, mean': 'hops',
    'Latency, mean, ms': 'latency_ms',
    'Latency, median, ms': 'latency_median_ms',
    'Latency, 99 %, ms': 'latency_p99_ms',
    Stretch: 'stretch',
    'Messages a lookup': 'messages',
    'Upkeep, messages a node and minute': 'update_messages',
    'Entries a node': 'storage_entries',
    'Nodes killed': 'killed',
    Lost: 'lost',
    'Delivered to a wrong node': 'wrong',
  };
  for (const system of ['pastry', 'chord']) {
    for (const [measure, key] of Object.entries(keys)) {
      const shown = plain(await cell(page, measure, system).textContent());
      expect(Math.abs(shown - kept(system, key)), `${system} ${measure}: ${shown}`).toBeLessThanOrEqual(0.005001);
    }
  }
  await expect(page.locator('#compare-lessons p').first()).toContainText('Pastry needed');
  await expect(page.locator('#compare-lessons p')).toHaveCount(4);
});

test('the charts say what the tables say', async ({ page }) => {
  await openCompare(page);
  const stops = await page.locator('#chart-hops .c-stop').evaluateAll((all) => all.map((stop) => stop.dataset.v));
  await page.locator('#figure-hops summary').click();
  const rows = await page.locator('#values-hops tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((found) => found.textContent)));
  expect(stops).toHaveLength(rows.length);
  rows.forEach(([hops, , pastry, , chord], at) => {
    expect(stops[at]).toMatch(new RegExp(`^${hops} hops?: Pastry ${pastry} %, Chord ${chord} %$`));
  });
  const mean = (column) => rows.reduce((sum, row) => sum + plain(row[0]) * plain(row[column]), 0) / 100;
  expect(mean(1)).toBeCloseTo(plain(await cell(page, 'Hops, mean', 'pastry').textContent()), 2);
  expect(mean(3)).toBeCloseTo(plain(await cell(page, 'Hops, mean', 'chord').textContent()), 2);
  await expect(page.locator('#chart-hops')).toContainText('⌈log16 N⌉ = 2');
  await expect(page.locator('#chart-stretch')).toContainText(await cell(page, 'Stretch', 'chord').textContent());
});

test('both pictures show rings, and move with the same lookup', async ({ page }) => {
  await openCompare(page);
  const ink = () => page.locator('.duel canvas').evaluateAll((all) => all.map((canvas) => {
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer)).size;
  }));
  await expect.poll(async () => Math.min(...(await ink()))).toBeGreaterThan(3);
  await button(page, 'Reset').click();
  await expect(said(page)).toContainText('stand ready');
  await button(page, 'Step').click();
  await expect(said(page)).toHaveText('Lookup 1, the same in both.');
  for (let steps = 0; steps < 30; steps += 1) {
    const captions = await page.locator('.duel .world h2 span').allTextContents();
    if (captions.every((text) => text.includes('ms'))) return;
    await button(page, 'Step').click();
    await drawn(page);
  }
  throw new Error('the first lookup arrives in both');
});

test('play goes on from the beginning, pause means now', async ({ page }) => {
  await openCompare(page);
  await button(page, 'Play').click();
  await expect(button(page, 'Pause')).toBeVisible();
  const moment = page.locator('#compare-moment');
  const first = await moment.textContent();
  await expect(moment).not.toHaveText(first);
  await button(page, 'Pause').click();
  await expect(button(page, 'Play')).toBeVisible();
  await drawn(page);
  const stands = await moment.textContent();
  await page.waitForTimeout(250);
  expect(await moment.textContent()).toBe(stands);
  await button(page, 'Run to the end').click();
  await expect(said(page)).toHaveText(/^Both are done/);
});

test('at 100,000 nodes the page stays responsive and Cancel works', async ({ page }) => {
  test.setTimeout(120_000);
  await openCompare(page);
  await field(page, 'Nodes').fill('100,000');
  await button(page, 'Run').click();
  await expect(page).toHaveURL(/#\/compare\?nodes=100000&lookups=100$/);
  await expect(button(page, 'Cancel')).toBeVisible();
  await expect(said(page)).toContainText('100,000 nodes get their');
  const frames = await framesIn(page, 1_500);
  // 90 on a machine with nothing else to do; a page that waits for its worker has none.
  expect(frames).toBeGreaterThan(12);
  await button(page, 'Cancel').click();
  await expect(notice(page)).toContainText('Cancelled');
  await expect(button(page, 'Cancel')).toBeHidden();
  await field(page, 'Nodes').fill('20');
  await button(page, 'Run').click();
  await expect(said(page)).toHaveText(/^Both are done/);
  await expect(notice(page)).toHaveCount(0);
});

test('every chart can be kept as SVG, PNG and CSV', async ({ page }) => {
  await openCompare(page);
  const titles = await page.locator('.figure h3').allTextContents();
  expect(titles).toHaveLength(9);
  for (const title of titles) {
    const svg = await keep(page, `${title} as SVG`);
    expect(svg.name).toMatch(/^pastry-chord-100-[a-z]+\.svg$/);
    const root = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      return [parsed.documentElement.localName, parsed.querySelectorAll('parsererror').length, parsed.querySelectorAll('text').length];
    }, svg.bytes.toString());
    expect(root.slice(0, 2)).toEqual(['svg', 0]);
    expect(root[2]).toBeGreaterThan(1);
    const csv = (await keep(page, `${title} as CSV`)).bytes.toString();
    const [comment, heads, ...rows] = csv.trimEnd().split('\r\n');
    expect(comment).toContain('--nodes 100 --seed 1 --lookups 100 --fail 0.2');
    expect(rows.length).toBeGreaterThan(0);
    const cells = (line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).length;
    rows.forEach((row) => expect(cells(row), row).toBe(cells(heads)));
  }
  const png = (await keep(page, 'Hops as PNG')).bytes;
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1440, 900]);
  expect(png.length).toBeGreaterThan(5_000);
  const all = (await keep(page, 'All figures as CSV')).bytes.toString();
  expect(all).toContain('Measure,Pastry,Chord\r\n');
});

test('bad values get a sentence beside their field, and nothing runs', async ({ page }) => {
  await openCompare(page);
  for (const [label, value, sentence] of [
    ['Nodes', '5', 'too few'],
    ['Nodes', '1000000', 'too many'],
    ['Nodes', 'many', 'not a whole number'],
    ['Kill, % of the nodes', '95', 'At most 90 %'],
    ['Lookups', '0', 'too few'],
  ]) {
    const usual = await field(page, label).inputValue();
    await field(page, label).fill(value);
    await expect(field(page, label)).toHaveAccessibleDescription(new RegExp(sentence));
    await expect(field(page, label)).toHaveAttribute('aria-invalid', 'true');
    await button(page, 'Run').click();
    await expect(field(page, label)).toBeFocused();
    await field(page, label).fill(usual);
    await expect(field(page, label)).not.toHaveAttribute('aria-invalid', 'true');
  }
  await expect(button(page, 'Cancel')).toBeHidden();
});

test('a link brings the comparison back, and a bad one is refused with a sentence', async ({ page }) => {
  await openCompare(page, '#/compare?nodes=50&seed=7&lookups=60&kill=0');
  await expect(field(page, 'Seed')).toHaveValue('7');
  await expect(page.locator('#compare-command')).toHaveText('overlay experiment compare --systems pastry,chord --nodes 50 --seed 7 --lookups 60');
  await expect(page.locator('.figure')).toHaveCount(5);
  for (const bad of ['nodes=3', 'colour=red', 'b=3', 'nodes=%00']) {
    await page.goto('./#/');
    await page.goto(`./#/compare?${bad}`);
    await expect(notice(page)).toContainText('This link');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pastry and Chord, side by side');
  }
});

test('values can be read by pointer and by keyboard alone', async ({ page }) => {
  await openCompare(page);
  const chart = slider(page, 'Values of the chart Hops');
  await chart.scrollIntoViewIfNeeded();
  const stops = await page.locator('#chart-hops .c-stop').evaluateAll((all) => all.map((stop) => stop.dataset.v));
  await page.locator('#chart-hops .c-stop').nth(2).hover();
  await expect(page.locator('#figure-hops .reading')).toHaveText(stops[2]);
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuetext', stops[0]);
  await page.keyboard.press('ArrowRight');
  await expect(chart).toHaveAttribute('aria-valuetext', stops[1]);
  await page.keyboard.press('End');
  await expect(chart).toHaveAttribute('aria-valuetext', stops.at(-1));
  await expect(page.locator('#figure-hops .reading')).toHaveText(stops.at(-1));
});

test('all can be reached and done with the keyboard', async ({ page }) => {
  await openCompare(page);
  await page.getByRole('heading', { level: 1 }).focus();
  const names = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    names.push(await page.evaluate(() => {
      const found = document.activeElement;
      return found.ariaLabel ?? found.labels?.[0]?.textContent ?? found.textContent.trim();
    }));
  }
  for (const name of ['Nodes', 'Nodes, from 10 to 100,000', 'Advanced', 'Run', 'Reset', 'Play', 'Step', 'Run to the end', 'Speed', 'Hops as SVG', 'Values of the chart Latency']) {
    expect(names).toContain(name);
  }
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press(' ');
  await expect(button(page, 'Pause')).toBeVisible();
  await page.keyboard.press(' ');
  await expect(button(page, 'Play')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(said(page)).toContainText('stand ready');
  await page.keyboard.press('.');
  await expect(said(page)).toContainText('Lookup 1');
  await slider(page, 'Nodes, from 10 to 100,000').press('Home');
  await expect(field(page, 'Nodes')).toHaveValue('10');
  await field(page, 'Nodes').press('Enter');
  await expect(said(page)).toHaveText(/^Both are done/);
  await expect(page.locator('#compare-command')).toContainText('--nodes 10 ');
});

test('leaving and coming back starts anew without faults', async ({ page }) => {
  await openCompare(page);
  for (const hash of ['#/lab', SMALL, '#/', SMALL]) {
    await page.evaluate((to) => { window.location.hash = to; }, hash);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  await expect(said(page)).toHaveText(/^Both are done/);
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    for (const [where, viewport] of WINDOWS) {
      test(`axe finds nothing serious on a ${where}, and nothing scrolls sideways`, async ({ page }) => {
        await page.setViewportSize(viewport);
        await openCompare(page);
        await page.getByText('Advanced', { exact: true }).click();
        await page.locator('#figure-hops summary').click();
        await field(page, 'Nodes').fill('3');
        await expectSound(page);
        await expectFitting(page);
      });
    }
  });
}

test.describe('with reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('play goes from step to step', async ({ page }) => {
    await openCompare(page);
    await button(page, 'Reset').click();
    await expect(said(page)).toContainText('stand ready');
    await button(page, 'Play').click();
    await expect(said(page)).toContainText('Lookup 1');
    const moment = await page.locator('#compare-moment').textContent();
    await page.waitForTimeout(300);
    expect(await page.locator('#compare-moment').textContent()).toBe(moment);
  });
});
