/** Parts of the app that are wanted soon, but not for what is seen first. */
import { useEffect, useState } from 'react';

/** After the page has come, while nobody waits for anything. */
const REST_MS = 1_500;

/**
 * Calls `load` when it is wanted, or when the page has come to rest: what is wanted later is there then, also without a
 * network. Asks again after a failure.
 */
export function loadedAtRest<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  const once = () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
  setTimeout(() => once().catch(() => undefined), REST_MS);
  return once;
}

/** Whether the page has come to rest. */
export function useRested(): boolean {
  const [rested, setRested] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setRested(true), REST_MS);
    return () => clearTimeout(timer);
  }, []);
  return rested;
}
