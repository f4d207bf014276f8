// Worlds of one's own: messages, failures, newcomers, repair, and two systems on the same key.

import { expect, test } from './fixtures.mjs';
import {
  button, choose, events, field, hops, hurry, narration, openLab, openNode, openScene, routeEnd, routeItems, send, shownNode,
  slideTo, step, table, way,
} from './page.mjs';
import { createHash } from 'node:crypto';

const KEYS = Array.from({ length: 40 }, (_, index) => `file ${index}.txt`);
const sha1 = (text) => createHash('sha1').update(text).digest('hex').toUpperCase();

/** Builds another world from the lab's form. */
async function build(page, { system, nodes, choices = {} }) {
  if (system) await field(page, 'System').selectOption(system);
  if (nodes) await field(page, 'Nodes').fill(String(nodes));
  for (const [group, choice] of Object.entries(choices)) await choose(page, group, choice);
  await button(page, 'Build').click();
  await expect(button(page, 'Build')).toBeVisible();
}

/** All nodes of the world in ring order, as the page names them; read by going round with the button. */
async function ring(page, most) {
  const nodes = [await shownNode(page)];
  for (let count = 0; count < most; count += 1) {
    await button(page, 'Next node').click();
    const name = await shownNode(page);
    if (name === nodes[0]) return nodes;
    nodes.push(name);
  }
  throw new Error(`the ring has more than ${most} nodes`);
}

const RING = 1 << 24;
const apart = (a, b) => Math.min((a - b + RING) % RING, (b - a + RING) % RING);
const value = (digits) => Number.parseInt(digits, 16);

/** Sends messages until one takes at least this many hops; gives back its key and its way. */
async function longMessage(page, least) {
  for (const key of KEYS) {
    await send(page, await field(page, 'From').inputValue(), key);
    const nodes = await way(page);
    if (nodes.length > least) return { key, nodes };
  }
  throw new Error(`no message takes ${least} hops`);
}

/** Stops the node that is shown, and waits until that is done. */
async function kill(page, name) {
  await openNode(page, name);
  await button(page, 'Kill node').click();
  await expect(page.getByRole('heading', { name: `Node ${name} · stopped` })).toBeVisible();
}

test('Pastry delivers at the node numerically closest to the key', async ({ page }) => {
  await openLab(page);
  await hurry(page);
  const nodes = await ring(page, 64);
  expect(nodes).toHaveLength(64);
  for (const key of KEYS.slice(0, 8)) {
    await send(page, nodes[3], key);
    const goal = value(sha1(key).slice(0, 6));
    const closest = nodes.reduce((best, node) => (apart(value(node), goal) < apart(value(best), goal) ? node : best));
    expect((await way(page)).at(-1) ?? nodes[3], key).toBe(closest);
  }
});

test('Chord delivers at the successor of the key', async ({ page }) => {
  await openLab(page);
  await build(page, { system: 'Chord' });
  await expect(page.getByRole('region', { name: 'Chord', exact: true })).toBeVisible();
  await hurry(page);
  const nodes = await ring(page, 64);
  expect(nodes).toHaveLength(64);
  const sorted = [...nodes].sort();
  for (const key of KEYS.slice(0, 8)) {
    await send(page, nodes[3], key);
    const goal = sha1(key).slice(0, 6);
    expect((await way(page)).at(-1) ?? nodes[3], key).toBe(sorted.find((node) => node >= goal) ?? sorted[0]);
  }
});

for (const system of ['Pastry', 'Chord']) {
  test(`${system}: a node of the way is stopped; the message arrives another way, and the gap is mended`, async ({ page }) => {
    await openLab(page);
    if (system === 'Chord') await build(page, { system });
    await hurry(page);
    const { key, nodes } = await longMessage(page, 2);
    const victim = nodes[1];
    await kill(page, victim);
    await expect(page.locator('.figures')).toContainText('63 nodes · 1 stopped');
    await send(page, nodes[0], key);
    const around = await way(page);
    expect(around).not.toContain(victim);
    expect(around.at(-1)).toBe(nodes.at(-1));
    // Somebody noticed: by waiting in vain, in words and in the list.
    await choose(page, 'Show', 'Events');
    await field(page, 'Only events that say').fill(victim);
    await expect(events(page).filter({ hasText: 'stops without a word' })).toHaveCount(1);
    await expect(events(page).filter({ hasText: `${nodes[0]} waits in vain for an answer of ${victim}.` })).toHaveCount(1);
    // Going on, the node that waited gives up on it, and others take its place.
    const gone = events(page).filter({ hasText: `${nodes[0]} takes ${victim} for dead and removes it from its tables.` });
    for (let steps = 0; steps < 60 && (await gone.count()) === 0; steps += 1) await step(page);
    await expect(gone).toHaveCount(1);
    await choose(page, 'Show', 'Node');
    // None of its tables holds the stopped node any more.
    await openNode(page, nodes[0]);
    await expect(page.locator('.inspector table').getByRole('button', { name: victim })).toHaveCount(0);
  });

  test(`${system}: a stopped node is started again and comes in`, async ({ page }) => {
    await openLab(page);
    if (system === 'Chord') await build(page, { system });
    await hurry(page);
    const name = await shownNode(page);
    await kill(page, name);
    await button(page, 'Restart node').click();
    await expect(page.getByRole('heading', { name: `Node ${name} · stopped` })).toBeHidden();
    await slideTo(page, 'Time', 10_000);
    await openNode(page, name);
    await expect(page.getByRole('heading', { level: 2, name: new RegExp(`^Node ${name}`) })).not.toContainText('coming in');
    await expect(page.locator('.figures')).toHaveText(/^64 nodes ·/);
    await choose(page, 'Show', 'Events');
    await expect(events(page).filter({ hasText: `${name} runs again` })).toHaveCount(1);
  });

  test(`${system}: a newcomer comes in by real messages and answers for its keys`, async ({ page }) => {
    await openLab(page);
    if (system === 'Chord') await build(page, { system });
    await hurry(page);
    await page.getByText('Newcomers', { exact: true }).click();
    await field(page, 'Name of the newcomer (optional)').fill('Grace Hopper');
    await button(page, 'Add node').click();
    const name = sha1('Grace Hopper').slice(0, 6);
    await expect(page.getByRole('heading', { name: `Node ${name}` })).toBeVisible();
    await expect(page.locator('.figures')).toContainText('65 nodes');
    await slideTo(page, 'Time', 10_000);
    await openNode(page, name);
    await expect(page.getByRole('heading', { level: 2, name: new RegExp(`^Node ${name}`) })).not.toContainText('coming in');
    await choose(page, 'Show', 'Events');
    await field(page, 'Only events that say').fill(name);
    await expect(events(page).filter({ hasText: `${name} is a member now` })).toHaveCount(1);
    await choose(page, 'Show', 'Node');
    // The key that is its own name leads to it.
    await send(page, await field(page, 'From').inputValue(), 'Grace Hopper');
    expect((await way(page)).at(-1)).toBe(name);
  });

  test(`${system}: a value is stored, found and removed`, async ({ page }) => {
    await openLab(page);
    if (system === 'Chord') await build(page, { system });
    await hurry(page);
    await field(page, 'Key').fill('song.mp3');
    await field(page, 'Value').fill('la la la');
    await button(page, 'Insert').click();
    await expect(routeEnd(page)).toContainText('Delivered');
    await expect(button(page, 'Play')).toBeVisible();
    await button(page, 'Search').click();
    await expect(narration(page)).toContainText('la la la');
    await expect(button(page, 'Play')).toBeVisible();
    await button(page, 'Delete').click();
    await expect(button(page, 'Play')).toBeVisible();
    await button(page, 'Search').click();
    await expect(narration(page)).toContainText(/nothing|no value/i);
  });
}

test('the leaf set of Pastry is mended by upkeep: the stopped neighbour goes, the next one comes', async ({ page }) => {
  await openLab(page);
  const name = await shownNode(page);
  await button(page, 'Next node').click();
  const victim = await shownNode(page);
  await kill(page, victim);
  await choose(page, 'Show', 'Events');
  await field(page, 'Only events that say').fill(name);
  const mended = events(page).filter({ hasText: new RegExp(`${name} takes ${victim} for dead`) });
  for (let steps = 0; steps < 120 && (await mended.count()) === 0; steps += 1) await step(page);
  await expect(mended).toHaveCount(1);
  const received = events(page).filter({ hasText: new RegExp(`${name} takes \\w+ in as a neighbour`) });
  for (let steps = 0; steps < 40 && (await received.count()) === 0; steps += 1) await step(page);
  await expect(received.first()).toBeVisible();
  await choose(page, 'Show', 'Node');
  await openNode(page, name);
  const leaves = table(page, `Leaf set of ${name}`).getByRole('button');
  await expect(leaves).toHaveCount(16);
  await expect(table(page, `Leaf set of ${name}`).getByRole('button', { name: victim })).toHaveCount(0);
});

for (const scene of ['pastry-failure', 'pastry-example']) {
  test(`a node of the way is stopped in ${scene}, and the message sent again arrives`, async ({ page }) => {
    await openScene(page, scene);
    await hurry(page);
    await slideTo(page, 'Time', 10_000);
    const first = await way(page);
    await kill(page, first[1]);
    await page.getByText('Try it yourself').click();
    await send(page, '65A1FC', 'D46A1C');
    const second = await way(page);
    expect(second).not.toContain(first[1]);
    expect(second.at(-1)).toBe('D46A1C');
  });
}

test('10,000 Pastry nodes are built and route in a few hops', async ({ page }) => {
  await openLab(page);
  await hurry(page);
  await build(page, { nodes: '10,000', choices: { Upkeep: 'Off' } });
  await expect(page.locator('.figures')).toContainText('10,000 nodes');
  for (const key of KEYS.slice(0, 3)) {
    await send(page, await field(page, 'From').inputValue(), key);
    const nodes = await way(page);
    // log16 of 10,000 is 3.3.
    expect(nodes.length - 1).toBeLessThanOrEqual(6);
    // Neither neighbour on the ring is closer to the key than the node that delivered.
    const goal = value(sha1(key).slice(0, 6));
    const last = nodes.at(-1);
    await openNode(page, last, 2);
    await button(page, 'Next node').click();
    const after = await shownNode(page);
    await button(page, 'Previous node').click();
    await button(page, 'Previous node').click();
    const before = await shownNode(page);
    for (const neighbour of [before, after]) expect(apart(value(last), goal)).toBeLessThanOrEqual(apart(value(neighbour), goal));
    await button(page, 'Follow').click();
  }
});

test('Pastry and Chord side by side: the same key, hops, time and messages of each', async ({ page }) => {
  await openLab(page);
  await build(page, { system: 'Pastry and Chord' });
  await expect(page.locator('canvas')).toHaveCount(4);
  await hurry(page);
  await field(page, 'Key').fill('song.mp3');
  await button(page, 'Route a message').click();
  const compare = table(page, 'The same key in both');
  const row = (name) => compare.getByRole('row', { name: new RegExp(`^${name}`) }).getByRole('cell');
  await expect(row('Hops')).toHaveText([/^\d+$/, /^\d+$/]);
  await expect(row('Time to delivery')).toHaveText([/^[\d,]+ ms$/, /^[\d,]+ ms$/]);
  await expect(row('Messages')).toHaveText([/^\d+$/, /^\d+$/]);
  await expect(button(page, 'Play')).toBeVisible();
  const told = (await row('Hops').allTextContents()).map(Number);
  const starts = [];
  for (const [index, system] of ['Pastry', 'Chord'].entries()) {
    await choose(page, 'System inspected', system);
    expect(await hops(page)).toHaveLength(told[index]);
    starts.push((await way(page))[0]);
  }
  expect(starts[0]).toBe(starts[1]);
});

test('a click on a node of the picture chooses it', async ({ page }) => {
  await openLab(page);
  const before = await shownNode(page);
  const stage = page.getByRole('img', { name: /^Pastry: 64 nodes/ });
  await choose(page, 'View', 'Ring');
  const { width, height } = await stage.boundingBox();
  // Somewhere round the ring there is another node under the pointer.
  const radius = Math.min(width, height) / 2;
  let found = before;
  for (let angle = 0; angle < 2 * Math.PI && found === before; angle += 0.05) {
    for (const share of [0.7, 0.75, 0.8, 0.85, 0.9]) {
      const position = { x: width / 2 + share * radius * Math.sin(angle), y: height / 2 - share * radius * Math.cos(angle) };
      await stage.click({ position });
      found = await shownNode(page);
      if (found !== before) break;
    }
  }
  expect(found).not.toBe(before);
  await expect(button(page, 'Follow')).toBeVisible();
});
