// Keeps one build of the site, whole, for use without a network.
//
// `cargo xtask post-build` fills in the build and its files. A page keeps the build that it was
// opened with: a newer one is stored beside it and takes over when the last page is closed, never
// in the middle of a lecture.

const BUILD = 'development';
const FILES = [];

// Caches are shared by everything on a host, so the name says which copy of the site it is for.
const PREFIX = `overlay-lab ${self.registration.scope} `;
const CACHE = PREFIX + BUILD;

async function store() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
}

async function clean() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

async function answer(request) {
  const home = request.mode === 'navigate' && new URL(request.url).pathname === new URL(self.registration.scope).pathname;
  const options = { cacheName: CACHE, ignoreSearch: true };
  const stored = await caches.match(home ? './index.html' : request, options);
  return stored ?? fetch(request);
}

if (BUILD === 'development') {
  // While developing nothing is kept, and what an earlier build kept at this address goes away.
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('activate', (event) => {
    event.waitUntil(clean().then(() => self.registration.unregister()));
  });
} else {
  self.addEventListener('install', (event) => event.waitUntil(store()));
  self.addEventListener('activate', (event) => event.waitUntil(clean()));
  self.addEventListener('fetch', (event) => {
    const { request } = event;
    if (request.method === 'GET' && request.url.startsWith(self.registration.scope)) {
      event.respondWith(answer(request));
    }
  });
}
