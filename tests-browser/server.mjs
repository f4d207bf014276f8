// A static file server for the built site, as simple as the plainest host: GET and HEAD, files
// below one folder, at a sub-path. It listens on 127.0.0.1 only and ends with its process.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the site is found: deep, so that an address that is not relative leads nowhere. */
export const SUB_PATH = '/some/sub-path/';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The file that a request asks for, or undefined if it asks for something else. */
function fileFor(root, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://127.0.0.1').pathname);
  } catch {
    return undefined;
  }
  if (!path.startsWith(SUB_PATH) || path.includes('\0')) return undefined;
  const rest = path.slice(SUB_PATH.length);
  const file = resolve(root, rest.endsWith('/') || rest === '' ? join(rest, 'index.html') : rest);
  return file.startsWith(root + sep) ? file : undefined;
}

async function answer(root, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const file = fileFor(root, request.url);
  try {
    if (!file) throw new Error('not below the sub-path');
    const bytes = await readFile(file);
    response.writeHead(200, {
      'cache-control': 'no-cache',
      'content-length': bytes.length,
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found\n');
  }
}

/** Serves a folder on a free port; gives back the site's address and a way to stop. */
export async function serve(root = DIST) {
  const folder = resolve(root);
  const server = createServer((request, response) => void answer(folder, request, response));
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', done);
  });
  const close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}${SUB_PATH}`, close };
}
