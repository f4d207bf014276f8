// The slide checks as a page: computed in a worker, filtered, linked to.

import { expect, test } from './fixtures.mjs';
import { choose, field } from './page.mjs';
import { WINDOWS, expectFitting, expectSound } from './sound.mjs';

const PAGE = '#/lecture/checks';
const items = (page) => page.getByRole('list', { name: 'Checks', exact: true }).getByRole('listitem');
const said = (page) => page.locator('.claims').getByRole('status');
const counts = async (page) => (await said(page).textContent()).match(/\d+/g).map(Number);

async function open(page, hash = PAGE) {
  await page.goto(`./${hash}`);
  await expect(said(page)).toContainText('claims with a number or a formula');
}

test('every check has a claim, what comes out, and a verdict; and they are counted', async ({ page }) => {
  await open(page);
  const [all, holds, under, fails] = await counts(page);
  expect(all).toBeGreaterThanOrEqual(40);
  expect(holds + under + fails).toBe(all);
  await expect(items(page)).toHaveCount(all);
  for (const item of await items(page).all()) {
    expect(await item.locator('.claim-words').textContent()).toMatch(/\w/);
    expect(await item.locator('.verdict').textContent()).toMatch(/^(holds|holds if|does not hold)$/);
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The slides, checked');
});

test('verdict and words narrow the list', async ({ page }) => {
  await open(page);
  const [all, , , fails] = await counts(page);
  await choose(page, 'Verdict', `Does not hold (${fails})`);
  await expect(items(page)).toHaveCount(fails);
  await field(page, 'Words').fill('pastry rows');
  const some = await items(page).count();
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(fails);
  await expect(page.locator('#check-pastry-rows')).toContainText('there are 32 rows');
  await field(page, 'Words').fill('nothing of the kind anywhere');
  await expect(said(page)).toHaveText('No check is like that.');
  await field(page, 'Words').fill('');
  await choose(page, 'Verdict', `All (${all})`);
  await expect(items(page)).toHaveCount(all);
});

test('a link leads to one check, and a check to its scene', async ({ page }) => {
  await open(page, `${PAGE}?check=chord-search-13`);
  const asked = page.locator('#check-chord-search-13');
  await expect(asked).toHaveAttribute('aria-current', 'true');
  await expect(asked).toBeInViewport();
  await asked.getByRole('link', { name: 'See it run' }).click();
  await expect(page).toHaveURL(/#\/lecture\/chord\?scene=chord-search-13$/);
  await page.goBack();
  await expect(said(page)).toContainText('claims');
  await page.getByRole('link', { name: 'Link to pastry-hops' }).click();
  await expect(page).toHaveURL(/check=pastry-hops$/);
  await expect(page.locator('#check-pastry-hops')).toHaveAttribute('aria-current', 'true');
  await expect(page.locator('#check-pastry-hops')).toBeInViewport();
});

test('an unknown check gets a sentence, and all others', async ({ page }) => {
  await open(page, `${PAGE}?check=no-such-thing`);
  await expect(page.locator('.claims').getByRole('alert')).toHaveText('There is no check “no-such-thing”; here are all.');
});

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    for (const [where, viewport] of WINDOWS) {
      test(`axe finds nothing serious on a ${where}, and nothing scrolls sideways`, async ({ page }) => {
        await page.setViewportSize(viewport);
        await open(page, `${PAGE}?check=pastry-rows`);
        await expectSound(page);
        await expectFitting(page);
      });
    }
  });
}
