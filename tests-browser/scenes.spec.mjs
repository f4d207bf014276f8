// Every figure of the lecture opens by its address, is stepped through with the button, and tells the route of the deck.

import { expect, test } from './fixtures.mjs';
import { SCENES, button, choose, events, hops, narration, openNode, openScene, routeEnd, routeItems, step, stepToEnd, table, way } from './page.mjs';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const scene of Object.values(SCENES).flat()) {
  test(`${scene} opens by its route and steps to its end`, async ({ page }) => {
    await openScene(page, scene);
    await expect(button(page, 'Step back')).toBeDisabled();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const why = page.locator('.why p');
    expect(await why.count()).toBeGreaterThan(1);
    await expect(narration(page)).toContainText('Ready.');
    await stepToEnd(page);
    await expect(button(page, 'Step back')).toBeEnabled();
    await expect(button(page, 'Step')).toBeDisabled();
    await expect(page.locator('.moment')).toContainText(/delivered|Time/);
  });
}

test('with the table the example takes four hops, one digit closer at each', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await stepToEnd(page);
  await expect(routeItems(page)).toHaveText([
    '65A1FC → D13DA3 · routing table, row 0, column D',
    'D13DA3 → D4213F · routing table, row 1, column 4',
    'D4213F → D462BA · routing table, row 2, column 6',
    /^D462BA → D46A1C · (leaf set|routing table, row 3, column A)/,
  ]);
  await expect(routeEnd(page)).toHaveText('Delivered after 4 hops.');
});

test('with leaf sets alone the same message goes round the ring, four places at a time', async ({ page }) => {
  await openScene(page, 'pastry-leaf-set-only');
  await stepToEnd(page);
  const all = await hops(page);
  const nodes = await way(page);
  expect(nodes[0]).toBe('65A1FC');
  expect(nodes.at(-1)).toBe('D46A1C');
  expect(all.length).toBeGreaterThan(15);
  for (const { place } of all) expect(place).toMatch(/^leaf set/);
  // Clockwise, and never back.
  expect([...nodes].sort()).toEqual(nodes);
  await expect(routeEnd(page)).toHaveText(`Delivered after ${all.length} hops.`);
});

test('each hop of leaf sets alone is the outermost leaf until the key is in reach', async ({ page }) => {
  await openScene(page, 'pastry-leaf-set-only');
  for (let hop = 0; hop < 3; hop += 1) {
    await button(page, 'Step').click();
    const nodes = await way(page);
    const [from, to] = nodes.slice(-2);
    const leaf = table(page, `Leaf set of ${from}`).getByRole('button', { name: `${to}, place +4 of the leaf set` });
    await expect(leaf).toHaveClass(/hit/);
  }
});

test('the first four rows of node 65A1FC: its own digits grey, every other cell filled', async ({ page }) => {
  await openScene(page, 'pastry-routing-table');
  const rows = table(page, 'Routing table of 65A1FC').locator('tbody tr');
  await expect(rows).toHaveCount(4);
  for (const [row, own] of ['6', '5', 'A', '1'].entries()) {
    const cells = rows.nth(row).locator('td');
    await expect(cells).toHaveCount(16);
    await expect(rows.nth(row).locator('td.own')).toHaveText([`own digit ${own}`]);
    await expect(cells.nth(Number.parseInt(own, 16))).toHaveClass(/own/);
    const filled = await rows.nth(row).getByRole('button').evaluateAll((all) => all.map((one) => one.ariaLabel));
    expect(filled).toHaveLength(15);
    const prefix = '65A1'.slice(0, row);
    const columns = [...'0123456789ABCDEF'].filter((digit) => digit !== own);
    filled.forEach((label, index) => {
      expect(label).toMatch(new RegExp(`^Row ${row}, column ${columns[index]}: ${prefix}${columns[index]}`));
    });
  }
  // Grey is a colour of its own, not that of a filled cell.
  const grey = await rows.nth(0).locator('td.own').evaluate((cell) => getComputedStyle(cell).backgroundColor);
  const plain = await rows.nth(0).locator('td:not(.own)').first().evaluate((cell) => getComputedStyle(cell).backgroundColor);
  expect(grey).not.toBe(plain);
});

test('a hop lights the cell that it used', async ({ page }) => {
  await openScene(page, 'pastry-example');
  for (let number = 1; number <= 3; number += 1) {
    await step(page);
    await expect(routeItems(page)).toHaveCount(number);
    const { from, to, place } = (await hops(page)).at(-1);
    const [, row, column] = /^routing table, row (\d+), column ([0-9A-F])$/.exec(place);
    const lit = table(page, `Routing table of ${from}`).locator('td.hit');
    await expect(lit).toHaveCount(1);
    await expect(lit.getByRole('button', { name: `Row ${row}, column ${column}: ${to}`, exact: true })).toBeVisible();
    await expect(page.locator('ol.rules .fired')).toHaveCount(1);
  }
});

test('a join: the newcomer comes in by messages and is a member at the end', async ({ page }) => {
  await openScene(page, 'pastry-join');
  await expect(page.locator('.figures')).toContainText('199 nodes');
  await step(page);
  await stepToEnd(page);
  await expect(narration(page)).toHaveText('D46A1C is a member now.');
  await expect(page.locator('.figures')).toContainText('200 nodes');
  await choose(page, 'Show', 'Events');
  const received = events(page).filter({ hasText: 'D46A1C receives row' });
  // Row i comes from the i-th node of the way: more than one node was on it.
  const senders = new Set((await received.allTextContents()).map((text) => / of (\w+)\.$/.exec(text)[1]));
  expect(senders.size).toBeGreaterThan(1);
  await expect(events(page).filter({ hasText: 'D46A1C receives its neighbours from' })).toHaveCount(1);
  await choose(page, 'Show', 'Node');
  // The neighbours know the newcomer.
  await openNode(page, 'D46A1C');
  const leaves = await table(page, 'Leaf set of D46A1C').getByRole('button').allTextContents();
  expect(leaves).toHaveLength(8);
  await table(page, 'Leaf set of D46A1C').getByRole('button').first().click();
  await expect(table(page, `Leaf set of ${leaves[0]}`).getByRole('button', { name: /^D46A1C, place \+4/ })).toBeVisible();
});

test('a failure: one attempt finds nobody, another entry brings the message home, the gap is seen', async ({ page }) => {
  await openScene(page, 'pastry-failure');
  await stepToEnd(page);
  const all = await hops(page);
  const lost = all.filter(({ place }) => place.endsWith('no answer'));
  expect(lost.map(({ to }) => to)).toContain('D462BA');
  const nodes = await way(page);
  expect(nodes[0]).toBe('65A1FC');
  expect(nodes.at(-1)).toBe('D46A1C');
  expect(nodes).not.toContain('D462BA');
  await expect(routeEnd(page)).toContainText('Delivered');
  await choose(page, 'Show', 'Events');
  await expect(events(page).filter({ hasText: /D462BA.*(gone|stop|answer)|no answer.*D462BA/i }).first()).toBeVisible();
});

/** A finger table as rows of Start, Interval and Successor. */
async function fingers(page, node) {
  const rows = table(page, `Finger table of ${node}`).locator('tbody tr');
  await expect(rows).toHaveCount(4);
  return Promise.all([0, 1, 2, 3].map((row) => rows.nth(row).locator('td').allTextContents()));
}

test('the finger tables of 0 and 9 are those of the slide', async ({ page }) => {
  await openScene(page, 'chord-fingers');
  await expect(table(page, 'Finger table of 0').locator('thead th')).toHaveText(['i', 'Start', 'Interval', 'Successor']);
  expect(await fingers(page, '0')).toEqual([
    ['1', '1', '1 → 1', '1'],
    ['2', '2', '2 → 3', '3'],
    ['3', '4', '4 → 7', '7'],
    ['4', '8', '8 → 15', '9'],
  ]);
  await table(page, 'Finger table of 0').getByRole('button', { name: 'Successor 9' }).click();
  expect(await fingers(page, '9')).toEqual([
    ['1', '10', '10 → 10', '11'],
    ['2', '11', '11 → 12', '11'],
    ['3', '13', '13 → 0', '14'],
    ['4', '1', '1 → 8', '1'],
  ]);
});

test('a message for key 6 follows the third finger of node 0', async ({ page }) => {
  await openScene(page, 'chord-fingers');
  await stepToEnd(page);
  expect(await way(page)).toEqual(['0', '7']);
  await expect(routeItems(page)).toHaveText([/^0 → 7 · finger.* 3/]);
});

test('search for 13: by the slide 0 → 9 → 14, by the paper 0 → 9 → 11 → 14, and the page says why', async ({ page }) => {
  await openScene(page, 'chord-search-13');
  await stepToEnd(page);
  expect(await way(page)).toEqual(['0', '9', '14']);
  await expect(routeItems(page)).toHaveText([/^0 → 9 · finger.* 4/, /^9 → 14 · finger.* 3/]);
  await choose(page, 'Rule', 'Published');
  await expect(button(page, 'Step back')).toBeDisabled();
  await stepToEnd(page);
  expect(await way(page)).toEqual(['0', '9', '11', '14']);
  await expect(routeItems(page).last()).toContainText(/11 → 14 · successor/);
  const why = page.locator('.why');
  await expect(why).toContainText('0 → 9 → 11 → 14');
  await expect(why).toContainText('closest node before the key');
  await choose(page, 'Rule', 'Slide');
  await stepToEnd(page);
  expect(await way(page)).toEqual(['0', '9', '14']);
});

test('the naive walk visits every node on the way', async ({ page }) => {
  await openScene(page, 'chord-naive');
  await stepToEnd(page);
  expect(await way(page)).toEqual(['0', '1', '3', '7', '9', '11', '14']);
  for (const { place } of await hops(page)) expect(place).toMatch(/^successor/);
});

test('the switch of a scene changes its rule: without the table the example goes round the ring', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await choose(page, 'Use', 'Leaf set only');
  await stepToEnd(page);
  expect((await hops(page)).length).toBeGreaterThan(15);
  await choose(page, 'Use', 'Table');
  await stepToEnd(page);
  expect(await way(page)).toEqual(['65A1FC', 'D13DA3', 'D4213F', 'D462BA', 'D46A1C']);
});

test('a scene that does not exist is answered with a sentence and the first one', async ({ page }) => {
  await page.goto('./#/lecture/pastry?scene=nothing');
  await expect(page.locator('.notice:visible')).toContainText('nothing');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.goto('./#/lecture/nothing');
  await expect(page.getByRole('alert').first()).toContainText('nothing');
  await expect(page.getByRole('heading', { level: 1, name: 'Overlay Lab' })).toBeVisible();
});
