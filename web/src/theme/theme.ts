/** Light or dark: what the system says, or what the user has chosen on this device. */
import type { Store } from '@/sync/api';

export type Theme = 'system' | 'light' | 'dark';

const KEPT = 'teamflow.theme';
const listeners = new Set<() => void>();

function kept(): Theme {
  const value = localStorage.getItem(KEPT);
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** Puts the choice on the document; call it before anything is drawn. */
export function applyTheme() {
  const chosen = kept();
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function setTheme(chosen: Theme) {
  localStorage.setItem(KEPT, chosen);
  applyTheme();
  for (const listener of listeners) listener();
}

export const theme: Store<Theme> = {
  get: kept,
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
