// A ring of many pages on this machine, once, by hand: how long coming in takes, and what a node sends.
//
//   node tests-browser/many.mjs 30
//
// Pages come in through a room on a tracker of this machine, eight at a time. Then each page is asked for a value, and all rest
// for a minute. Everything stays on 127.0.0.1 and ends by itself. With --screenshot the first page's picture is kept in
// target/shots/.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { launchOptions } from './chromium.mjs';
import { LINKING, ask, connected, counter, found, inside, setRoom, tracker, visitor } from './live.mjs';
import { button } from './page.mjs';
import { serve } from './server.mjs';

const AT_ONCE = 8;
const REST_MS = 60_000;
const WORDS = ['messages sent', 'bytes sent', 'messages received', 'bytes received'];
/** More, and one browser runs out of sockets (6000 at a process). */
const MOST = 60;

const pages = Number(process.argv[2] ?? 30);
if (!Number.isInteger(pages) || pages < 2 || pages > MOST) {
  console.error(`How many pages? A number from 2 to ${MOST}.`);
  process.exit(2);
}

const ordered = (numbers) => [...numbers].sort((a, b) => a - b);
const share = (numbers, part) => ordered(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const round = (number) => Math.round(number).toLocaleString('en-US');
const told = (numbers) => `${round(share(numbers, 0.5))} (90%: ${round(share(numbers, 0.9))}, most: ${round(Math.max(...numbers))})`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** What each page has counted so far. */
async function counts(ring) {
  const all = [];
  for (const page of ring) {
    const one = {};
    for (const words of WORDS) one[words] = await counter(page, words);
    all.push(one);
  }
  return all;
}

const gone = (after, before, words) => after.map((one, index) => one[words] - (before?.[index]?.[words] ?? 0));

async function run(browser, meeting) {
  const ring = [await visitor(browser, 'Page 1')];
  await found(ring[0]);
  await setRoom(ring[0], meeting.url, 'a room of many');
  await button(ring[0], 'Enter room').click();
  const link = `#/live?room=a%20room%20of%20many&t=${encodeURIComponent(meeting.url)}`;
  const joins = [];
  const began = Date.now();
  while (ring.length < pages) {
    const count = Math.min(AT_ONCE, pages - ring.length);
    const come = async (_, index) => {
      const page = await visitor(browser, `Page ${ring.length + index + 1}`, link);
      const pressed = Date.now();
      await button(page, 'Join overlay').click();
      await inside(page);
      joins.push(Date.now() - pressed);
      return page;
    };
    ring.push(...(await Promise.all(Array.from({ length: count }, come))));
  }
  console.log(`${pages} pages are members after ${round(Date.now() - began)} ms, pages opened ${AT_ONCE} at a time.`);
  console.log(`From “Join overlay” to member: ${told(joins)} ms.`);
  // A leaf set holds 16, so every page has at least as many links, or one to everybody.
  const least = Math.min(16, pages - 1);
  const end = Date.now() + 120_000;
  let links = [];
  do {
    links = await Promise.all(ring.map(connected));
  } while (links.some((count) => count < least) && Date.now() < end);
  console.log(`Links a page: ${told(links)}; least ${Math.min(...links)}, after ${round(Date.now() - began)} ms.`);
  const joined = await counts(ring);
  for (const words of WORDS) console.log(`${words} by a node until then: ${told(gone(joined, undefined, words))}.`);

  const stored = await ask(ring[0], 'of many', 'Put', 'got by all');
  console.log(stored);
  const got = [];
  for (const page of ring) got.push(await ask(page, 'of many', 'Get'));
  console.log(`${got.filter((text) => text.includes('“got by all”')).length} of ${pages} pages got it.`);

  const before = await counts(ring);
  const from = Date.now();
  await pause(REST_MS);
  const after = await counts(ring);
  const minutes = (Date.now() - from) / 60_000;
  for (const words of WORDS) {
    const rates = gone(after, before, words).map((number) => number / minutes);
    console.log(`${words} by a node in a minute of rest: ${told(rates)}.`);
  }
  if (process.argv.includes('--screenshot')) {
    const folder = fileURLToPath(new URL('../target/shots/', import.meta.url));
    await mkdir(folder, { recursive: true });
    await ring[0].setViewportSize({ width: 1920, height: 1080 });
    await ring[0].screenshot({ path: `${folder}many-${pages}.png` });
  }
}

const { url, close } = await serve();
process.env.OVERLAY_URL = url;
const meeting = await tracker();
const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, LINKING] });
try {
  await run(browser, meeting);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
  await meeting.close();
  await close();
}
