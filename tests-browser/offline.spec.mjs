// The site works without a network after one visit.

import { expect, test } from './fixtures.mjs';
import { serve } from './server.mjs';

test.use({ serviceWorkers: 'allow' });

test.describe('from a server that goes away', () => {
  // This test has a server of its own, so that it can stop it. What the browser then asks that server by itself (is
  // there a newer worker?) is refused, and it may say so; what the page needs is looked at below.
  const allowed = [/^request to another host: http:\/\/127\.0\.0\.1:/, /net::ERR_(CONNECTION|EMPTY_RESPONSE|FAILED)/];
  test.use({ allowedErrors: [allowed, { option: true }] });

  test('a page that was visited opens again', async ({ page }) => {
    const { url, close } = await serve();
    try {
      await page.goto(url);
      await page.evaluate(() => navigator.serviceWorker.ready);
      // This first page is not the worker's yet: it must have all it asks for before the server goes.
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await page.waitForLoadState('networkidle');
    } finally {
      await close();
    }
    for (const address of [url, `${url}?x#/lab`, `${url}index.html`]) {
      await page.goto('about:blank');
      await page.goto(address);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const fonts = await page.evaluate(async () => {
        await document.fonts.ready;
        return [...document.fonts].map((font) => font.status);
      });
      expect(fonts).toContain('loaded');
      expect(fonts).not.toContain('error');
    }
    // The worker's module was no part of the first visit, and is kept all the same.
    await page.goto(`${url}#/compare?nodes=20&lookups=20`);
    await expect(page.locator('#compare-said')).toHaveText(/^Both are done/);
    await page.goto(`${url}#/lecture/checks`);
    await expect(page.getByRole('list', { name: 'Checks', exact: true }).getByRole('listitem').first()).toBeVisible();
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
