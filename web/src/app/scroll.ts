/** Where a page was scrolled to comes back with Back and Forward, also where its content comes only later. */

/** How long the content may take to grow to where it was. */
const GROWTH_MS = 2_000;
const KEPT = 'teamflow.scroll';
/** Entries of the history that are remembered. */
const MOST = 50;

/** The places of the last entries, the oldest first. */
export class ScrollPlaces {
  private readonly places: Map<string, number>;

  constructor(kept: string | null) {
    this.places = new Map(parse(kept));
  }

  set(key: string, y: number) {
    this.places.delete(key);
    this.places.set(key, y);
    for (const oldest of this.places.keys()) {
      if (this.places.size <= MOST) break;
      this.places.delete(oldest);
    }
  }

  get(key: string): number {
    return this.places.get(key) ?? 0;
  }

  toString(): string {
    return JSON.stringify([...this.places]);
  }
}

function parse(kept: string | null): [string, number][] {
  try {
    const read: unknown = JSON.parse(kept ?? '[]');
    if (!Array.isArray(read)) return [];
    return read.filter((entry): entry is [string, number] => typeof entry?.[0] === 'string' && entry[1] >= 0);
  } catch {
    return [];
  }
}

/** Browsers without the Navigation API tell entries apart by their addresses. */
function entryKey(): string {
  const { navigation } = globalThis as { navigation?: { currentEntry?: { key: string } | null } };
  return navigation?.currentEntry?.key ?? location.href;
}

/** Call it once, at the start. */
export function keepScroll() {
  if (!('scrollRestoration' in history)) return;
  history.scrollRestoration = 'manual';
  const places = new ScrollPlaces(sessionStorage.getItem(KEPT));
  let key = entryKey();
  let path = location.pathname;
  let stop = restore(places.get(key));
  addEventListener('scroll', () => places.set(key, scrollY), { passive: true });
  addEventListener('pagehide', () => sessionStorage.setItem(KEPT, places.toString()));
  const moved = (back: boolean) => {
    key = entryKey();
    // A filter or an open task is in the address too: they are no new page.
    if (location.pathname === path) return;
    path = location.pathname;
    stop();
    if (back) stop = restore(places.get(key));
    else scrollTo(0, 0);
  };
  addEventListener('pushState', () => moved(false));
  addEventListener('replaceState', () => moved(false));
  addEventListener('popstate', () => moved(true));
}

/** Scrolls there as soon as the page is long enough, unless the user scrolls first. */
function restore(y: number): () => void {
  if (y === 0) {
    scrollTo(0, 0);
    return () => undefined;
  }
  const reach = () => {
    if (document.documentElement.scrollHeight - innerHeight < y) return;
    scrollTo(0, y);
    stop();
  };
  const grown = new ResizeObserver(reach);
  const timer = setTimeout(() => stop(), GROWTH_MS);
  const own = ['wheel', 'touchstart', 'keydown'];
  const stop = () => {
    grown.disconnect();
    clearTimeout(timer);
    for (const kind of own) removeEventListener(kind, stop);
  };
  for (const kind of own) addEventListener(kind, stop, { passive: true });
  grown.observe(document.body);
  reach();
  return stop;
}
