/** What others have done, folded: of a card that goes to and fro, only where it came from and where it is counts. */
import type { BoardEvent, Column, Id, Task } from '@/sync/wire';

export type Deed = 'created' | 'changed' | 'moved' | 'deleted' | 'restored';

export interface Change {
  thing: 'task' | 'column';
  id: Id;
  /** A task's title, or a column's name. */
  title: string;
  deed: Deed;
  /** In the order in which they came. */
  actors: readonly (Id | null)[];
  /** Where a moved task came from, and where it is. */
  from: Id | null;
  to: Id | null;
  fields: readonly string[];
}

/** What a change is looked up in. */
export interface Names {
  task(id: Id): Task | undefined;
  column(id: Id): Column | undefined;
}

/** What counts up by itself with every note and file. */
const COUNTED = new Set(['comment_count', 'attachment_count', 'subtask_count', 'subtask_done_count', 'completed_at']);

export class Changes {
  readonly #all = new Map<Id, Change>();

  get size(): number {
    return this.#all.size;
  }

  add(event: BoardEvent, names: Names): void {
    for (const change of changesOf(event, names)) {
      const folded = fold(this.#all.get(change.id), change);
      if (folded) this.#all.set(change.id, folded);
      else this.#all.delete(change.id);
    }
  }

  take(): readonly Change[] {
    const all = [...this.#all.values()];
    this.#all.clear();
    return all;
  }
}

/** The tasks that an event is about, for whoever wants to know whether it concerns them. */
export function tasksOf(event: BoardEvent): readonly Id[] {
  switch (event.kind) {
    case 'task.created':
    case 'task.restored':
      return [event.data.task.id];
    case 'task.updated':
    case 'task.moved':
    case 'task.deleted':
      return [event.data.task_id];
    case 'column.deleted':
      return event.data.moved.map((one) => one.task_id);
    default:
      return [];
  }
}

function changesOf(event: BoardEvent, names: Names): readonly Change[] {
  const actors = [event.actor_id];
  const none = { actors, from: null, to: null, fields: [] };
  const task = (id: Id, deed: Deed, more: Partial<Change> = {}): Change => {
    return { thing: 'task', id, title: names.task(id)?.title ?? '', deed, ...none, ...more };
  };
  const column = (id: Id, deed: Deed): Change => {
    return { thing: 'column', id, title: names.column(id)?.name ?? '', deed, ...none };
  };
  switch (event.kind) {
    case 'task.created':
    case 'task.restored': {
      const { id, title, column_id } = event.data.task;
      return [task(id, event.kind === 'task.created' ? 'created' : 'restored', { title, to: column_id })];
    }
    case 'task.updated': {
      const fields = Object.keys(event.data.set).filter((field) => !COUNTED.has(field));
      return fields.length > 0 ? [task(event.data.task_id, 'changed', { fields })] : [];
    }
    case 'task.moved': {
      const { task_id, from_column_id: from, column_id: to } = event.data;
      // The order within a column is seen, and needs no words.
      return from === to ? [] : [task(task_id, 'moved', { from, to })];
    }
    case 'task.deleted':
      return [task(event.data.task_id, 'deleted')];
    case 'column.created':
      return [column(event.data.column.id, 'created')];
    case 'column.updated':
      return [column(event.data.column_id, 'changed')];
    case 'column.moved':
      return [column(event.data.column_id, 'moved')];
    case 'column.deleted':
      return [column(event.data.column_id, 'deleted')];
  }
}

/** Both as one. Null where nothing is left of them. */
function fold(before: Change | undefined, next: Change): Change | null {
  if (!before) return next;
  const both: Change = {
    ...next,
    title: next.title || before.title,
    actors: [...new Set([...before.actors, ...next.actors])],
    fields: [...new Set([...before.fields, ...next.fields])],
    from: before.from ?? next.from,
    to: next.to ?? before.to,
  };
  // It came and went, or went and came again, and nobody has seen it.
  if (before.deed === 'created' && next.deed === 'deleted') return null;
  if (before.deed === 'deleted' && next.deed === 'restored') return null;
  if (next.deed === 'deleted' || next.deed === 'restored') return both;
  if (before.deed === 'created' || before.deed === 'restored') return { ...both, deed: before.deed };
  if (both.from !== null && both.from === both.to) {
    return both.fields.length > 0 ? { ...both, deed: 'changed', from: null, to: null } : null;
  }
  return { ...both, deed: both.from !== null ? 'moved' : next.deed };
}
