/** What the service worker has to do with which address. */

/** Below it every name holds a hash of what is in the file. */
export const ASSETS = '/assets/';

const OF_SERVER = ['/api', '/docs', '/health', '/metrics', '/ws'];

/** Whether only the server can have it: no worker stands between. */
export function isOfServer(path: string): boolean {
  return OF_SERVER.some((start) => path === start || path.startsWith(`${start}/`));
}

/**
 * Which caches may go. That of the version before stays: pages of it may still be open, and load their parts when they
 * need them. `names` are in the order in which they were made.
 */
export function obsolete(names: readonly string[], current: string): string[] {
  const others = names.filter((name) => name.startsWith('teamflow-app-') && name !== current);
  return others.slice(0, -1);
}

/** Fonts of scripts that no language of the app is written in come when a text needs them. */
export function isOfShell(path: string): boolean {
  if (path === '/sw.js' || /\.(br|gz|map|png)$/.test(path)) return false;
  return !path.endsWith('.woff2') || /-(latin|arabic)-wght-normal/.test(path);
}
