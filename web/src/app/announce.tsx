/** Says something to screen readers without moving the focus. */
import { useSyncExternalStore } from 'react';

let said = '';
let even = false;
const listeners = new Set<() => void>();

/** The same text twice is said twice. */
export function announce(text: string) {
  even = !even;
  said = even ? text : `${text}\u200b`;
  for (const listener of listeners) listener();
}

export function Announcer() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => said,
  );
  return (
    <div className="visually-hidden" role="log" aria-live="assertive" aria-atomic="true">
      {text}
    </div>
  );
}
