/** The {@link Interaction} of the board that is shown, for its columns and cards. */
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Store } from '@/sync/api';
import type { Id } from '@/sync/wire';
import type { Anchor, Interaction } from './interaction';

/** What can be done, wherever it is done from: a key, a menu, the bar of what is selected. */
export interface BoardActions {
  open(id: Id): void;
  rename(id: Id): void;
  add(columnId: Id): void;
  remove(ids: readonly Id[]): void;
  /** The menu of a card, or of all that is selected. */
  menu(id: Id, anchor?: Anchor): void;
  moveTo(ids: readonly Id[], columnId: Id, end?: 'top' | 'bottom'): void;
}

export interface Hands {
  hands: Interaction;
  act: BoardActions;
}

const Context = createContext<Hands | null>(null);
export const HandsProvider = Context.Provider;

export function useHands(): Hands {
  const value = useContext(Context);
  if (!value) throw new Error('outside of BoardColumns');
  return value;
}

/** A part of what a store holds; drawn again only when that part is another. */
export function usePart<T, P>(store: Store<T>, pick: (value: T) => P): P {
  return useSyncExternalStore(
    (listener) => store.subscribe(listener),
    () => pick(store.get()),
  );
}
