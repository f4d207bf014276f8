// What the tests say about a page with a stage, in one place: names of design §5, and how states are read.

import { readFileSync } from 'node:fs';
import { expect } from './fixtures.mjs';

/** Scenes by chapter, as their routes name them. */
export const SCENES = {
  pastry: ['pastry-leaf-set-only', 'pastry-routing-table', 'pastry-example', 'pastry-join', 'pastry-failure'],
  chord: ['chord-fingers', 'chord-search-13', 'chord-naive'],
};

/** The hash route of a scene. */
export const sceneRoute = (scene) => `#/lecture/${scene.split('-')[0]}?scene=${scene}`;

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const slider = (page, name) => page.getByRole('slider', { name, exact: true });
export const routeItems = (page) => page.getByRole('list', { name: 'Route', exact: true }).getByRole('listitem');
/** How the request that is followed ended, below the list. */
export const routeEnd = (page) => page.locator('section[aria-labelledby="route"] > p');
export const narration = (page) => page.locator('.transport').getByRole('status');
export const table = (page, caption) => page.getByRole('table', { name: caption, exact: true });
export const events = (page) => page.getByRole('list', { name: 'Events, latest first' }).getByRole('listitem');
/** A text field, whether it has proposals or not. */
export const field = (page, label) => page.getByLabel(label, { exact: true });

/** Opens a page of the site that has a stage, and waits for it. */
export async function open(page, hash) {
  await page.goto(`./${hash}`);
  await expect(button(page, 'Step')).toBeVisible();
}

export const openScene = (page, scene) => open(page, sceneRoute(scene));
export const openLab = (page) => open(page, '#/lab');

/** Two frames: what was asked for is drawn. */
export const drawn = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** One step on by the button. */
export async function step(page) {
  await button(page, 'Step').click();
  await drawn(page);
}

/** Steps until the button says that nothing more comes; gives back how often. */
export async function stepToEnd(page, most = 300) {
  let steps = 0;
  while (await button(page, 'Step').isEnabled()) {
    expect(steps, 'a scene has an end').toBeLessThan(most);
    await step(page);
    steps += 1;
  }
  return steps;
}

/** Reads the link of the moment shown from the share dialog, and closes it. */
export async function link(page) {
  await button(page, 'Share').click();
  const dialog = page.getByRole('dialog', { name: 'Share this moment' });
  const text = await dialog.getByLabel('Link', { exact: true }).inputValue();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  return text;
}

/** Everything that can be read of the moment shown, but the link. */
export const seen = (page) =>
  page.evaluate(() => {
    const text = (selector) => [...document.querySelectorAll(selector)].map((found) => found.textContent.trim());
    // Marks of the pointer and of the focus are no part of the moment.
    const marks = (found) => [...found.classList].filter((name) => name !== 'hot').sort();
    const cell = (found) =>
      [found, ...found.querySelectorAll('button, .chip')].flatMap((part) => [...marks(part), part.ariaLabel]).concat(found.textContent).filter(Boolean).join(' ');
    const rows = (found) =>
      [found.caption?.textContent, ...[...found.rows].map((row) => [...marks(row), ...[...row.cells].map(cell)].join(' | '))];
    return {
      route: text('ol[aria-label="Route"] > li'),
      end: text('section[aria-labelledby="route"] > p'),
      narration: text('.transport [role="status"]'),
      decision: text('[aria-label="Decision"]'),
      rules: [...document.querySelectorAll('ol.rules > li')].map(cell),
      others: text('dl.others'),
      tables: [...document.querySelectorAll('.inspector table')].flatMap(rows),
      figures: text('.figures'),
      time: document.querySelector('input[aria-label="Time"]').getAttribute('aria-valuetext'),
      slider: document.querySelector('input[aria-label="Time"]').value,
    };
  });

/** The whole moment: what is seen, and the link that brings it back. */
export async function moment(page) {
  return { ...(await seen(page)), link: await link(page) };
}

/** Sets a range input as a drag would. */
export async function slideTo(page, name, value) {
  await slider(page, name).fill(String(value));
  await drawn(page);
}

/** The fastest time: a message arrives in a few frames. */
export const hurry = (page) => slider(page, 'Speed').press('End');

/** Chooses one of a few choices side by side. */
export async function choose(page, group, choice) {
  const radio = page.getByRole('group', { name: group, exact: true }).getByRole('radio', { name: choice, exact: true });
  await radio.check();
}

/** A hop of the list as its parts. */
export function hop(text) {
  const [, from, to, place] = /^(\S+) → (\S+) · (.*)$/.exec(text.trim()) ?? [];
  expect(from, `a hop reads “from → to · place”, not “${text}”`).toBeDefined();
  return { from, to, place };
}

export const hops = async (page) => (await routeItems(page).allTextContents()).map(hop);

/** The nodes of a route, first to last; attempts without an answer are left out. */
export async function way(page) {
  const all = (await hops(page)).filter(({ place }) => !place.endsWith('no answer'));
  all.slice(1).forEach((next, index) => expect(next.from, 'each hop starts where the one before ended').toBe(all[index].to));
  return all.length === 0 ? [] : [all[0].from, ...all.map(({ to }) => to)];
}

/** Sends a message from the form that is open, and waits until it is delivered. */
export async function send(page, from, key) {
  await field(page, 'From').fill(from);
  await field(page, 'Key').fill(key);
  await button(page, 'Route a message').click();
  await expect(routeEnd(page)).toContainText('Delivered');
  await expect(button(page, 'Play')).toBeVisible();
}

/** The node whose tables are shown. */
export const shownNode = async (page) =>
  /^Node (\S+)/.exec(await page.getByRole('region', { name: 'Decision' }).getByRole('heading').textContent())[1];

/** Looks at a node, by going along the ring. */
export async function openNode(page, name, most = 300) {
  for (let tries = 0; (await shownNode(page)) !== name; tries += 1) {
    expect(tries, `${name} is on the ring`).toBeLessThan(most);
    await button(page, 'Next node').click();
  }
}

/** Clicks the button of this name and gives back the file that it lets the person keep. */
export async function keep(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, name).click()]);
  // Chromium drops what a page saves beyond ten files a second, faster than anybody clicks.
  await page.waitForTimeout(150);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}
