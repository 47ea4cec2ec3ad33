/** The service worker: the app opens without a network. What the server says is never kept here. */
import { ASSETS, isOfServer, obsolete } from './rules';

/** Written in when the app is built: see `scripts/service-worker.ts`. */
declare const __SHELL__: { version: string; files: readonly string[] };

const worker = self as unknown as ServiceWorkerGlobalScope;
const { version, files } = __SHELL__;
const CACHE = `teamflow-app-${version}`;
/** The page that every address of the app begins with. */
const PAGE = '/';
/** A network that takes longer for the page is as good as none. */
const PATIENCE_MS = 3_000;

worker.addEventListener('install', (event) => event.waitUntil(fill()));
worker.addEventListener('activate', (event) => event.waitUntil(takeOver()));
worker.addEventListener('message', (event) => {
  if (event.data === 'take over') void worker.skipWaiting();
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== worker.location.origin || isOfServer(pathname)) return;
  if (request.mode === 'navigate') event.respondWith(page(event));
  else if (pathname.startsWith(ASSETS)) event.respondWith(asset(request));
  else if (files.includes(pathname)) event.respondWith(fetch(request).catch(() => kept(pathname)));
});

async function fill() {
  const cache = await caches.open(CACHE);
  const keep = async (path: string) => {
    // A name with a hash in it means the same for ever: what the last version had need not come again.
    const hashed = path.startsWith(ASSETS);
    const before = hashed ? await find(path) : undefined;
    const answer = before ?? (await fetch(path, hashed ? {} : { cache: 'no-cache' }));
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await cache.put(path, answer);
  };
  await Promise.all(files.map(keep));
}

async function takeOver() {
  const old = obsolete(await caches.keys(), CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.registration.navigationPreload?.enable();
  await worker.clients.claim();
}

const find = (path: string) => caches.match(path, { ignoreVary: true });

async function kept(path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? (await find(path)) ?? Response.error();
}

async function page(event: FetchEvent): Promise<Response> {
  const fresh = async () => ((await event.preloadResponse) as Response | undefined) ?? fetch(event.request);
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const answer = await Promise.race([fresh().catch(() => null), late]);
  // A server that starts anew may have something before it that answers 502.
  return answer && answer.status < 500 ? answer : kept(PAGE);
}

async function asset(request: Request): Promise<Response> {
  return (await find(request.url)) ?? fetch(request);
}
