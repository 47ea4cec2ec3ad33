/** The filter of the board that is shown, out of the address. */
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useBoard, useView } from '@/board/context';
import type { Task } from '@/sync/wire';
import { type Filter, filterOf, isEmpty, matcher, NO_FILTER, withFilter } from './filter';

export interface FilterState {
  filter: Filter;
  /** Null where every task passes. The same function until the filter changes. */
  matches: ((task: Task) => boolean) | null;
  change(fields: Partial<Filter>): void;
  clear(): void;
}

export function useFilter(): FilterState {
  const [query, setQuery] = useSearchParams();
  const { me } = useBoard();
  const projectKey = useView((view) => view?.board.project_key ?? '');
  const told = query.toString();
  const filter = useMemo(() => filterOf(new URLSearchParams(told)), [told]);
  // The open task stands in the address too: it is no change of the filter.
  const own = withFilter(new URLSearchParams(), filter).toString();
  const matches = useMemo(() => {
    const wanted = filterOf(new URLSearchParams(own));
    return isEmpty(wanted) ? null : matcher(wanted, { me: me.id, projectKey, now: new Date() });
  }, [own, me.id, projectKey]);
  const change = useCallback(
    (fields: Partial<Filter>) =>
      // Each letter typed is no step to go back to.
      setQuery((now) => withFilter(now, { ...filterOf(now), ...fields }), { replace: 'text' in fields }),
    [setQuery],
  );
  const clear = useCallback(() => setQuery((now) => withFilter(now, NO_FILTER)), [setQuery]);
  return { filter, matches, change, clear };
}
