/** What an op will do, as far as its author's device can know: the event that the server is expected to write. */
import { type BoardState, Draft } from './board-state';
import { rankBetween } from './rank';
import { applyEvent } from './reducer';
import type { BoardEvent, Column, Id, Moment, Op, Place, Task } from './wire';

export interface Prediction {
  op: Op;
  op_id: Id;
  actor_id: Id | null;
  at: Moment;
}

/**
 * The board with these ops on top, in their order. Versions stay those that are committed: whoever names one means what they
 * have seen, and what an open op will make it is not known.
 */
export function predictAll(state: BoardState, ops: readonly Prediction[]): BoardState {
  if (ops.length === 0) return state;
  const draft = new Draft(state);
  for (const op of ops) {
    const event = predict(draft, op);
    if (event) applyEvent(draft, event);
  }
  const board = draft.finish();
  return { ...board, tasks: withVersions(board, state), columns: columnsWithVersions(board, state) };
}

function withVersions(board: BoardState, committed: BoardState): BoardState['tasks'] {
  let tasks: Map<Id, Task> | null = null;
  for (const [id, task] of board.tasks) {
    const was = committed.tasks.get(id);
    if (was === task) continue;
    const version = was?.version ?? broughtAt(committed.removed.get(id));
    tasks ??= new Map(board.tasks);
    tasks.set(id, { ...task, version });
  }
  return tasks ?? board.tasks;
}

function columnsWithVersions(board: BoardState, committed: BoardState): readonly Column[] {
  if (board.columns === committed.columns) return board.columns;
  const versions = new Map(committed.columns.map((column) => [column.id, column.version]));
  return board.columns.map((column) => ({ ...column, version: versions.get(column.id) ?? 1 }));
}

/** The version that a task has when it is created, or restored. */
function broughtAt(removed: Task | undefined): number {
  return removed ? removed.version + 1 : 1;
}

/** Null where the op would change nothing that is known here. */
export function predict(draft: Draft, { op, op_id, actor_id, at }: Prediction): BoardEvent | null {
  const base = { seq: draft.seq + 1, op_id, actor_id, at };
  switch (op.kind) {
    case 'task.create': {
      const column = draft.column(op.column_id);
      if (!column || draft.task(op.task_id) || draft.removed(op.task_id)) return null;
      return { ...base, kind: 'task.created', data: { task: newTask(draft, op, column, actor_id, at) } };
    }
    case 'task.update': {
      const task = draft.task(op.task_id);
      if (!task) return null;
      const set: Partial<Task> & { description?: string } = { ...op.set };
      const people = changedIds(task.assignee_ids, op.set?.assignee_ids, op.add_assignee_ids, op.remove_assignee_ids);
      const labels = changedIds(task.label_ids, op.set?.label_ids, op.add_label_ids, op.remove_label_ids);
      if (people) set.assignee_ids = people;
      if (labels) set.label_ids = labels;
      return { ...base, kind: 'task.updated', data: { task_id: task.id, version: task.version + 1, set } };
    }
    case 'task.move': {
      const task = draft.task(op.task_id);
      const column = draft.column(op.column_id);
      if (!task || !column) return null;
      const data = {
        task_id: task.id,
        version: task.version + 1,
        from_column_id: task.column_id,
        column_id: column.id,
        rank: placed(ranksOf(draft, column.id), op, task.id),
        completed_at: completedAt(draft, task, column, at),
      };
      return { ...base, kind: 'task.moved', data };
    }
    case 'task.delete': {
      const task = draft.task(op.task_id);
      if (!task) return null;
      return { ...base, kind: 'task.deleted', data: { task_id: task.id, version: task.version + 1 } };
    }
    case 'task.restore': {
      const task = draft.removed(op.task_id);
      const column = task && (draft.column(task.column_id) ?? draft.columns[0]);
      if (!task || !column) return null;
      const restored: Task = {
        ...task,
        column_id: column.id,
        rank: placedAgain(draft, task, column),
        version: task.version + 1,
        updated_at: at,
        completed_at: completedAt(draft, task, column, at),
      };
      return { ...base, kind: 'task.restored', data: { task: restored } };
    }
    case 'column.create': {
      if (draft.column(op.column_id)) return null;
      const { column_id: id, name, status, wip_limit = null } = op;
      const column: Column = { id, name, status, rank: placed(draft.columns, op, null), wip_limit, version: 1 };
      return { ...base, kind: 'column.created', data: { column } };
    }
    case 'column.update': {
      const column = draft.column(op.column_id);
      if (!column) return null;
      const data = { column_id: column.id, version: column.version + 1, set: op.set };
      return { ...base, kind: 'column.updated', data };
    }
    case 'column.move': {
      const column = draft.column(op.column_id);
      if (!column) return null;
      const rank = placed(draft.columns, op, column.id);
      return { ...base, kind: 'column.moved', data: { column_id: column.id, version: column.version + 1, rank } };
    }
    case 'column.delete':
      return columnDeleted(draft, op, base);
  }
}

function newTask(
  draft: Draft,
  op: Extract<Op, { kind: 'task.create' }>,
  column: Column,
  actor: Id | null,
  at: Moment,
): Task {
  return {
    id: op.task_id,
    // The server gives it.
    number: 0,
    title: op.title,
    column_id: column.id,
    rank: placed(ranksOf(draft, column.id), op, null),
    version: 1,
    priority: op.priority ?? 'medium',
    story_points: op.story_points ?? null,
    due_date: op.due_date ?? null,
    assignee_ids: op.assignee_ids ?? [],
    label_ids: op.label_ids ?? [],
    comment_count: 0,
    attachment_count: 0,
    subtask_count: 0,
    subtask_done_count: 0,
    created_by: actor,
    created_at: at,
    updated_at: at,
    completed_at: column.status === 'done' ? at : null,
  };
}

function columnDeleted(
  draft: Draft,
  op: Extract<Op, { kind: 'column.delete' }>,
  base: { seq: number; op_id: Id; actor_id: Id | null; at: Moment },
): BoardEvent | null {
  const column = draft.column(op.column_id);
  const to = op.move_tasks_to === undefined ? undefined : draft.column(op.move_tasks_to);
  const ids = draft.order(op.column_id);
  // The server refuses to delete a column with tasks that nothing is said about.
  if (!column || to?.id === column.id || (!to && (ids.length > 0 || op.move_tasks_to !== undefined))) return null;
  const moved = [];
  let last = to ? (ranksOf(draft, to.id).at(-1)?.rank ?? null) : null;
  for (const id of ids) {
    const task = draft.task(id);
    if (!task || !to) continue;
    last = rankBetween(last, null);
    const completed_at = completedAt(draft, task, to, base.at);
    moved.push({ task_id: id, version: task.version + 1, rank: last, completed_at });
  }
  const data = { column_id: column.id, version: column.version + 1, to_column_id: to?.id ?? null, moved };
  return { ...base, kind: 'column.deleted', data };
}

interface Ranked {
  id: Id;
  rank: string;
}

function ranksOf(draft: Draft, columnId: Id): readonly Ranked[] {
  return draft.order(columnId).map((id) => ({ id, rank: draft.task(id)?.rank ?? '' }));
}

/** The rank of the place that is meant among `all`, by the rule PLACE-1. Neighbours are never respaced here. */
function placed(all: readonly Ranked[], place: Place, subject: Id | null): string {
  const others = all.filter((one) => one.id !== subject);
  const after = place.after === undefined ? -1 : others.findIndex((one) => one.id === place.after);
  const before = place.before === undefined ? -1 : others.findIndex((one) => one.id === place.before);
  const at = after >= 0 ? after + 1 : before >= 0 ? before : others.length;
  const lower = others[at - 1]?.rank ?? null;
  const upper = others[at]?.rank ?? null;
  const own = all.find((one) => one.id === subject)?.rank;
  const stays = own !== undefined && (lower === null || lower < own) && (upper === null || own < upper);
  return stays ? own : rankBetween(lower, upper);
}

/** Where it stood, or just below whoever stands there now. */
function placedAgain(draft: Draft, task: Task, column: Column): string {
  const ranks = ranksOf(draft, column.id);
  if (column.id !== task.column_id) return placed(ranks, {}, null);
  const occupant = ranks.find((one) => one.rank === task.rank);
  return occupant ? placed(ranks, { after: occupant.id }, null) : task.rank;
}

/** Entering a `done` column completes a task, leaving one does the opposite, anything else leaves it. */
function completedAt(draft: Draft, task: Task, to: Column, at: Moment): Moment | null {
  const was = draft.column(task.column_id)?.status === 'done';
  const will = to.status === 'done';
  if (was === will) return task.completed_at;
  return will ? at : null;
}

/** The whole new list, or undefined where nothing is said about it. */
function changedIds(
  current: readonly Id[],
  set: readonly Id[] | undefined,
  added: readonly Id[] = [],
  removed: readonly Id[] = [],
): readonly Id[] | undefined {
  if (!set && added.length === 0 && removed.length === 0) return undefined;
  return [...new Set([...(set ?? current), ...added])].filter((id) => !removed.includes(id));
}
