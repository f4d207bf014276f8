// Colours, sizes, presenter mode.

import { expect, test } from './fixtures.mjs';
import { SCENES, button, drawn, narration, openLab, openScene, routeItems, sceneRoute, slider, step } from './page.mjs';

const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const lightness = (colour) => {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return (red + green + blue) / 3;
};

test.describe('colours', () => {
  for (const [scheme, other, label] of [['light', 'dark', 'Dark colours'], ['dark', 'light', 'Light colours']]) {
    test(`are ${scheme} where the system is, until somebody chooses`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await openScene(page, 'pastry-example');
      const own = await ground(page);
      expect(lightness(own) > 128).toBe(scheme === 'light');
      await button(page, label).click();
      await expect.poll(() => ground(page).then((colour) => lightness(colour) > 128)).toBe(other === 'light');
      // The choice holds over a reload and over the system's.
      await page.reload();
      await expect(button(page, 'Step')).toBeVisible();
      expect(lightness(await ground(page)) > 128).toBe(other === 'light');
      await page.emulateMedia({ colorScheme: other });
      await page.emulateMedia({ colorScheme: scheme });
      expect(lightness(await ground(page)) > 128).toBe(other === 'light');
    });
  }

  test('follow the system while the page is open', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await openScene(page, 'pastry-example');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => ground(page).then(lightness)).toBeLessThan(128);
    await expect(button(page, 'Light colours')).toBeVisible();
  });

  test('the picture changes with them', async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await openScene(page, 'pastry-example');
    const ink = () => page.locator('canvas').first().evaluate((canvas) => canvas.toDataURL());
    const before = await ink();
    await button(page, 'Dark colours').click();
    await expect.poll(ink).not.toBe(before);
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  const wide = (page) => page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);

  for (const route of ['', ...Object.values(SCENES).flat().map(sceneRoute), '#/lab']) {
    test(`${route || 'home'} does not scroll sideways`, async ({ page }) => {
      await page.goto(`./${route}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      expect(await wide(page)).toBeLessThanOrEqual(0);
      if (route === '') return;
      await button(page, 'Step').tap();
      await button(page, 'Step').tap();
      expect(await wide(page)).toBeLessThanOrEqual(0);
      const canvas = await page.locator('canvas').first().boundingBox();
      expect(canvas.width).toBeGreaterThan(300);
      expect(canvas.height).toBeGreaterThan(200);
    });
  }

  test('the parts of the time bar are big enough for a finger', async ({ page }) => {
    await openScene(page, 'pastry-example');
    for (const name of ['Reset', 'Step back', 'Play', 'Step']) {
      const { width, height } = await button(page, name).boundingBox();
      expect(Math.min(width, height), name).toBeGreaterThanOrEqual(36);
    }
  });

  test('two systems stand one above the other', async ({ page }) => {
    await openLab(page);
    await page.getByLabel('System', { exact: true }).selectOption('Pastry and Chord');
    await button(page, 'Build').tap();
    await expect(page.locator('canvas')).toHaveCount(4);
    expect(await wide(page)).toBeLessThanOrEqual(0);
  });
});

test('at 1920 by 1080 nothing scrolls but what is made to', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await openScene(page, 'pastry-example');
  const over = await page.evaluate(() => {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.scrollingElement;
    return [scrollWidth - clientWidth, scrollHeight - clientHeight];
  });
  expect(over).toEqual([0, 0]);
});

test('presenter mode leaves picture, decision and time, larger, and the clicker works', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await openScene(page, 'pastry-example');
  const size = () => narration(page).evaluate((found) => Number.parseFloat(getComputedStyle(found).fontSize));
  const before = await size();
  await button(page, 'Presenter').click();
  await expect(page.getByRole('banner')).toBeHidden();
  await expect(page.locator('.rail')).toBeHidden();
  await expect(page.locator('canvas').first()).toBeVisible();
  await expect(slider(page, 'Time')).toBeVisible();
  expect(await size()).toBeGreaterThan(before);
  await page.keyboard.press('PageDown');
  await expect(routeItems(page)).toHaveCount(1);
  const over = await page.evaluate(() => document.scrollingElement.scrollHeight - document.scrollingElement.clientHeight);
  expect(over).toBe(0);
  await button(page, 'Leave presenter mode').click();
  await expect(page.getByRole('banner')).toBeVisible();
});

test.describe('with reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('a step is shown at once and then stands still', async ({ page }) => {
    await openScene(page, 'pastry-example');
    await step(page);
    const ink = () => page.locator('canvas').evaluateAll((all) => all.map((canvas) => canvas.toDataURL()));
    const first = await ink();
    for (let count = 0; count < 5; count += 1) await drawn(page);
    expect(await ink()).toEqual(first);
  });
});

test('with motion a message is seen on its way', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await step(page);
  await slider(page, 'Speed').press('Home');
  const look = () =>
    page.locator('canvas').last().evaluate((canvas) => {
      const hops = document.querySelectorAll('ol[aria-label="Route"] > li').length;
      return [hops, canvas.toDataURL()];
    });
  await button(page, 'Play').click();
  // Several pictures between the same two hops.
  const pictures = new Map();
  await expect
    .poll(
      async () => {
        const [hops, ink] = await look();
        pictures.set(hops, (pictures.get(hops) ?? new Set()).add(ink));
        return hops > 0 ? pictures.get(hops).size : 0;
      },
      { intervals: [50] },
    )
    .toBeGreaterThan(3);
  await button(page, 'Pause').click();
});
