/** A store that is made of another, and tells of a change only when what it is made into has changed. */
import { useSyncExternalStore } from 'react';
import type { Store } from '@/sync/api';

/** `make` is given what it made last; giving that back says that nothing has changed. */
export function derived<T, U>(source: Store<T>, make: (value: T, last: U | undefined) => U): Store<U> {
  let from: { value: T } | null = null;
  let made: U | undefined;
  const get = (): U => {
    const value = source.get();
    if (from && from.value === value) return made as U;
    from = { value };
    made = make(value, made);
    return made;
  };
  return {
    get,
    subscribe(listener) {
      let told = get();
      return source.subscribe(() => {
        const next = get();
        if (next === told) return;
        told = next;
        listener();
      });
    },
  };
}

/** A part of a store; drawn again only when that part is another. */
export function useDerived<T, P>(store: Store<T>, pick: (value: T) => P): P {
  return useSyncExternalStore(
    (listener) => store.subscribe(listener),
    () => pick(store.get()),
  );
}

/** The one made of each `source`, for as long as that lives. */
export function once<S extends object, D>(make: (source: S) => D): (source: S) => D {
  const all = new WeakMap<S, D>();
  return (source) => {
    const known = all.get(source);
    if (known !== undefined) return known;
    const made = make(source);
    all.set(source, made);
    return made;
  };
}
