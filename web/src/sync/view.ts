/** What is shown of a board, made so that what has not changed is the same object as before. */
import type { BoardView } from './api';
import type { BoardState } from './board-state';
import type { Id } from './wire';

export function viewOf(
  shown: BoardState,
  unsynced: ReadonlySet<Id>,
  cached: boolean,
  before: BoardView | null,
): BoardView {
  const { board, seq } = shown;
  const tasks = before ? reusedMap(before.tasks, shown.tasks, sameFields) : shown.tasks;
  const order = before ? reusedMap(before.order, shown.order, sameItems) : shown.order;
  const columns = before ? reusedList(before.columns, shown.columns) : shown.columns;
  const marks = before && sameSet(before.unsynced, unsynced) ? before.unsynced : unsynced;
  const view = { board, seq, columns, tasks, order, unsynced: marks, cached };
  return before && sameFields(before, view) ? before : view;
}

/** `next`, with the values of `before` where they are the same; `before` itself where all are. */
function reusedMap<T>(
  before: ReadonlyMap<Id, T>,
  next: ReadonlyMap<Id, T>,
  isSame: (a: T, b: T) => boolean,
): ReadonlyMap<Id, T> {
  if (before === next) return before;
  let changed = before.size !== next.size;
  let reused: Map<Id, T> | null = null;
  for (const [id, value] of next) {
    const old = before.get(id);
    if (old === value) continue;
    if (old !== undefined && isSame(old, value)) {
      reused ??= new Map(next);
      reused.set(id, old);
    } else changed = true;
  }
  return changed ? (reused ?? next) : before;
}

function reusedList<T extends { id: Id }>(before: readonly T[], next: readonly T[]): readonly T[] {
  if (before === next) return before;
  const old = new Map(before.map((item) => [item.id, item]));
  const reused = next.map((item) => {
    const was = old.get(item.id);
    return was && sameFields(was, item) ? was : item;
  });
  return sameItems(before, reused) ? before : reused;
}

function sameFields(a: object, b: object): boolean {
  const entries = Object.entries(a);
  const others: Record<string, unknown> = { ...b };
  return (
    entries.length === Object.keys(others).length &&
    entries.every(([key, value]) => {
      const other = others[key];
      return Object.is(value, other) || (Array.isArray(value) && Array.isArray(other) && sameItems(value, other));
    })
  );
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a === b || (a.length === b.length && a.every((item, i) => Object.is(item, b[i])));
}

function sameSet(a: ReadonlySet<Id>, b: ReadonlySet<Id>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}
