/** Listens for shortcuts, and shows the palette and the sheet when they are wanted. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { useStore } from '@/app/client';
import { closePalette, openPalette, palette } from '@/app/palette';
import { AppCommands } from './AppCommands';
import { isTyping, matches, Strokes } from './keys';
import { commandsNow } from './registry';

/** What keeps all keys to itself, until it closes. A toast is a dialog too, but one that asks for nothing. */
const WINDOWS = ':is([role="dialog"]:not([aria-modal="false"]), [role="menu"]):not([data-closed])';

const Palette = lazy(() => import('./Palette'));
const Sheet = lazy(() => import('./Sheet'));

export function Commands() {
  const wanted = useStore(palette);
  const [sheet, setSheet] = useState(false);
  useEffect(() => {
    const strokes = new Strokes();
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      // The one shortcut that works while one types too.
      if (matches(event, 'mod+k')) {
        event.preventDefault();
        openPalette();
        return;
      }
      if (isTyping(event.target) || document.querySelector(WINDOWS)) return;
      const command = strokes.take(event, [...commandsNow()].reverse());
      if (!command?.run) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, []);
  return (
    <>
      <AppCommands onSheet={() => setSheet(true)} />
      <Suspense fallback={null}>
        {wanted && <Palette wanted={wanted} onClose={closePalette} />}
        {sheet && <Sheet onClose={() => setSheet(false)} />}
      </Suspense>
    </>
  );
}
