/** Which of a column's cards are shown. */
import { useRef } from 'react';
import type { Id } from '@/sync/wire';
import { useOrder } from './context';

export interface Shown {
  ids: readonly Id[];
  /** Those that stay although the filter does not let them through any more. */
  dim: ReadonlySet<Id>;
}

const NONE: ReadonlySet<Id> = new Set();

export function useShown(columnId: Id): Shown {
  const order = useOrder(columnId);
  const last = useRef<Shown>({ ids: order, dim: NONE });
  if (last.current.ids !== order) last.current = { ids: order, dim: NONE };
  return last.current;
}
