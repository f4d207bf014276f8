// The site works without a network after one visit.

import { expect, test } from './fixtures.mjs';
import { serve } from './server.mjs';

test.use({ serviceWorkers: 'allow' });

test.describe('from a server that goes away', () => {
  // This test has a server of its own, so that it can stop it.
  test.use({ allowedErrors: [[/^request to another host: http:\/\/127\.0\.0\.1:/], { option: true }] });

  test('a page that was visited opens again', async ({ page }) => {
    const { url, close } = await serve();
    try {
      await page.goto(url);
      await page.evaluate(() => navigator.serviceWorker.ready);
    } finally {
      await close();
    }
    for (const address of [url, `${url}?x#/lab`, `${url}index.html`]) {
      await page.goto('about:blank');
      await page.goto(address);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    }
  });
});

test('what is kept is one whole build, named after its place', async ({ page }) => {
  await page.goto('./');
  const names = await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    return caches.keys();
  });
  expect(names).toHaveLength(1);
  expect(names[0]).toContain('/some/sub-path/');
});
