/** What one did on a board, and what takes it back. */
import type { Store } from './api';
import { targetOf } from './fields';
import { renamed } from './inverse';
import type { PendingOp } from './storage';
import { createValue } from './value';
import type { Id, Op } from './wire';

const ENTRIES_MAX = 100;

/** An op of one's own. */
export interface Done {
  op_id: Id;
  op: Op;
  inverse: readonly Op[];
  /** That it made; null until the server has answered. */
  version: number | null;
}

/** The ops of one gesture. */
interface Entry {
  done: readonly Done[];
}

/** An op to be sent; `seen` is the version that it takes back. */
export interface Reverse {
  op: Op;
  seen: number | undefined;
}

export class UndoStack {
  readonly state: Store<{ undo: { op: Op } | null; redo: { op: Op } | null }>;
  readonly #state = createValue<{ undo: { op: Op } | null; redo: { op: Op } | null }>({ undo: null, redo: null });
  #undo: readonly Entry[] = [];
  #redo: readonly Entry[] = [];

  constructor() {
    this.state = this.#state;
  }

  /** What was done, or done again, can be undone; what was undone can be redone. */
  record(purpose: PendingOp['purpose'], done: readonly Done[]): void {
    const reversible = done.filter((one) => one.inverse.length > 0);
    if (purpose === 'edit') this.#redo = [];
    if (reversible.length > 0) {
      const entry = { done: reversible };
      if (purpose === 'undo') this.#redo = [...this.#redo, entry];
      else this.#undo = [...this.#undo, entry].slice(-ENTRIES_MAX);
    }
    this.#show();
  }

  /** The ops that take the last gesture back, last first; null where there is none. */
  take(what: 'undo' | 'redo', newId: () => Id): readonly Reverse[] | null {
    const entry = (what === 'undo' ? this.#undo : this.#redo).at(-1);
    if (!entry) return null;
    if (what === 'undo') this.#undo = this.#undo.slice(0, -1);
    else this.#redo = this.#redo.slice(0, -1);
    const reverses = entry.done.toReversed().flatMap(({ op, inverse, version }) => {
      const seen = version ?? undefined;
      if (op.kind !== 'column.delete') return inverse.map((one) => ({ op: one, seen }));
      // It comes back under another id, each time that it does.
      const again = newId();
      this.#rename(op.column_id, again);
      return inverse.map((one) => ({ op: renamed(one, op.column_id, again), seen: undefined }));
    });
    this.#show();
    return reverses;
  }

  onAck(op_id: Id, version: number): void {
    this.#change((done) => (done.op_id === op_id ? { ...done, version } : done));
  }

  /** It was sent again as another. */
  onReplaced(op_id: Id, again: Id): void {
    this.#change((done) => (done.op_id === op_id ? { ...done, op_id: again } : done));
  }

  /** Refused: nothing is to be taken back. */
  onRejected(op_id: Id): void {
    this.#change((done) => (done.op_id === op_id ? null : done));
  }

  clear(): void {
    this.#undo = [];
    this.#redo = [];
    this.#show();
  }

  #rename(from: Id, to: Id): void {
    this.#change((done) => ({
      ...done,
      op: renamed(done.op, from, to),
      inverse: done.inverse.map((op) => renamed(op, from, to)),
      // Another column, another count of versions.
      version: targetOf(done.op) === from ? null : done.version,
    }));
  }

  #change(change: (done: Done) => Done | null): void {
    const changed = (entries: readonly Entry[]) =>
      entries
        .map((entry) => ({ ...entry, done: entry.done.map(change).filter((one) => one !== null) }))
        .filter((entry) => entry.done.length > 0);
    this.#undo = changed(this.#undo);
    this.#redo = changed(this.#redo);
    this.#show();
  }

  #show(): void {
    const last = (entries: readonly Entry[]) => entries.at(-1)?.done.at(0)?.op ?? null;
    const [undo, redo] = [last(this.#undo), last(this.#redo)];
    const before = this.#state.get();
    if (before.undo?.op === (undo ?? undefined) && before.redo?.op === (redo ?? undefined)) return;
    this.#state.set({ undo: undo && { op: undo }, redo: redo && { op: redo } });
  }
}
