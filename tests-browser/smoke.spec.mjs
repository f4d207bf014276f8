// The site opens under a sub-path, runs, and keeps to its policy.

import { expect, test } from './fixtures.mjs';

test('the page opens and shows its heading', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page).toHaveTitle(/Overlay Lab/);
});

test.describe('the policy', () => {
  test.use({ allowedErrors: [[/Content Security Policy/i], { option: true }] });

  test('stops a script that is not part of the site', async ({ page }) => {
    await page.goto('./');
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruder = true';
      document.head.append(script);
      return 'intruder' in window;
    });
    expect(ran).toBe(false);
  });
});

test('an address that leads nowhere has a way home', async ({ page }) => {
  await page.goto('./404.html');
  await page.getByRole('link', { name: 'its home' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});
