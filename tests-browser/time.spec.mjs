// Going through time: back is exactly where it came from, whichever way it is gone.

import { expect, test } from './fixtures.mjs';
import { SCENES, button, drawn, moment, openLab, openScene, seen, send, slideTo, slider, step, stepToEnd, way, hurry } from './page.mjs';

test.describe('without motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  for (const scene of Object.values(SCENES).flat()) {
    test(`each step back in ${scene} restores the former moment exactly`, async ({ page }) => {
      await openScene(page, scene);
      // The list of scenes learns its numbers of hops a moment after the picture.
      const moments = [await moment(page)];
      while (await button(page, 'Step').isEnabled()) {
        await step(page);
        moments.push(await moment(page));
      }
      expect(moments.length).toBeGreaterThan(2);
      for (const [index, then] of moments.slice(0, -1).reverse().entries()) {
        await button(page, 'Step back').click();
        await drawn(page);
        expect(await moment(page), `${index + 1} steps back`).toEqual(then);
      }
      await expect(button(page, 'Step back')).toBeDisabled();
      // And forward again by another way.
      await slideTo(page, 'Time', 10_000);
      expect(await seen(page)).toEqual((({ link, ...rest }) => rest)(moments.at(-1)));
    });
  }

  test('the Time slider goes to any moment, and Reset to the beginning', async ({ page }) => {
    await openScene(page, 'pastry-example');
    const start = await moment(page);
    await stepToEnd(page);
    const end = await seen(page);
    await slideTo(page, 'Time', 1_000);
    const middle = await seen(page);
    expect(middle.route.length).toBeLessThan(end.route.length);
    expect(middle.route).toEqual(end.route.slice(0, middle.route.length));
    await slideTo(page, 'Time', 10_000);
    expect(await seen(page)).toEqual(end);
    await slideTo(page, 'Time', 1_000);
    expect(await seen(page)).toEqual(middle);
    await button(page, 'Reset').click();
    await drawn(page);
    expect(await moment(page)).toEqual(start);
    await slideTo(page, 'Time', 10_000);
    await slideTo(page, 'Time', 0);
    expect(await moment(page)).toEqual(start);
  });

  test('arrows on the Time slider go from event to event', async ({ page }) => {
    await openScene(page, 'pastry-example');
    const start = await seen(page);
    await slider(page, 'Time').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await drawn(page);
    const two = await seen(page);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await drawn(page);
    expect(await seen(page)).toEqual(start);
    await step(page);
    await step(page);
    expect(await seen(page)).toEqual(two);
  });

  test('Play goes on in whole steps and stops at the end', async ({ page }) => {
    await openScene(page, 'chord-search-13');
    const states = [];
    await stepToEnd(page);
    const end = await seen(page);
    await button(page, 'Reset').click();
    states.push(await seen(page));
    while (await button(page, 'Step').isEnabled()) {
      await step(page);
      states.push(await seen(page));
    }
    await button(page, 'Reset').click();
    // What is shown while it plays, gathered at every change.
    await page.evaluate(() => {
      const slider = document.querySelector('input[aria-label="Time"]');
      window.shown = [slider.getAttribute('aria-valuetext')];
      new MutationObserver(() => {
        const now = slider.getAttribute('aria-valuetext');
        if (window.shown.at(-1) !== now) window.shown.push(now);
      }).observe(slider, { attributes: true });
    });
    await hurry(page);
    await button(page, 'Play').click();
    await expect(button(page, 'Step')).toBeDisabled();
    await expect(button(page, 'Play')).toBeVisible();
    expect(await seen(page)).toEqual(end);
    // Only moments at which something happens were shown, none between.
    const whole = states.map(({ time }) => time).filter((time, index, all) => time !== all[index - 1]);
    expect(await page.evaluate(() => window.shown)).toEqual(whole);
  });
});

test('Pause stops time at once, and Play goes on from there', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await slider(page, 'Speed').press('Home');
  await button(page, 'Play').click();
  await expect(button(page, 'Pause')).toBeVisible();
  await expect(slider(page, 'Time')).not.toHaveAttribute('aria-valuetext', /^Time 0 ms/);
  await button(page, 'Pause').click();
  const stopped = await seen(page);
  await drawn(page);
  await drawn(page);
  expect(await seen(page)).toEqual(stopped);
  await hurry(page);
  await button(page, 'Play').click();
  await expect(slider(page, 'Time')).toHaveAttribute('aria-valuetext', /delivered/);
  await expect(button(page, 'Play')).toBeVisible();
  expect(await way(page)).toEqual(['65A1FC', 'D13DA3', 'D4213F', 'D462BA', 'D46A1C']);
});

test('the speed goes over decades, and says what it is', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await slider(page, 'Speed').press('Home');
  await expect(slider(page, 'Speed')).toHaveAttribute('aria-valuetext', '1/1000 of real time');
  await slider(page, 'Speed').press('End');
  await expect(slider(page, 'Speed')).toHaveAttribute('aria-valuetext', /^1000\b/);
});

test('the canvases stay the same elements through steps, play, scrubbing and actions', async ({ page }) => {
  await openLab(page);
  await page.evaluate(() => {
    window.canvases = [...document.querySelectorAll('canvas')];
  });
  const same = () =>
    page.evaluate(() => {
      const now = [...document.querySelectorAll('canvas')];
      return now.length === window.canvases.length && now.every((canvas, index) => canvas === window.canvases[index]);
    });
  expect(await page.evaluate(() => window.canvases.length)).toBe(2);
  await hurry(page);
  await send(page, '0', 'one.txt');
  expect(await same()).toBe(true);
  await button(page, 'Step back').click();
  await step(page);
  await slideTo(page, 'Time', 3_000);
  expect(await same()).toBe(true);
  await button(page, 'Kill node').click();
  await button(page, 'Reset').click();
  await drawn(page);
  expect(await same()).toBe(true);
  const size = await page.locator('canvas').first().evaluate((canvas) => [canvas.width, canvas.height]);
  expect(Math.min(...size)).toBeGreaterThan(100);
});

test('changing the past keeps the other future as a branch', async ({ page }) => {
  await openLab(page);
  await hurry(page);
  await send(page, '0', 'one.txt');
  const first = await way(page);
  await button(page, 'Reset').click();
  await send(page, '0', 'two.txt');
  const branches = page.getByRole('region', { name: 'Branches' });
  await expect(branches.getByRole('listitem')).toHaveCount(1);
  await branches.getByRole('button', { name: 'Go there' }).click();
  await slideTo(page, 'Time', 10_000);
  expect(await way(page)).toEqual(first);
});
