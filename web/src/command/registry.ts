/** All that can be done now: one list, from which the palette, the shortcuts and their sheet are made. */
import { useEffect, useSyncExternalStore } from 'react';

export type Group = 'go' | 'board' | 'card' | 'list' | 'calendar' | 'app';

export interface Command {
  id: string;
  name: string;
  group: Group;
  /** `mod+k`, `?`, or a chord such as `g h`. */
  keys?: string;
  /** Other keys that do the same, as other programs have them. */
  alias?: string;
  /** Left out where another part listens for the keys, and only the sheet shall name them. */
  run?: () => void;
}

/** Each part that is shown has its own; the last one shown counts where two have one shortcut. */
let lists: readonly (readonly Command[])[] = [];
let all: readonly Command[] = [];
const listeners = new Set<() => void>();

function set(next: readonly (readonly Command[])[]) {
  lists = next;
  all = lists.flat();
  for (const listener of listeners) listener();
}

/** Offers `commands`, which must be stable, while the part is shown. */
export function useCommands(commands: readonly Command[]): void {
  useEffect(() => {
    set([...lists, commands]);
    return () => set(lists.filter((list) => list !== commands));
  }, [commands]);
}

export const commandsNow = () => all;

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, commandsNow);
}
