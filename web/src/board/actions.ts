/** What a hand does to cards and columns, as ops. */
import { v7 } from 'uuid';
import type { BoardRoom, BoardView, Submission } from '@/sync/api';
import type { Column, Id, Op, Place, Task, TaskSet } from '@/sync/wire';
import type { Spot } from './drag';

/** A title has 3 to 200 characters (TASK-1); a column's name 1 to 50 (TASK-4). */
export const TITLE_MIN = 3;
export const TITLE_MAX = 200;
export const COLUMN_NAME_MAX = 50;
export const WIP_MAX = 100_000;
/** A column with more tasks can not be deleted at once (`column.delete`). */
export const DELETE_MAX = 500;

/** How many more cards the column takes; infinite without a limit. */
export function room(view: BoardView, columnId: Id): number {
  const limit = view.columns.find((column) => column.id === columnId)?.wip_limit ?? null;
  if (limit === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, limit - (view.order.get(columnId)?.length ?? 0));
}

/** Whether these cards are kept out of the column by its limit. Moving inside of it is always possible (WIP-1). */
export function isFull(view: BoardView, columnId: Id, ids: readonly Id[]): boolean {
  const coming = ids.filter((id) => view.tasks.get(id)?.column_id !== columnId).length;
  return coming > 0 && coming > room(view, columnId);
}

function place(after: Id | null, before: Id | null): Place {
  return { ...(after === null ? {} : { after }), ...(before === null ? {} : { before }) };
}

/** Moves cards, in the order that is given, to one spot. Those that stand right already are left alone. */
export function moveOps(view: BoardView, ids: readonly Id[], spot: Spot): Op[] {
  const { column_id } = spot;
  if (column_id === null) return [];
  const order = view.order.get(column_id) ?? [];
  const there = ids.filter((id) => view.tasks.has(id));
  if (standsThere(order, there, spot)) return [];
  let after = spot.after;
  return there.map((task_id): Op => {
    const op: Op = { kind: 'task.move', task_id, column_id, ...place(after, spot.before) };
    after = task_id;
    return op;
  });
}

/** Whether `ids` are a run of `order` already, right below `spot.after`, or right above `spot.before`. */
function standsThere(order: readonly Id[], ids: readonly Id[], spot: Spot): boolean {
  const [first] = ids;
  if (first === undefined) return true;
  const at = order.indexOf(first);
  if (at < 0 || ids.some((id, index) => order[at + index] !== id)) return false;
  return spot.after === null
    ? spot.before === null || order[at + ids.length] === spot.before
    : order[at - 1] === spot.after;
}

/** The end of a column, or its top. */
export function endOf(view: BoardView, columnId: Id, ids: readonly Id[], top = false): Spot {
  const list = (view.order.get(columnId) ?? []).filter((id) => !ids.includes(id));
  return { column_id: columnId, after: top ? null : (list.at(-1) ?? null), before: top ? (list[0] ?? null) : null };
}

export function moveColumnOp(columnId: Id, spot: Spot): Op {
  return { kind: 'column.move', column_id: columnId, ...place(spot.after, spot.before) };
}

/** New cards at the column's end, below each other. */
export const createOps = (columnId: Id, titles: readonly string[]): Extract<Op, { kind: 'task.create' }>[] =>
  titles.map((title) => ({ kind: 'task.create', task_id: v7(), column_id: columnId, title }));

export const deleteOps = (ids: readonly Id[]): Op[] => ids.map((task_id) => ({ kind: 'task.delete', task_id }));

export const setOps = (ids: readonly Id[], set: TaskSet): Op[] =>
  ids.map((task_id) => ({ kind: 'task.update', task_id, set }));

export const assignOps = (ids: readonly Id[], userId: Id, assigned: boolean): Op[] =>
  ids.map((task_id) => ({
    kind: 'task.update',
    task_id,
    ...(assigned ? { add_assignee_ids: [userId] } : { remove_assignee_ids: [userId] }),
  }));

/** One op goes as it is, several as one gesture. */
export function send(board: BoardRoom, ops: readonly Op[]): readonly Submission[] {
  const [op] = ops;
  if (op === undefined) return [];
  return ops.length === 1 ? [board.submit(op)] : board.submitAll(ops);
}

/** `KEY-42`; a card that the server has not numbered yet has none. */
export function keyOf(view: BoardView | null, task: Task): string | null {
  return view && task.number > 0 ? `${view.board.project_key}-${task.number}` : null;
}

/** Shown beside a column's name: `4`, or `4 / 5` where it has a limit. */
export function loadOf(column: Column, count: number): 'free' | 'full' | 'over' {
  if (column.wip_limit === null || count < column.wip_limit) return 'free';
  return count === column.wip_limit ? 'full' : 'over';
}
