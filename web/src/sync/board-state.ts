/** A board as of one event: immutable; what has not changed is the same object as before. */
import { byRank } from './rank';
import type { BoardInfo, Column, Id, Snapshot, Task } from './wire';

export interface BoardState {
  board: BoardInfo;
  /** The last event that is in it. */
  seq: number;
  /** From left to right. */
  columns: readonly Column[];
  tasks: ReadonlyMap<Id, Task>;
  /** A column's tasks from top to bottom. */
  order: ReadonlyMap<Id, readonly Id[]>;
  /** Tasks that were seen to be deleted, so that a restoration can be shown at once. */
  removed: ReadonlyMap<Id, Task>;
}

const NOTHING: readonly Id[] = [];

export function fromSnapshot(snapshot: Snapshot, seq: number): BoardState {
  const columns = [...snapshot.columns].sort(byRank);
  const order = new Map<Id, Id[]>(columns.map((column) => [column.id, []]));
  for (const task of [...snapshot.tasks].sort(byRank)) order.get(task.column_id)?.push(task.id);
  const tasks = new Map(snapshot.tasks.map((task) => [task.id, task]));
  return { board: snapshot.board, seq, columns, tasks, order, removed: new Map() };
}

export function toSnapshot(state: BoardState): Snapshot {
  return { board: state.board, columns: state.columns, tasks: [...state.tasks.values()] };
}

/** A board that is being changed. Copies of a {@link BoardState}'s parts are made when they are first changed. */
export class Draft {
  readonly #base: BoardState;
  seq: number;
  #columns: Column[] | null = null;
  #tasks: Map<Id, Task> | null = null;
  #removed: Map<Id, Task> | null = null;
  #order: Map<Id, readonly Id[]> | null = null;
  /** Columns whose tasks or their ranks have changed: sorted again at the end, or when they are looked at. */
  readonly #unsorted = new Set<Id>();

  constructor(base: BoardState) {
    this.#base = base;
    this.seq = base.seq;
  }

  get columns(): readonly Column[] {
    return this.#columns ?? this.#base.columns;
  }

  column(id: Id): Column | undefined {
    return this.columns.find((column) => column.id === id);
  }

  task(id: Id): Task | undefined {
    return (this.#tasks ?? this.#base.tasks).get(id);
  }

  removed(id: Id): Task | undefined {
    return (this.#removed ?? this.#base.removed).get(id);
  }

  order(columnId: Id): readonly Id[] {
    if (this.#unsorted.delete(columnId)) this.#sort(columnId);
    return (this.#order ?? this.#base.order).get(columnId) ?? NOTHING;
  }

  putTask(task: Task): void {
    const before = this.task(task.id);
    this.#ownTasks().set(task.id, task);
    if (this.removed(task.id)) this.#ownRemoved().delete(task.id);
    if (before && before.column_id !== task.column_id) this.#leave(before);
    if (!before || before.column_id !== task.column_id) this.#enter(task);
    else if (before.rank !== task.rank) this.#unsorted.add(task.column_id);
  }

  removeTask(id: Id, version: number): void {
    const task = this.task(id);
    if (!task) return;
    this.#ownTasks().delete(id);
    this.#ownRemoved().set(id, { ...task, version });
    this.#leave(task);
  }

  putColumn(column: Column): void {
    const others = this.columns.filter((other) => other.id !== column.id);
    this.#columns = [...others, column].sort(byRank);
    if (!(this.#order ?? this.#base.order).has(column.id)) this.#ownOrder().set(column.id, NOTHING);
  }

  removeColumn(id: Id): void {
    this.#columns = this.columns.filter((column) => column.id !== id);
    this.#ownOrder().delete(id);
    this.#unsorted.delete(id);
  }

  finish(): BoardState {
    for (const id of this.#unsorted) this.#sort(id);
    this.#unsorted.clear();
    return {
      board: this.#base.board,
      seq: this.seq,
      columns: this.columns,
      tasks: this.#tasks ?? this.#base.tasks,
      order: this.#order ?? this.#base.order,
      removed: this.#removed ?? this.#base.removed,
    };
  }

  #enter(task: Task): void {
    const order = this.#ownOrder();
    order.set(task.column_id, [...(order.get(task.column_id) ?? NOTHING), task.id]);
    this.#unsorted.add(task.column_id);
  }

  #leave(task: Task): void {
    const order = this.#ownOrder();
    const ids = order.get(task.column_id);
    if (ids)
      order.set(
        task.column_id,
        ids.filter((id) => id !== task.id),
      );
  }

  #sort(columnId: Id): void {
    const ids = this.#ownOrder().get(columnId);
    if (!ids) return;
    const ranked = ids.map((id) => ({ id, rank: this.task(id)?.rank ?? '' }));
    this.#ownOrder().set(
      columnId,
      ranked.sort(byRank).map(({ id }) => id),
    );
  }

  #ownTasks(): Map<Id, Task> {
    this.#tasks ??= new Map(this.#base.tasks);
    return this.#tasks;
  }

  #ownRemoved(): Map<Id, Task> {
    this.#removed ??= new Map(this.#base.removed);
    return this.#removed;
  }

  #ownOrder(): Map<Id, readonly Id[]> {
    this.#order ??= new Map(this.#base.order);
    return this.#order;
  }
}
