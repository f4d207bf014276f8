// The lecture's scenes of the systems that are no rings: each opens by its address, goes through time by button and key, and
// says what it costs.

import { expect, test } from './fixtures.mjs';
import { button, drawn, field, narration, slider } from './page.mjs';
import { WINDOWS, expectFitting, expectSound } from './sound.mjs';

const DECK = {
  overview: ['client-server-vs-p2p', 'locate-a-resource'],
  napster: ['napster-search', 'napster-server-down'],
  gnutella: [
    'gnutella-join', 'gnutella-search', 'gnutella-26240', 'gnutella-duplicates', 'gnutella-expanding-ring',
    'gnutella-random-walk', 'gnutella-push',
  ],
  fasttrack: ['fasttrack-search', 'fasttrack-promotion'],
  dhts: ['full-replication', 'search-any-words', 'replication-keeps-data', 'attack-false-routing', 'attack-flood'],
};
const heading = (page) => page.getByRole('heading', { level: 1 });
const cost = (page) => page.getByRole('table', { name: 'What this search has cost' });
const row = (page, name) => cost(page).getByRole('row', { name }).getByRole('cell');

/** Opens a scene and waits for its module. */
async function open(page, scene) {
  const chapter = Object.keys(DECK).find((name) => DECK[name].includes(scene));
  await page.goto(`./#/lecture/${chapter}?scene=${scene}`);
  await expect(page.locator('.deck')).toBeVisible({ timeout: 20_000 });
  await expect(page.locator('.deck canvas').first()).toBeVisible();
}

/** Steps until the scene is over; gives back how often. */
async function toEnd(page) {
  for (let steps = 0; ; steps += 1) {
    expect(steps, 'a scene has an end').toBeLessThan(120);
    const next = page.locator('#page-step');
    if ((await next.textContent()).includes('Next scene') || (await next.getAttribute('aria-disabled'))) return steps;
    await next.click();
    await drawn(page);
  }
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const scene of Object.values(DECK).flat()) {
  test(`${scene} opens by its address, says what happens at each step, and ends`, async ({ page }) => {
    await open(page, scene);
    await expect(button(page, 'Step back')).toBeDisabled();
    expect(await page.locator('.why p').count()).toBeGreaterThan(1);
    await expect(narration(page)).toContainText('Press Step');
    await button(page, 'Step').click();
    await expect(narration(page)).not.toContainText('Press Step');
    await expect(narration(page)).toHaveText(/\w+.*\./);
    if (scene !== 'gnutella-26240') {
      expect(await toEnd(page)).toBeGreaterThan(0);
      await button(page, 'Step back').click();
    }
    await button(page, 'Reset').click();
    await expect(button(page, 'Step back')).toBeDisabled();
  });
}

test('the tree counts wave by wave to the slide’s 26,240 messages, and by version 0.4 to 8,744', async ({ page }) => {
  await open(page, 'gnutella-26240');
  for (const [questions, step] of [['4', 2], ['16', 3], ['52', 4]]) {
    await button(page, 'Step').click();
    if (step === 2) await button(page, 'Step').click();
    await expect(row(page, 'Questions that arrived')).toHaveText(questions);
  }
  await slider(page, 'Time').fill('10000');
  await expect(row(page, 'Questions + answers, each once')).toHaveText('13,120 + 13,120 = 26,240');
  await page.getByRole('radio', { name: 'Version 0.4: 7 hops' }).check({ force: true });
  await expect(page).toHaveURL(/choose=1\.0/);
  await slider(page, 'Time').fill('10000');
  await expect(row(page, 'Questions + answers, each once')).toHaveText('4,372 + 4,372 = 8,744');
});

test('keys alone go through a scene, on to the next one, and back', async ({ page }) => {
  await open(page, 'client-server-vs-p2p');
  await page.keyboard.press('PageDown');
  await expect(narration(page)).toContainText('P3 searches for');
  await page.keyboard.press('Home');
  await expect(narration(page)).toContainText('Press Step');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('PageUp');
  await expect(button(page, 'Step back')).toBeDisabled();
  await toEnd(page);
  await page.keyboard.press('PageDown');
  await expect(page).toHaveURL(/locate-a-resource$/);
  await expect(heading(page)).toHaveText('Who keeps the index?');
  await expect(heading(page)).toBeFocused();
  await page.keyboard.press('PageUp');
  await expect(page).toHaveURL(/client-server-vs-p2p$/);
  await page.keyboard.press(' ');
  await expect(button(page, 'Pause')).toBeVisible();
});

test('the clicker leads over the border between modules', async ({ page }) => {
  await open(page, 'fasttrack-promotion');
  await slider(page, 'Time').fill('10000');
  await page.keyboard.press('PageDown');
  await expect(page).toHaveURL(/chord\?scene=chord-fingers$/);
  await expect(heading(page)).toBeVisible();
  await page.keyboard.press('PageUp');
  await expect(page).toHaveURL(/fasttrack-promotion$/);
  await expect(page.locator('.deck')).toBeVisible();
});

test('a viewer searches, stops the server, and finds nothing any more', async ({ page }) => {
  await open(page, 'napster-search');
  await page.getByText('Try it yourself').click();
  await field(page, 'From').fill('P5');
  await field(page, 'Words').fill('recipe');
  await button(page, 'Search').click();
  await slider(page, 'Time').fill('10000');
  await expect(row(page, 'Found so far')).toHaveText('2');
  await field(page, 'From').fill('nobody');
  await button(page, 'Search').click();
  await expect(page.getByRole('alert').filter({ hasText: 'nobody' })).toBeVisible();
});

test('a link shows the same moment again, and a damaged one says so', async ({ page }) => {
  await open(page, 'napster-search');
  for (let i = 0; i < 3; i += 1) await button(page, 'Step').click();
  const said = await narration(page).textContent();
  await button(page, 'Copy a link to this moment').click();
  const link = await page.locator('.share-link').getAttribute('href');
  await page.goto('./#/');
  await page.goto(link);
  await expect(page.locator('.deck')).toBeVisible();
  await expect(narration(page)).toHaveText(said);
  await page.goto('./#/');
  await page.goto(`${link.slice(0, -6)}`);
  await expect(page.getByRole('alert').filter({ hasText: 'link' })).toBeVisible();
  await expect(narration(page)).toContainText('Press Step');
});

test('an unknown scene of a chapter opens the first one with a sentence', async ({ page }) => {
  await page.goto('./#/lecture/gnutella?scene=nowhere');
  await expect(page.getByRole('alert').filter({ hasText: 'nowhere' })).toBeVisible();
  await expect(heading(page)).toHaveText('A peer comes in');
});

test('presenter mode shows the picture and the clock, and can be left', async ({ page }) => {
  await open(page, 'gnutella-search');
  await page.keyboard.press('p');
  await expect(page.locator('.rail')).toBeHidden();
  await expect(button(page, 'Leave presenter mode')).toBeVisible();
  await button(page, 'Leave presenter mode').click();
  await expect(page.locator('.rail')).toBeVisible();
});

for (const colorScheme of ['light', 'dark']) {
  for (const [where, viewport] of WINDOWS) {
    test.describe(`${colorScheme} on a ${where}`, () => {
      test.use({ colorScheme, viewport });
      test('axe finds nothing serious, and nothing scrolls sideways', async ({ page }) => {
        for (const scene of ['gnutella-search', 'fasttrack-search', 'search-any-words', 'attack-false-routing']) {
          await open(page, scene);
          for (let i = 0; i < 3; i += 1) await button(page, 'Step').click();
          await expectSound(page, scene);
          await expectFitting(page, scene);
        }
      });
    });
  }
}
