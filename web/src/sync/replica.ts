/** What is committed on a board, as far as this device knows. */
import { type BoardState, fromSnapshot, toSnapshot } from './board-state';
import { COLUMN_FIELDS, TASK_FIELDS, targetOf } from './fields';
import type { Subscribed } from './frames';
import { Ledger } from './ledger';
import { applyEvents } from './reducer';
import type { KeptBoard, PendingOp } from './storage';
import type { BoardEvent, Column, Id, Snapshot, Task } from './wire';

export class Replica {
  readonly ledger = new Ledger();
  state: BoardState | null = null;
  /** It is what the device kept, and the server has not been heard yet. */
  isCached = false;
  #history: string | null = null;

  /** Where to go on (CATCH-6). */
  position(): { since?: number; history?: string } {
    return this.state && this.#history !== null ? { since: this.state.seq, history: this.#history } : {};
  }

  restore(kept: KeptBoard): void {
    this.state = fromSnapshot(kept.snapshot, kept.seq);
    this.#history = kept.history;
    this.isCached = true;
  }

  /** What is worth keeping; null where it is what was kept. */
  toKeep(): { snapshot: Snapshot; seq: number; history: string } | null {
    if (!this.state || this.#history === null || this.isCached) return null;
    return { snapshot: toSnapshot(this.state), seq: this.state.seq, history: this.#history };
  }

  /** Takes in a snapshot. The events of a recovery are for {@link apply}. */
  enter(frame: Subscribed): void {
    if (frame.seq === undefined) return;
    this.#history = frame.history;
    this.isCached = false;
    if (frame.recovered) return;
    const next = fromSnapshot(frame.snapshot, frame.seq);
    const removed = new Map([...(this.state?.removed ?? [])].filter(([id]) => !next.tasks.has(id)));
    this.state = { ...next, removed };
    for (const id of [...next.tasks.keys(), ...next.columns.map((column) => column.id)]) {
      if (this.ledger.knows(id)) this.#noteGap(id);
    }
  }

  /** Who changed the target of an op since it was made is not known, where that was not seen event by event. */
  distrust(op: PendingOp): void {
    const target = targetOf(op.op);
    const now = this.#find(target);
    if (now && now.version > op.seen) this.#noteGap(target);
  }

  #noteGap(id: Id): void {
    const now = this.#find(id);
    if (now) this.ledger.noteGap(id, 'number' in now ? TASK_FIELDS : COLUMN_FIELDS, now.version);
  }

  #find(id: Id): Task | Column | undefined {
    return this.state?.tasks.get(id) ?? this.state?.columns.find((column) => column.id === id);
  }

  /** Takes in the events that follow; those that it has already are left out. `hasGap` where some are missing. */
  apply(
    events: readonly BoardEvent[],
    isOwn: (op_id: Id) => boolean,
  ): { fresh: readonly BoardEvent[]; hasGap: boolean } {
    if (!this.state) return { fresh: [], hasGap: true };
    let { seq } = this.state;
    const fresh: BoardEvent[] = [];
    for (const event of events) {
      if (event.seq !== seq + 1) continue;
      seq = event.seq;
      fresh.push(event);
      this.ledger.note(event, event.op_id !== null && isOwn(event.op_id));
    }
    this.state = applyEvents(this.state, fresh);
    return { fresh, hasGap: events.some((event) => event.seq > seq) };
  }
}
