// Lets the page open while the server is away, and quickly on a slow line. Only the page's own files are kept, never an
// answer of the API: what people see of records always comes from the server.
const KEPT = 'cairn-page-1';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.add('/'))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(pageOf(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(assetOf(request));
});

/** The page from the server; without one, the page that was kept. All addresses of the page are one document. */
async function pageOf(request) {
  try {
    const answer = await fetch(request);
    // The documentation of the API is a page of its own, which must not open in place of this one.
    const is_page = !new URL(request.url).pathname.startsWith('/docs');
    const is_html = (answer.headers.get('content-type') ?? '').startsWith('text/html');
    if (answer.ok && is_page && is_html) await keepPage(answer.clone()).catch(() => undefined);
    return answer;
  } catch (error) {
    const kept = await caches.match('/');
    if (kept === undefined) throw error;
    return kept;
  }
}

/** Fails where there is no room; then the page works, and does not open without its server. */
async function keepPage(answer) {
  const cache = await caches.open(KEPT);
  await cache.put('/', answer.clone());
  await forgetOldAssets(cache, await answer.text());
}

/** The names of these files change with their content, so a kept one is right for ever. */
async function assetOf(request) {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await keepAsset(request, answer.clone()).catch(() => undefined);
  return answer;
}

async function keepAsset(request, answer) {
  const cache = await caches.open(KEPT);
  await cache.put(request, answer);
}

/** Files of a page that is no more: whatever was kept before the page's entry changed. */
async function forgetOldAssets(cache, page) {
  const entry = /\/assets\/[^"]+\.js/.exec(page)?.[0];
  if (entry === undefined) return;
  const kept = await cache.keys();
  const paths = kept.map((each) => new URL(each.url).pathname);
  if (paths.includes(entry) || !paths.some((path) => path.startsWith('/assets/'))) return;
  await Promise.all(
    kept
      .filter((each) => new URL(each.url).pathname.startsWith('/assets/'))
      .map((each) => cache.delete(each)),
  );
}
