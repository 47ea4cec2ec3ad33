import { useSyncExternalStore } from 'react';

const QUERY = '(hover: hover) and (pointer: fine)';

/** Whether one points with something that hovers. With a finger there is no cursor to show or to tell. */
export function useHasPointer(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(QUERY);
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => matchMedia(QUERY).matches,
  );
}
