import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void) {
  for (const kind of ['online', 'offline']) addEventListener(kind, listener);
  return () => {
    for (const kind of ['online', 'offline']) removeEventListener(kind, listener);
  };
}

/** What the browser says of the network: before a sign-in there is no connection that would tell. */
export const useOnline = (): boolean => useSyncExternalStore(subscribe, () => navigator.onLine);
