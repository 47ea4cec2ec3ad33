/** Which of a column's cards are shown: all, or those that the filter lets through. */
import { useRef } from 'react';
import type { Id, Task } from '@/sync/wire';
import { useOrder, useView } from './context';
import { useHands } from './interaction-context';

export type Matches = ((task: Task) => boolean) | null;

export interface Shown {
  ids: readonly Id[];
  /** Those that stay although the filter does not let them through any more. */
  dim: ReadonlySet<Id>;
}

const NONE: ReadonlySet<Id> = new Set();

/** The same object until it is another. What was shown under one filter stays: nothing vanishes under one's hand. */
export function useShown(columnId: Id, matches: Matches): Shown {
  const { hands } = useHands();
  const order = useOrder(columnId);
  const tasks = useView((view) => (matches ? view?.tasks : undefined));
  const last = useRef<Shown>({ ids: order, dim: NONE });
  const next = matches && tasks ? shownOf(order, tasks, matches, hands.passed(matches)) : { ids: order, dim: NONE };
  if (!same(last.current, next)) last.current = next;
  return last.current;
}

/** `passed` holds what was shown under this filter before, and what is shown now. */
export function shownOf(
  order: readonly Id[],
  tasks: ReadonlyMap<Id, Task>,
  matches: (task: Task) => boolean,
  passed: Set<Id>,
): Shown {
  const dim = new Set<Id>();
  const ids = order.filter((id) => {
    const task = tasks.get(id);
    if (!task) return false;
    if (matches(task)) passed.add(id);
    else if (passed.has(id)) dim.add(id);
    return passed.has(id);
  });
  return { ids, dim };
}

function same(a: Shown, b: Shown): boolean {
  const ids = a.ids === b.ids || (a.ids.length === b.ids.length && a.ids.every((id, at) => id === b.ids[at]));
  return ids && a.dim.size === b.dim.size && [...a.dim].every((id) => b.dim.has(id));
}
