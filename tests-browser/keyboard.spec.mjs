// Everything without a mouse: the keys of design §5, the Tab key, dialogs.

import { expect, test } from './fixtures.mjs';
import { button, drawn, field, openLab, openScene, routeItems, seen, slider, stepToEnd } from './page.mjs';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

const press = async (page, key) => {
  await page.keyboard.press(key);
  await drawn(page);
};

test('each key of the list does what its button does', async ({ page }) => {
  await openScene(page, 'pastry-leaf-set-only');
  const states = [await seen(page)];
  for (let count = 0; count < 3; count += 1) {
    await button(page, 'Step').click();
    await drawn(page);
    states.push(await seen(page));
  }
  await button(page, 'Reset').click();
  await page.evaluate(() => document.activeElement.blur());
  for (const [on, back] of [['.', ','], ['ArrowRight', 'ArrowLeft'], ['PageDown', 'PageUp']]) {
    for (const then of states.slice(1)) {
      await press(page, on);
      expect(await seen(page), on).toEqual(then);
    }
    await press(page, back);
    expect(await seen(page), back).toEqual(states[2]);
    await press(page, 'Home');
    expect(await seen(page), 'Home').toEqual(states[0]);
  }
});

test('Space plays, and pauses at once', async ({ page }) => {
  await openScene(page, 'pastry-leaf-set-only');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Space');
  await expect(button(page, 'Pause')).toBeVisible();
  await expect(routeItems(page)).not.toHaveCount(0);
  await page.keyboard.press('Space');
  await expect(button(page, 'Play')).toBeVisible();
  const stopped = await seen(page);
  await drawn(page);
  expect(await seen(page)).toEqual(stopped);
});

test('S, ? and P open what they say; Escape closes a dialog and gives the focus back', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await slider(page, 'Speed').focus();
  for (const [key, name] of [['s', 'Share this moment'], ['S', 'Share this moment'], ['?', 'Help']]) {
    await page.keyboard.press(key);
    const dialog = page.getByRole('dialog', { name });
    await expect(dialog).toBeVisible();
    await expect(dialog.locator(':focus')).toHaveCount(1);
    const before = await seen(page);
    // Keys rest behind a dialog.
    await page.keyboard.press('.');
    await page.keyboard.press('p');
    expect(await seen(page)).toEqual(before);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(slider(page, 'Speed')).toBeFocused();
  }
  await page.keyboard.press('p');
  await expect(button(page, 'Leave presenter mode')).toBeVisible();
  await expect(button(page, 'Share')).toBeHidden();
  await page.keyboard.press('P');
  await expect(button(page, 'Leave presenter mode')).toBeHidden();
  await expect(button(page, 'Share')).toBeVisible();
});

test('a dialog opened by its button gives the focus back to it, however it is closed', async ({ page }) => {
  await openScene(page, 'pastry-example');
  for (const name of ['Share', 'Help']) {
    for (const close of ['Escape', 'Close']) {
      await button(page, name).press('Enter');
      const dialog = page.getByRole('dialog');
      await expect(dialog).toBeVisible();
      if (close === 'Escape') await page.keyboard.press('Escape');
      else await dialog.getByRole('button', { name: 'Close' }).press('Enter');
      await expect(dialog).toBeHidden();
      await expect(button(page, name)).toBeFocused();
    }
  }
});

test('in a dialog the Tab key stays within', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await button(page, 'Share').click();
  for (let count = 0; count < 12; count += 1) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(() => {
      const { activeElement } = document;
      return activeElement === document.body || activeElement.closest('dialog') !== null;
    });
    expect(where).toBe(true);
  }
});

test('while somebody types, keys are only letters', async ({ page }) => {
  await openLab(page);
  const before = await seen(page);
  const text = 'ps?., Home. ps';
  await field(page, 'Value').fill('');
  await field(page, 'Value').pressSequentially(text);
  for (const key of ['Home', 'End', 'PageDown', 'PageUp', 'ArrowLeft', 'ArrowRight']) await page.keyboard.press(key);
  await expect(field(page, 'Value')).toHaveValue(text);
  expect(await seen(page)).toEqual(before);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(button(page, 'Leave presenter mode')).toBeHidden();
  await field(page, 'System').focus();
  await page.keyboard.press('p');
  await expect(button(page, 'Leave presenter mode')).toBeHidden();
});

test('a clicker steps on after any button was pressed, to the end of the scene and back', async ({ page }) => {
  await openScene(page, 'pastry-example');
  const start = await seen(page);
  await button(page, 'Step').click();
  let steps = 1;
  while (await button(page, 'Step').isEnabled()) {
    await press(page, 'PageDown');
    steps += 1;
    expect(steps).toBeLessThan(50);
  }
  while (await button(page, 'Step back').isEnabled()) {
    await press(page, 'PageUp');
    steps -= 1;
    expect(steps).toBeGreaterThan(-1);
  }
  expect(await seen(page)).toEqual(start);
});

/** Everything on the page that the Tab key should come to, each with a name; of a group of radio buttons one. */
const stops = (page) =>
  page.evaluate(() => {
    const wanted = 'a[href], button, input, select, textarea, summary, [tabindex]';
    const groups = new Set();
    return [...document.querySelectorAll(wanted)]
      .filter((found) => found.tabIndex >= 0 && !found.disabled && found.checkVisibility({ visibilityProperty: true }) && !found.closest('dialog'))
      .filter((found) => {
        if (found.type !== 'radio') return true;
        const first = !groups.has(found.name);
        groups.add(found.name);
        return first;
      })
      .map((found) => {
        found.dataset.stop = found.type === 'radio' ? found.name : (found.dataset.stop ?? Math.random().toString(36));
        return found.dataset.stop;
      });
  });

const here = (page) =>
  page.evaluate(() => {
    const found = document.activeElement;
    if (!found || found === document.body) return null;
    const style = getComputedStyle(found);
    const beside = found.nextElementSibling ? getComputedStyle(found.nextElementSibling) : null;
    const ringed = (one) => one && ((one.outlineStyle !== 'none' && Number.parseFloat(one.outlineWidth) >= 2) || one.boxShadow !== 'none');
    const box = found.getBoundingClientRect();
    return {
      stop: found.type === 'radio' ? found.name : found.dataset.stop,
      name: found.ariaLabel || found.textContent.trim() || found.id,
      visible: ringed(style) || (found.type === 'radio' && ringed(beside)),
      onScreen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  });

for (const [where, enter] of [
  ['home', (page) => page.goto('./')],
  ['a scene', async (page) => {
    await openScene(page, 'pastry-example');
    await button(page, 'Step').click();
  }],
  ['the lab', openLab],
]) {
  test(`the Tab key comes to everything on ${where}, and the focus is seen`, async ({ page }) => {
    await enter(page);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.evaluate(() => document.activeElement.blur());
    const wanted = await stops(page);
    expect(wanted.length).toBeGreaterThan(10);
    const reached = [];
    for (let count = 0; count < wanted.length + 30; count += 1) {
      await page.keyboard.press('Tab');
      const found = await here(page);
      if (found === null) continue;
      expect(found.visible, `the focus on “${found.name}” is seen`).toBe(true);
      expect(found.onScreen, `“${found.name}” is scrolled into view`).toBe(true);
      reached.push(found.stop);
    }
    expect(wanted.filter((stop) => !reached.includes(stop))).toEqual([]);
    // In the order of the page.
    const firsts = [...new Set(reached)].filter((stop) => wanted.includes(stop));
    const from = firsts.indexOf(wanted[0]);
    expect([...firsts.slice(from), ...firsts.slice(0, from)]).toEqual(wanted);
  });
}

test('the first Tab leads past the header', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(button(page, 'Step')).toBeVisible();
});

test('in the routing table the arrows go from entry to entry, and Enter looks at the node', async ({ page }) => {
  await openScene(page, 'pastry-routing-table');
  // The table is one stop of the Tab key: the cell that the rule asks.
  const stop = page.locator('table.routing button[tabindex="0"]');
  await expect(stop).toHaveCount(1);
  await stop.focus();
  const [row, column] = (await stop.locator('xpath=..').getAttribute('data-at')).split(',').map(Number);
  expect([row, column]).toEqual([2, 0xc]);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('button', { name: /^Row 2, column D: / })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  const entry = page.getByRole('button', { name: /^Row 1, column D: / });
  await expect(entry).toBeFocused();
  const name = (await entry.getAttribute('aria-label')).split(': ')[1];
  await page.keyboard.press('Enter');
  await expect(page.getByRole('table', { name: `Routing table of ${name}` })).toBeVisible();
});

test('a scene is told without a mouse and without a look at the picture', async ({ page }) => {
  await openScene(page, 'chord-naive');
  const told = [];
  const status = page.locator('.transport').getByRole('status');
  await expect(status).toHaveAttribute('aria-live', 'polite');
  await page.evaluate(() => document.activeElement.blur());
  while (await button(page, 'Step').isEnabled()) {
    await press(page, '.');
    told.push(await status.textContent());
  }
  // Each step says something of its own; the last may only let the time pass that is known.
  expect(new Set(told).size).toBeGreaterThanOrEqual(told.length - 1);
  for (const node of ['1', '3', '7', '9', '11']) expect(told.join(' ')).toContain(`node ${node}`);
  expect(told.at(-1)).toContain('14');
});

test('after a change of page the focus is on its heading', async ({ page }) => {
  await openScene(page, 'pastry-example');
  await page.getByRole('link', { name: 'Lab', exact: true }).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'A world of your own' })).toBeFocused();
  await expect(page).toHaveTitle(/^Lab/);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'One digit closer at every hop' })).toBeFocused();
  await stepToEnd(page);
});
