import { defineConfig } from '@playwright/test';
import { launchOptions } from './chromium.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.mjs',
  outputDir: '../target/playwright',
  globalSetup: './setup.mjs',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  // A second try tells a slow machine from a fault: what fails once only is listed as flaky, and is to be mended.
  retries: 1,
  workers: 2,
  timeout: 60_000,
  globalTimeout: 30 * 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  // A page is tested as it comes from the server; offline.spec.mjs alone allows what keeps it.
  use: { launchOptions, serviceWorkers: 'block', screenshot: 'only-on-failure', trace: 'off', video: 'off' },
});
