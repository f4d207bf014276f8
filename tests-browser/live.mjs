// Members of a live overlay in real pages, and a tracker on this machine: what the tests of `#/live` share.

import Tracker from 'bittorrent-tracker/server';
import { patient as expect } from './fixtures.mjs';
import { button, field } from './page.mjs';

/** Arguments of a browser whose pages may link up: real addresses, so that no multicast leaves the machine. */
export const LINKING = '--disable-features=WebRtcHideLocalIpsWithMdns';

/** A tracker on a free port of 127.0.0.1, and a way to end it with all its lines. */
export async function tracker() {
  const server = new Tracker({ udp: false, http: false, ws: true, stats: false });
  server.on('error', (error) => { throw error; });
  server.on('warning', () => {});
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const sockets = new Set();
  server.http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const url = `ws://127.0.0.1:${server.http.address().port}`;
  let closed;
  // Lines that are up end with it, as when the machine is gone.
  const close = () => (closed ??= new Promise((done) => {
    server.close(done);
    for (const socket of sockets) socket.destroy();
  }));
  return { url, close };
}

export const narration = (page) => page.getByRole('status', { name: 'Narration' });
export const peers = (page) => page.getByText(/^Connected peers: \d+$/);
const typed = async (page, label, text) => {
  await field(page, label).fill(text);
  await field(page, label).blur();
};

/** How many proven links a page says it has. */
export const connected = async (page) => Number(/\d+/.exec(await peers(page).textContent())[0]);

/** A browser's first page: alone in its storage, so it meets others by no tabs. No STUN server is set. */
export async function visitor(browser, name, hash = '#/live') {
  const context = await browser.newContext({ baseURL: process.env.OVERLAY_URL, serviceWorkers: 'block', reducedMotion: 'reduce' });
  await context.addInitScript((called) => {
    if (location.protocol === 'about:') return;
    localStorage.setItem('overlay-lab-live-stun', '');
    localStorage.setItem('overlay-lab-live-name', called);
  }, name);
  const page = await context.newPage();
  await page.goto(`./${hash}`);
  await expect(button(page, 'Create overlay')).toBeVisible();
  return page;
}

/** The overlay's first member. */
export async function found(page) {
  await button(page, 'Create overlay').click();
  await expect(button(page, 'Copy invitation')).toBeVisible();
}

/** The text of an area once it is there, and another than before. */
async function text(page, label, before = '') {
  await expect(field(page, label)).not.toHaveValue(before);
  return field(page, label).inputValue();
}

export async function inside(page) {
  await expect(button(page, 'Copy invitation')).toBeVisible({ timeout: 120_000 });
}

/** Brings a page in by an invitation that goes from hand to hand. */
export async function invite(host, guest) {
  const before = await field(host, 'Invitation').inputValue();
  await button(host, 'Copy invitation').click();
  const invitation = await text(host, 'Invitation', before);
  await field(guest, 'Invitation').fill(invitation);
  await button(guest, 'Join overlay').click();
  const answer = await text(guest, 'Answer');
  await field(host, 'Answer').fill(answer);
  await button(host, 'Accept answer').click();
  await inside(guest);
  return { invitation, answer };
}

/** Sets a page's room and tracker, as a person would. */
export async function setRoom(page, url, room) {
  await typed(page, 'Room', room);
  await page.getByText('Trackers, and what they see').click();
  await typed(page, 'Trackers, one a line', url);
}

/** The six digits by which a member is known to others. */
export async function digits(page) {
  await page.getByRole('radio', { name: 'Node', exact: true }).check();
  const caption = await page.getByRole('table', { name: /^Leaf set of/ }).locator('caption').textContent();
  await page.getByRole('radio', { name: 'Use', exact: true }).check();
  return /[0-9A-F]{6}/.exec(caption)[0];
}

/** How what was asked last ended, or that it has not. */
export const outcome = (page) => page.locator('section[aria-labelledby="route"] > p');

/** How often a page was asked something. */
export const asked = async (page) => Number(await outcome(page).getAttribute('data-asked'));

/** The end of what was asked after so many times. */
export async function answered(page, before) {
  await expect(outcome(page)).toHaveAttribute('data-asked', String(before + 1));
  await expect(outcome(page)).not.toHaveText('On its way.', { timeout: 90_000 });
  return outcome(page).textContent();
}

/** Asks something about a key and gives back how the page tells the end of it. */
export async function ask(page, key, name, value) {
  const before = await asked(page);
  await field(page, 'Key').fill(key);
  if (value !== undefined) await field(page, 'Value').fill(value);
  await button(page, name).click();
  return answered(page, before);
}

/** Members as a page lists them: digits and state. */
export async function members(page) {
  await page.getByRole('radio', { name: 'Members', exact: true }).check();
  const rows = page.getByRole('table', { name: /^Members that/ }).locator('tbody tr');
  const all = await rows.evaluateAll((found) => found.map((row) => [row.cells[0].textContent, row.cells[1].textContent]));
  await page.getByRole('radio', { name: 'Use', exact: true }).check();
  return all;
}

/** A counter of a page, by its words. */
export async function counter(page, words) {
  await page.getByRole('radio', { name: 'Events', exact: true }).check();
  const row = page.getByRole('table', { name: /^Counters of/ }).getByRole('row', { name: words });
  const number = Number((await row.locator('td').textContent()).replaceAll(',', ''));
  await page.getByRole('radio', { name: 'Use', exact: true }).check();
  return number;
}
