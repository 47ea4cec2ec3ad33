/** What is committed on a board, as far as this device knows. */
import { type BoardState, fromSnapshot, toSnapshot } from './board-state';
import type { Subscribed } from './frames';
import { applyEvents } from './reducer';
import type { KeptBoard } from './storage';
import type { BoardEvent, Snapshot } from './wire';

export class Replica {
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
  }

  /** Takes in the events that follow; those that it has already are left out. `hasGap` where some are missing. */
  apply(events: readonly BoardEvent[]): { fresh: readonly BoardEvent[]; hasGap: boolean } {
    if (!this.state) return { fresh: [], hasGap: true };
    let { seq } = this.state;
    const fresh: BoardEvent[] = [];
    for (const event of events) {
      if (event.seq !== seq + 1) continue;
      seq = event.seq;
      fresh.push(event);
    }
    this.state = applyEvents(this.state, fresh);
    return { fresh, hasGap: events.some((event) => event.seq > seq) };
  }
}
