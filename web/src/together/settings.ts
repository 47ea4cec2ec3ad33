/** What the user has switched off on this device. */
import type { Store } from '@/sync/api';

export interface Setting extends Store<boolean> {
  set(on: boolean): void;
}

function setting(key: string): Setting {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  let isOn = kept();
  function kept(): boolean {
    try {
      return localStorage.getItem(key) !== 'off';
    } catch {
      // A browser that keeps nothing: it is asked again the next time.
      return true;
    }
  }
  // Another tab has switched it.
  globalThis.addEventListener?.('storage', (event: StorageEvent) => {
    if (event.key !== key) return;
    isOn = kept();
    tell();
  });
  return {
    get: () => isOn,
    set(on) {
      isOn = on;
      try {
        if (on) localStorage.removeItem(key);
        else localStorage.setItem(key, 'off');
      } catch {
        // As above.
      }
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Others' cursors are shown, and one's own is told. */
export const cursorsOn = setting('teamflow.cursors');
/** What others change is said. */
export const changesOn = setting('teamflow.changes');
