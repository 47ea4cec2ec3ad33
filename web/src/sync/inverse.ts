/** What takes an op back. */
import type { Before } from './api';
import type { BoardState } from './board-state';
import type { Id, Op, Place, Task, TaskSet } from './wire';

type Shown = Pick<BoardState, 'tasks' | 'columns' | 'order'>;

/** The ops that make `shown` again out of what `op` makes of it; none where there are none. */
export function inverse(shown: Shown, op: Op, before: Before = {}): readonly Op[] {
  switch (op.kind) {
    case 'task.create':
    case 'task.restore':
      return [{ kind: 'task.delete', task_id: op.task_id }];
    case 'task.delete':
      return shown.tasks.has(op.task_id) ? [{ kind: 'task.restore', task_id: op.task_id }] : [];
    case 'task.update': {
      const task = shown.tasks.get(op.task_id);
      return task ? taskBefore(task, op, before) : [];
    }
    case 'task.move': {
      const task = shown.tasks.get(op.task_id);
      return task ? [moveBack(shown, task)] : [];
    }
    case 'column.create':
      return [{ kind: 'column.delete', column_id: op.column_id }];
    case 'column.update': {
      const column = shown.columns.find((one) => one.id === op.column_id);
      return column ? [{ kind: 'column.update', column_id: column.id, set: pick(column, Object.keys(op.set)) }] : [];
    }
    case 'column.move':
      return [{ kind: 'column.move', column_id: op.column_id, ...neighbours(shown.columns.map(idOf), op.column_id) }];
    case 'column.delete':
      return columnAgain(shown, op.column_id);
  }
}

/** The same op where `from` is called `to`: a column that comes back has another id. */
export function renamed(op: Op, from: Id, to: Id): Op {
  const entries = Object.entries(op).map(([key, value]) => [key, value === from ? to : value]);
  return Object.fromEntries(entries);
}

const idOf = (one: { id: Id }) => one.id;

function taskBefore(task: Task, op: Extract<Op, { kind: 'task.update' }>, before: Before): readonly Op[] {
  const { description, ...fields } = op.set ?? {};
  const set: TaskSet = pick(task, Object.keys(fields));
  if (description !== undefined && before.description !== undefined) set.description = before.description;
  // Where a list is set, its old value says all.
  const had = op.set?.assignee_ids ? null : task.assignee_ids;
  const bore = op.set?.label_ids ? null : task.label_ids;
  const lists = {
    remove_assignee_ids: added(had, op.add_assignee_ids),
    add_assignee_ids: taken(had, op.remove_assignee_ids),
    remove_label_ids: added(bore, op.add_label_ids),
    add_label_ids: taken(bore, op.remove_label_ids),
  };
  const changed = Object.entries(lists).filter(([, ids]) => ids.length > 0);
  const sets = Object.keys(set).length > 0;
  if (!sets && changed.length === 0) return [];
  return [{ kind: 'task.update', task_id: task.id, ...(sets && { set }), ...Object.fromEntries(changed) }];
}

function added(before: readonly Id[] | null, ids: readonly Id[] = []): readonly Id[] {
  return before ? ids.filter((id) => !before.includes(id)) : [];
}

function taken(before: readonly Id[] | null, ids: readonly Id[] = []): readonly Id[] {
  return before ? ids.filter((id) => before.includes(id)) : [];
}

function moveBack(shown: Shown, task: Task): Op {
  const order = shown.order.get(task.column_id) ?? [];
  return { kind: 'task.move', task_id: task.id, column_id: task.column_id, ...neighbours(order, task.id) };
}

function neighbours(order: readonly Id[], id: Id): Place {
  const at = order.indexOf(id);
  const after = order[at - 1];
  const before = order[at + 1];
  return { ...(after !== undefined && { after }), ...(before !== undefined && { before }) };
}

/** Its id can't be used again (OP-7): whoever sends these gives it another with {@link renamed}. */
function columnAgain(shown: Shown, id: Id): readonly Op[] {
  const column = shown.columns.find((one) => one.id === id);
  if (!column) return [];
  const { name, status, wip_limit } = column;
  const place = neighbours(shown.columns.map(idOf), id);
  const moves = (shown.order.get(id) ?? []).map((task_id): Op => ({ kind: 'task.move', task_id, column_id: id }));
  return [{ kind: 'column.create', column_id: id, name, status, wip_limit, ...place }, ...moves];
}

function pick<T extends object>(from: T, keys: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key))) as Partial<T>;
}
