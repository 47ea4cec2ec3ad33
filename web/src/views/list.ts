/** The rows of the list: which tasks, in which groups and order. What is chosen stands in the address. */

import { PRIORITIES } from '@/filter/filter';
import type { BoardView } from '@/sync/api';
import type { Id, Priority, Task } from '@/sync/wire';

export const SORTS = ['number', 'title', 'priority', 'due', 'points', 'updated'] as const;
export type SortKey = (typeof SORTS)[number];
export const GROUPINGS = ['column', 'assignee', 'priority', 'none'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Arrangement {
  /** Null for the order of the board. */
  sort: SortKey | null;
  descending: boolean;
  group: Grouping;
}

export function arrangementOf(query: URLSearchParams): Arrangement {
  const told = query.get('sort') ?? '';
  const descending = told.startsWith('-');
  const sort = SORTS.find((one) => one === told.replace('-', '')) ?? null;
  return {
    sort,
    descending: sort !== null && descending,
    group: GROUPINGS.find((one) => one === query.get('group')) ?? 'column',
  };
}

export function withArrangement(query: URLSearchParams, { sort, descending, group }: Arrangement): URLSearchParams {
  const next = new URLSearchParams(query);
  if (sort) next.set('sort', descending ? `-${sort}` : sort);
  else next.delete('sort');
  if (group === 'column') next.delete('group');
  else next.set('group', group);
  return next;
}

/** What a click on a column's head leads to: up, down, the board's order. */
export function resorted(now: Arrangement, key: SortKey): Arrangement {
  if (now.sort !== key) return { ...now, sort: key, descending: false };
  return now.descending ? { ...now, sort: null, descending: false } : { ...now, descending: true };
}

export type Row =
  | { kind: 'group'; key: string; group: string; count: number }
  /** One task may stand in several groups, each time with another key. */
  | { kind: 'task'; key: string; id: Id };

/** The group of tasks of nobody. */
export const NOBODY = '';

export interface Reading {
  nameOf(id: Id): string;
  /** Compares texts as the language orders them. */
  compare(a: string, b: string): number;
}

export function rowsOf(
  view: BoardView,
  matches: ((task: Task) => boolean) | null,
  arrangement: Arrangement,
  closed: ReadonlySet<string>,
  reading: Reading,
): Row[] {
  const tasks = view.columns
    .flatMap((column) => view.order.get(column.id) ?? [])
    .flatMap((id) => view.tasks.get(id) ?? [])
    .filter((task) => !matches || matches(task));
  const { sort, descending, group } = arrangement;
  if (sort) tasks.sort(comparing(sort, descending, reading));
  if (group === 'none') return tasks.map(({ id }) => ({ kind: 'task', key: id, id }));
  return grouped(tasks, view, group, reading).flatMap(([name, some]): Row[] => {
    const head: Row = { kind: 'group', key: `${group}:${name}`, group: name, count: some.length };
    if (closed.has(head.key)) return [head];
    return [head, ...some.map(({ id }): Row => ({ kind: 'task', key: `${name}/${id}`, id }))];
  });
}

function grouped(tasks: readonly Task[], view: BoardView, group: Exclude<Grouping, 'none'>, reading: Reading) {
  const groups = new Map<string, Task[]>();
  if (group === 'column') for (const column of view.columns) groups.set(column.id, []);
  if (group === 'priority') for (const priority of PRIORITIES) groups.set(priority, []);
  for (const task of tasks) {
    for (const name of groupsOf(task, group)) {
      const list = groups.get(name);
      if (list) list.push(task);
      else groups.set(name, [task]);
    }
  }
  const filled = [...groups].filter(([, some]) => some.length > 0);
  if (group !== 'assignee') return filled;
  return filled.sort(([a], [b]) => {
    if (a === NOBODY || b === NOBODY) return a === NOBODY ? 1 : -1;
    return reading.compare(reading.nameOf(a), reading.nameOf(b));
  });
}

function groupsOf(task: Task, group: Exclude<Grouping, 'none'>): readonly string[] {
  if (group === 'column') return [task.column_id];
  if (group === 'priority') return [task.priority];
  return task.assignee_ids.length > 0 ? task.assignee_ids : [NOBODY];
}

const weight = (priority: Priority) => -PRIORITIES.indexOf(priority);

/** What is missing comes last, whichever way it is sorted. The sort is stable: ties stay in the order of the board. */
function comparing(sort: SortKey, descending: boolean, { compare }: Reading): (a: Task, b: Task) => number {
  const turn = descending ? -1 : 1;
  const missing = <T>(a: T | null, b: T | null, order: (a: T, b: T) => number) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return turn * order(a, b);
  };
  const numbers = (a: number, b: number) => a - b;
  const texts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  switch (sort) {
    case 'number':
      // One that has no number yet is the newest.
      return (a, b) => turn * numbers(a.number || Infinity, b.number || Infinity) || 0;
    case 'title':
      return (a, b) => turn * compare(a.title, b.title);
    case 'priority':
      return (a, b) => turn * numbers(weight(a.priority), weight(b.priority));
    case 'due':
      return (a, b) => missing(a.due_date, b.due_date, texts);
    case 'points':
      return (a, b) => missing(a.story_points, b.story_points, numbers);
    case 'updated':
      return (a, b) => turn * texts(a.updated_at, b.updated_at);
  }
}

/** The row that a key leads to from `index`; null for other keys. */
export function rowBy(key: string, index: number, count: number, page: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    j: 1,
    ArrowUp: -1,
    k: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  return step === undefined ? null : Math.max(0, Math.min(count - 1, index + step));
}
