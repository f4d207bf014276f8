// `test` for this site: pages open relative to it (`page.goto('./#/lab')`), and a test fails on any
// error that the page reports and on any request that leaves the site.

import { test as base, expect } from '@playwright/test';

export { expect };

/** For pages that wait for each other: a busy machine may take long over what takes a second. */
export const patient = expect.configure({ timeout: 90_000 });

/**
 * Collects what a browser context should never see. For contexts that a test makes by itself;
 * the one of the `page` fixture is watched already.
 */
export function watch(context, allowed = []) {
  const origin = new URL(process.env.OVERLAY_URL).origin;
  const seen = [];
  const note = (text) => {
    if (!allowed.some((pattern) => pattern.test(text))) seen.push(text);
  };
  context.on('console', (message) => {
    if (message.type() === 'error') note(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => note(`error: ${error.error()?.message ?? error.error()}`));
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:'].includes(url.protocol) && url.origin !== origin) {
      note(`request to another host: ${url.href}`);
    }
  });
  return seen;
}

export const test = base.extend({
  /** Patterns of errors that a test brings about on purpose: `test.use({ allowedErrors: [/…/] })`. */
  allowedErrors: [[], { option: true }],

  baseURL: async ({}, use) => {
    await use(process.env.OVERLAY_URL);
  },

  context: async ({ context, allowedErrors }, use) => {
    const seen = watch(context, allowedErrors);
    await use(context);
    expect(seen, 'errors of the page').toEqual([]);
  },
});
