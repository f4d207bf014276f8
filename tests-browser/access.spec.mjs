// Nothing serious by axe-core, on every page and dialog, in light and dark.

import { expect, test } from './fixtures.mjs';
import { SCENES, button, choose, field, openLab, openScene, routeEnd, sceneRoute, slideTo } from './page.mjs';
import { expectSound } from './sound.mjs';

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: 'reduce' } });

    test('home', async ({ page }) => {
      await page.goto('./');
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectSound(page, 'home');
      await page.goto('./#/nowhere');
      await expect(page.getByRole('alert').first()).toBeVisible();
      await expectSound(page, 'home with a sentence');
    });

    for (const [chapter, scenes] of Object.entries(SCENES)) {
      test(`scenes of ${chapter}`, async ({ page }) => {
        for (const scene of scenes) {
          await openScene(page, scene);
          await expect(page).toHaveURL(new RegExp(`${scene}$`));
          await expectSound(page, `${scene} at its beginning`);
          await slideTo(page, 'Time', 6_000);
          await page.getByText('Try it yourself').click();
          await expectSound(page, `${scene} on the way`);
        }
      });
    }

    test('dialogs and presenter mode', async ({ page }) => {
      await openScene(page, 'pastry-example');
      await button(page, 'Help').click();
      await expectSound(page, 'help');
      await page.keyboard.press('Escape');
      await button(page, 'Share').click();
      await expectSound(page, 'share');
      await page.keyboard.press('Escape');
      await button(page, 'Presenter').click();
      await expect(button(page, 'Leave presenter mode')).toBeVisible();
      await expectSound(page, 'presenter');
    });

    test('the lab with each system, faults in fields, events, branches', async ({ page }) => {
      await openLab(page);
      await page.getByText('Newcomers', { exact: true }).click();
      await expectSound(page, 'lab');
      await field(page, 'Nodes').fill('0');
      await field(page, 'Key').fill('');
      await expectSound(page, 'lab with faults');
      await field(page, 'Nodes').fill('64');
      await field(page, 'Key').fill('hello.txt');
      for (const system of ['Chord', 'Pastry and Chord']) {
        await field(page, 'System').selectOption(system);
        await button(page, 'Build').click();
        await expect(page.getByRole('region', { name: 'Chord', exact: true })).toBeVisible();
        await button(page, 'Route a message').click();
        await slideTo(page, 'Time', 10_000);
        await expect(routeEnd(page)).toContainText('Delivered');
        await expectSound(page, system);
      }
      await button(page, 'Kill node').click();
      await slideTo(page, 'Time', 0);
      await button(page, 'Route a message').click();
      await slideTo(page, 'Time', 10_000);
      await choose(page, 'Show', 'Events');
      await expectSound(page, 'events and branches');
    });

    test('a phone', async ({ page }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      for (const route of ['', sceneRoute('pastry-example'), '#/lab']) {
        await page.goto(`./${route}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expectSound(page, `phone ${route}`);
      }
    });
  });
}
