// What is typed: how it is read is said beside the field, and what cannot be read gets a sentence there.

import { createHash } from 'node:crypto';
import { expect, test } from './fixtures.mjs';
import { button, choose, field, openLab, openScene, seen, send, hurry } from './page.mjs';

const sha1 = (text) => createHash('sha1').update(text).digest('hex').toUpperCase();

/** The texts that a screen reader adds to a field. */
const described = (input) =>
  input.evaluate((element) =>
    (element.getAttribute('aria-describedby') ?? '')
      .split(/\s+/)
      .map((id) => document.getElementById(id))
      .filter((found) => found && !found.hidden)
      .map((found) => found.textContent)
      .join(' '),
  );

/** The field holds something wrong, and says what in a sentence beside it. */
async function refused(input, sentence) {
  await expect(input).toHaveAttribute('aria-invalid', 'true');
  const said = await described(input);
  expect(said).toMatch(sentence);
  expect(said.trim(), 'a sentence').toMatch(/^\S.*\.$/);
  const id = (await input.getAttribute('aria-describedby')).split(' ')[0];
  await expect(input.page().locator(`[id="${id}"]`)).toBeVisible();
}

async function accepted(input, sentence) {
  await expect(input).not.toHaveAttribute('aria-invalid', 'true');
  expect(await described(input)).toMatch(sentence);
}

test('a name shows its SHA-1', async ({ page }) => {
  await openLab(page);
  for (const name of ['hello.txt', 'abc!', 'Die Toten Hosen – Alex.mp3', '鍵', 'O’Brien & <b>sons</b>']) {
    await field(page, 'Key').fill(name);
    await accepted(field(page, 'Key'), new RegExp(sha1(name).slice(0, 16)));
  }
  await field(page, 'From').fill('somebody');
  await accepted(field(page, 'From'), new RegExp(sha1('somebody').slice(0, 16)));
});

test('the same text as digits or as a name is another key, and the page says which', async ({ page }) => {
  await openLab(page);
  await field(page, 'Key').fill('CAFE');
  await choose(page, 'Key is a', 'Digits');
  await accepted(field(page, 'Key'), /digits.*CAFE0000/);
  await choose(page, 'Key is a', 'Name');
  await accepted(field(page, 'Key'), new RegExp(`SHA-1.*${sha1('CAFE').slice(0, 16)}`));
});

test('invalid digits, nothing, and far too much are refused beside the field', async ({ page }) => {
  await openLab(page);
  await hurry(page);
  await send(page, await field(page, 'From').inputValue(), 'before.txt');
  const before = await seen(page);
  const from = await field(page, 'From').inputValue();
  const key = field(page, 'Key');
  await key.fill('65A1FG');
  await choose(page, 'Key is a', 'Digits');
  await refused(key, /“G”/);
  await button(page, 'Route a message').click();
  await refused(key, /“G”/);
  await key.fill('0'.repeat(33));
  await refused(key, /digits/);
  await key.fill('FFFFFFFFFF');
  await choose(page, 'Key is a', 'Node');
  await refused(key, /No node begins/);
  await key.fill('');
  await refused(key, /Type /);
  await choose(page, 'Key is a', 'Name');
  await key.fill('   ');
  await refused(key, /Type /);
  await key.fill('x'.repeat(5_000));
  await refused(key, /too long/);
  await button(page, 'Route a message').click();
  // Nothing was sent, and nothing that stood elsewhere is lost.
  expect(await seen(page)).toEqual(before);
  await expect(field(page, 'From')).toHaveValue(from);
  await expect(field(page, 'Value')).toHaveValue('any text');
  await field(page, 'From').fill('');
  await refused(field(page, 'From'), /Type /);
  await field(page, 'From').fill(from);
  await send(page, from, 'after.txt');
});

test('in a ring of 4 bits a key beyond 15 is refused', async ({ page }) => {
  await openScene(page, 'chord-fingers');
  await page.getByText('Try it yourself').click();
  await field(page, 'Key').fill('16');
  await choose(page, 'Key is a', 'Digits');
  await refused(field(page, 'Key'), /4 bits|15/);
});

for (const [text, sentence] of [
  ['0', /too few/],
  ['10,000,000', /10,000,000 nodes are too many/],
  ['10000000', /10,000,000 nodes are too many/],
  ['99999999999999999999999', /too many/],
  ['', /Type a whole number from 1 to 10,000/],
  ['ten', /“ten” is not a whole number/],
  ['-5', /less than nothing/],
  ['1.5', /not a whole number/],
]) {
  test(`“${text}” nodes cannot be built, and the world stays`, async ({ page }) => {
    await openLab(page);
    await field(page, 'Seed').fill('77');
    const before = await seen(page);
    const nodes = field(page, 'Nodes');
    await nodes.fill(text);
    await refused(nodes, sentence);
    await button(page, 'Build').click();
    await expect(nodes).toBeFocused();
    await refused(nodes, sentence);
    await expect(nodes).toHaveValue(text);
    await expect(field(page, 'Seed')).toHaveValue('77');
    expect(await seen(page)).toEqual(before);
  });
}

test('other numbers of the form are held to their bounds, each at its own field', async ({ page }) => {
  await openLab(page);
  for (const [label, text, sentence] of [
    ['Leaf set, 2l', '7', /even/],
    ['Leaf set, 2l', '', /Type/],
    ['Copies, k', '0', /too few/],
    ['Loss, %', '101', /between 0 and 100/],
    ['Loss, %', 'inf', /not a number/],
    ['Seed', 'x', /not a whole number/],
  ]) {
    const kept = await field(page, label).inputValue();
    await field(page, label).fill(text);
    await refused(field(page, label), sentence);
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(1);
    await field(page, label).fill(kept);
    await expect(page.locator('[aria-invalid="true"]')).toHaveCount(0);
  }
  await field(page, 'System').selectOption('Chord');
  await field(page, 'Bits, m').fill('4');
  await refused(field(page, 'Nodes'), /16 identifiers/);
  await field(page, 'Nodes').fill('16');
  await button(page, 'Build').click();
  await expect(page.locator('.figures')).toContainText('16 nodes');
});

test('a newcomer with a name too long, or one that is there already, gets a sentence', async ({ page }) => {
  await openLab(page);
  await page.getByText('Newcomers', { exact: true }).click();
  const name = field(page, 'Name of the newcomer (optional)');
  await name.fill('y'.repeat(5_000));
  await button(page, 'Add node').click();
  await refused(name, /too long/);
  await expect(page.locator('.figures')).toContainText('64 nodes');
  await name.fill('Grace Hopper');
  await button(page, 'Add node').click();
  await expect(page.locator('.figures')).toContainText('65 nodes');
  await name.fill('Grace Hopper');
  await button(page, 'Add node').click();
  await refused(name, /already|there/);
  await expect(page.locator('.figures')).toContainText('65 nodes');
});
