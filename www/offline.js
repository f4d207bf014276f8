// Asks the browser to keep the site. It waits for the page to be loaded, so that a first visit is
// not slowed down. Where keeping is not possible (a private window, plain http), nothing is lost.

if ('serviceWorker' in navigator) {
  addEventListener('load', () => navigator.serviceWorker.register('./sw.js').catch(() => {}));
}
