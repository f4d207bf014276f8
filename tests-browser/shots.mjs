// Pictures of the built site, for looking at:
//
//   node tests-browser/shots.mjs '#/lab' '#/lecture/pastry?scene=pastry-example'
//
// Each hash route is taken in three sizes, light and dark, into target/shots/. With --motion the
// page may animate; without, it is asked for reduced motion. With --full the whole page is taken, and --wait=3000 waits so
// many milliseconds for what a page works out.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { launchOptions } from './chromium.mjs';
import { serve } from './server.mjs';

const SIZES = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];
const OUT = fileURLToPath(new URL('../target/shots/', import.meta.url));

const args = process.argv.slice(2);
const motion = args.includes('--motion');
const full = args.includes('--full');
const wait = Number(args.find((arg) => arg.startsWith('--wait='))?.slice(7) ?? 400);
const routes = args.filter((arg) => !arg.startsWith('--'));
if (routes.length === 0) routes.push('');

const slug = (route) => route.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home';

async function shoot(browser, url, route, viewport, colorScheme) {
  const phone = viewport.width < 500;
  const context = await browser.newContext({
    viewport,
    colorScheme,
    reducedMotion: motion ? 'no-preference' : 'reduce',
    hasTouch: phone,
    isMobile: phone,
  });
  try {
    const page = await context.newPage();
    const told = (text) => console.error(`${route} ${viewport.width} ${colorScheme}: ${text}`);
    page.on('console', (message) => message.type() === 'error' && told(message.text()));
    page.on('pageerror', (error) => told(error.message));
    await page.goto(url + route);
    await page.locator('h1').first().waitFor({ timeout: 20_000 });
    await page.evaluate(() => document.fonts.ready);
    // Two frames: one in which the page draws, one in which it is shown.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    await page.waitForTimeout(wait);
    const name = `${slug(route)}-${viewport.width}x${viewport.height}-${colorScheme}.png`;
    await page.screenshot({ path: OUT + name, fullPage: full });
    console.log(`target/shots/${name}`);
  } finally {
    await context.close();
  }
}

await mkdir(OUT, { recursive: true });
const { url, close } = await serve();
const browser = await chromium.launch(launchOptions);
try {
  for (const route of routes) {
    for (const viewport of SIZES) {
      for (const colorScheme of ['light', 'dark']) {
        await shoot(browser, url, route, viewport, colorScheme);
      }
    }
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
  await close();
}
