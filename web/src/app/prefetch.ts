/** Loads the script of a page when a link to it is pointed at or takes the focus: the click then waits for nothing. */
import { useEffect } from 'react';
import { matchRoute, useRouter } from 'wouter';
import { PAGES } from './routes';

const loaded = new Set<string>();

export function usePrefetch() {
  const { parser } = useRouter();
  useEffect(() => {
    const pointed = ({ target }: Event) => {
      const link = target instanceof Element ? target.closest('a') : null;
      if (!link || link.origin !== location.origin) return;
      const found = PAGES.find((page) => matchRoute(parser, page.path, link.pathname)[0]);
      if (!found || loaded.has(found.path)) return;
      loaded.add(found.path);
      // What can't be loaded now is loaded when it is needed, and then its absence is told.
      found.load().catch(() => loaded.delete(found.path));
    };
    const wanted = ['pointerover', 'focusin'];
    for (const kind of wanted) document.addEventListener(kind, pointed, { passive: true });
    return () => {
      for (const kind of wanted) document.removeEventListener(kind, pointed);
    };
  }, [parser]);
}
