/** Opens and closes the command palette from anywhere; it is loaded when it is first wanted. */
import type { Store } from '@/sync/api';

let isOpen = false;
const listeners = new Set<() => void>();

function set(next: boolean) {
  isOpen = next;
  for (const listener of listeners) listener();
}

export const openPalette = () => set(true);
export const closePalette = () => set(false);

export const paletteOpen: Store<boolean> = {
  get: () => isOpen,
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
