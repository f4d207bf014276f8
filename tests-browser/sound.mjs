// What every page has to be: sound by axe-core, no wider than its window, and awake while a worker works.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from './fixtures.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Windows that pages are tried in, by name. */
export const WINDOWS = Object.entries({ desk: { width: 1280, height: 720 }, phone: { width: 390, height: 844 } });

/** What axe-core finds serious or critical, one line each. */
async function faults(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`));
}

/** axe-core finds nothing serious. */
export const expectSound = async (page, where) => expect(await faults(page), where).toEqual([]);

/** Nothing scrolls sideways. */
export async function expectFitting(page, where) {
  const over = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
  expect(over, where).toBeLessThanOrEqual(0);
}

/** How many frames the page draws in so many milliseconds: one that waits for its worker draws none. */
export const framesIn = (page, milliseconds) =>
  page.evaluate((span) => new Promise((done) => {
    let frames = 0;
    const until = performance.now() + span;
    const tick = (now) => (now < until ? ((frames += 1), requestAnimationFrame(tick)) : done(frames));
    requestAnimationFrame(tick);
  }), milliseconds);
