// A page of the site in Firefox, driven over WebDriver BiDi: Playwright drives no Firefox but its own.

import puppeteer from 'puppeteer-core';
import { inPath } from './chromium.mjs';

const NAMES = ['firefox-esr', 'firefox'];
const LAUNCH_MS = 60_000;
/** How long Firefox may take to end by itself. */
const CLOSE_MS = 10_000;

/** The program. `cargo xtask` sets OVERLAY_FIREFOX; by hand, PATH is searched. */
export const firefox = () => process.env.OVERLAY_FIREFOX || inPath(NAMES);

/** Firefox with one page, which is used by the names that the page gives to what can be seen. */
export class Firefox {
  constructor(browser, page) {
    this.browser = browser;
    this.page = page;
    this.errors = [];
    page.on('pageerror', (error) => this.errors.push(`error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && this.errors.push(`console: ${message.text()}`));
  }

  static async start() {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: firefox(),
      headless: true,
      timeout: LAUNCH_MS,
      // Real addresses, so that no multicast leaves the machine.
      extraPrefsFirefox: { 'media.peerconnection.ice.obfuscate_host_addresses': false },
    });
    return new Firefox(browser, await browser.newPage());
  }

  /** Opens the page of the live overlay, with no STUN server set. */
  async visit(name) {
    await this.page.evaluateOnNewDocument((called) => {
      if (location.protocol === 'about:') return;
      localStorage.setItem('overlay-lab-live-stun', '');
      localStorage.setItem('overlay-lab-live-name', called);
    }, name);
    await this.page.goto(`${process.env.OVERLAY_URL}#/live`);
    await this.button('Create overlay').wait();
  }

  /** What has a role and a name, as assistive technology finds it. */
  named(role, name) {
    return this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`);
  }

  button(name) {
    return this.named('button', name);
  }

  press(name) {
    return this.button(name).click();
  }

  fill(name, text) {
    return this.named('textbox', name).fill(text);
  }

  /** Chooses of a list by the words of a choice. */
  choose(name, text) {
    return this.named('combobox', name).fill(text);
  }

  /** What stands in a text field. */
  value(name) {
    return this.named('textbox', name).map((field) => field.value).wait();
  }

  /** The text of the first element that a selector finds. */
  text(selector) {
    return this.page.$eval(selector, (found) => found.textContent);
  }

  /** Ends it; by its own process, if it does not end by itself. */
  async close() {
    const child = this.browser.process();
    const late = new Promise((done) => setTimeout(done, CLOSE_MS).unref());
    await Promise.race([this.browser.close().catch(() => {}), late]);
    if (child && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
}
