/** Registers the service worker, and notices when there is a newer app than the one that is open. */
import { createValue } from '@/sync/value';

const KIND = 'take over';
/** How often a page that stays open asks for a newer version. */
const ASK_MS = 3_600_000;

/** What brings the newer version; null while there is none. */
export const newVersion = createValue<(() => void) | null>(null);

/** Call it once, at the start. Without a secure context, or a built app, there is no worker. */
export function registerWorker() {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // What is loaded ahead must not hold up what is needed now.
  const whenIdle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1_000));
  const start = () => whenIdle(() => void register().catch(() => undefined));
  if (document.readyState === 'complete') start();
  else addEventListener('load', start, { once: true });
}

async function register() {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register('/sw.js');
  let mine = false;
  let hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    // The first one takes over quietly; a later one was asked for here, or in another tab.
    if (hadOne && !mine) newVersion.set(() => location.reload());
    hadOne = true;
    mine = false;
  });
  // It waited for pages that are closed by now; this one has just come from the server.
  if (registration.waiting) {
    mine = true;
    registration.waiting.postMessage(KIND);
  }
  registration.addEventListener('updatefound', () => {
    const next = registration.installing;
    next?.addEventListener('statechange', () => {
      if (next.state === 'installed' && serviceWorker.controller) newVersion.set(() => change(next));
    });
  });
  let asked = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - asked < ASK_MS) return;
    asked = Date.now();
    registration.update().catch(() => undefined);
  });
}

function change(next: ServiceWorker) {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  next.postMessage(KIND);
}
