// Pages that reach each other by a relay alone, as behind networks that let nothing through directly: coturn, on this machine.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { inPath, launchOptions } from './chromium.mjs';
import { patient as expect, test } from './fixtures.mjs';
import { ask, connected, found, invite, visitor } from './live.mjs';
import { field } from './page.mjs';

test.describe.configure({ timeout: 240_000 });

const USER = 'ann';
const PASSWORD = 'only for this test';

/** A port of 127.0.0.1 that was free a moment ago. */
const freePort = () => new Promise((done, failed) => {
  const server = createServer();
  server.once('error', failed);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

/** A relay of this machine for this machine, and a way to end it. */
async function relay(program) {
  const folder = await mkdtemp(join(tmpdir(), 'overlay-lab-turn-'));
  const port = await freePort();
  const options = ['-n', '--listening-ip', '127.0.0.1', '--listening-port', port, '--relay-ip', '127.0.0.1', '--user', `${USER}:${PASSWORD}`,
    '--realm', 'overlay-lab', '--lt-cred-mech', '--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls', '--log-file', 'stdout',
    '--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'db')];
  const child = spawn(program, options.map(String), { stdio: 'ignore', cwd: folder });
  const ended = new Promise((done) => child.once('exit', done));
  const close = async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `turn:127.0.0.1:${port}`, close };
}

/** From now on connections of a page go over relays alone, and are kept to be looked at. */
const byRelayAlone = () => {
  const Plain = globalThis.RTCPeerConnection;
  globalThis.made = [];
  globalThis.RTCPeerConnection = class extends Plain {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
      globalThis.made.push(this);
    }
  };
};

/** Types of the candidates that connections of a page are in use with. */
const inUse = (page) => page.evaluate(async () => {
  const types = [];
  for (const connection of globalThis.made) {
    if (connection.connectionState !== 'connected') continue;
    const stats = await connection.getStats();
    const pair = [...stats.values()].find((one) => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded');
    if (pair) types.push(stats.get(pair.localCandidateId).candidateType);
  }
  return types;
});

test('pages that reach each other by a relay alone become a ring', async () => {
  const program = inPath(['turnserver']);
  test.skip(!program, 'no turnserver is in PATH: install coturn');
  const { url, close } = await relay(program);
  // Chromium takes loopback candidates from a page with the right to use the microphone.
  const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, '--allow-loopback-in-peer-connection'] });
  try {
    const come = async (name) => {
      const page = await visitor(browser, name);
      await page.context().grantPermissions(['microphone']);
      await page.evaluate(byRelayAlone);
      await page.getByText('Servers and network').click();
      for (const [label, text] of [['TURN server', url], ['User', USER], ['Password', PASSWORD]]) {
        await field(page, label).fill(text);
        await field(page, label).blur();
      }
      return page;
    };
    const pages = [await come('Ann'), await come('Ben'), await come('Cat')];
    const [ann, ben, cat] = pages;
    await found(ann);
    await invite(ann, ben);
    await invite(ben, cat);
    for (const page of pages) {
      await expect.poll(() => connected(page)).toBe(2);
      expect(await inUse(page)).toEqual(['relay', 'relay']);
    }
    expect(await ask(ann, 'by relay', 'Put', 'it came')).toContain('is stored on 3 nodes');
    expect(await ask(cat, 'by relay', 'Get')).toContain('“it came”');
  } finally {
    await browser.close();
    await close();
  }
});
