// Starts `peer.py`, a member on a WebRTC implementation that is no browser's, with Python packages of pinned versions.

import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const run = promisify(execFile);
const INSTALL_MS = 240_000;

const cache = () =>
  process.env.OVERLAY_LAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'overlay-lab');

/** The Python that has the packages; installs them once. Throws with a sentence where that cannot be done. */
export async function python() {
  const wanted = here('requirements.txt');
  const digest = createHash('sha256').update(readFileSync(wanted)).digest('hex').slice(0, 16);
  const home = join(cache(), `python-${digest}`);
  const found = join(home, 'bin', 'python');
  if (existsSync(found)) return found;
  const part = `${home}.${process.pid}.part`;
  await mkdir(cache(), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', part], { timeout: INSTALL_MS });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '-r', wanted];
    await run(join(part, 'bin', 'python'), pip, { timeout: INSTALL_MS });
    // Another run may have been quicker.
    await rename(part, home).catch((error) => {
      if (!existsSync(found)) throw error;
    });
  } catch (error) {
    const why = (error.stderr || error.message).trim().split('\n').at(-1);
    throw new Error(`aiortc cannot be installed: ${why}`, { cause: error });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return found;
}

/** A foreign member: takes an invitation, gives its answer, and tells what happens. */
export class Foreign {
  constructor(program) {
    this.process = spawn(program, ['-B', here('peer.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.told = [];
    this.errors = '';
    this.process.stderr.on('data', (text) => { this.errors += text; });
    createInterface({ input: this.process.stdout }).on('line', (line) => this.told.push(JSON.parse(line)));
  }

  say(line) {
    this.process.stdin.write(`${line}\n`);
  }

  /** The latest thing told of that kind. */
  last(event) {
    return this.told.findLast((one) => one.event === event);
  }

  close() {
    this.process.stdin.end();
    this.process.kill();
  }
}
