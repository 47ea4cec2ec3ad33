/** One board: what is committed, what is open on top of it, and how the two become one. */
import { v7 as uuid } from 'uuid';
import type { Before, BoardStatus, BoardView, Conflict, Notice, Outcome, Submission } from './api';
import { type BoardState, Draft, fromSnapshot, toSnapshot } from './board-state';
import type { Core } from './core';
import { deliver, deliverAll } from './deliver';
import { COLUMN_FIELDS, isTaskOp, TASK_FIELDS, targetOf, written } from './fields';
import type { Subscribed } from './frames';
import { type Done, type Reverse, UndoStack } from './history';
import { inverse } from './inverse';
import { Ledger } from './ledger';
import { predict, predictAll } from './optimistic';
import { Outbox } from './outbox';
import { Presence } from './presence';
import { applyEvent, applyEvents } from './reducer';
import type { KeptConflict, PendingOp } from './storage';
import { createValue, Listeners } from './value';
import { judge, keepMine, placeOf, takeTheirs, withoutVersion } from './verdict';
import { viewOf } from './view';
import type { Ack, BoardEvent, Code, Id, Op, Reject, RoomEvent } from './wire';

const KEEP_MS = 2_000;
let lastPosition = 0;
let lastNotice = 0;

export class BoardDocument {
  readonly id: Id;
  readonly room: string;
  readonly status = createValue<BoardStatus>('loading');
  readonly view = createValue<BoardView | null>(null);
  readonly conflicts = createValue<readonly Conflict[]>([]);
  readonly presence: Presence;
  readonly undoStack = new UndoStack();
  readonly events = new Listeners<readonly BoardEvent[]>();
  readonly notices = new Listeners<Notice>();
  readonly #core: Core;
  #ledger = new Ledger();
  #outbox: Outbox;
  #committed: BoardState | null = null;
  #shown: BoardState | null = null;
  #history: string | null = null;
  #isCached = false;
  #fresh: BoardEvent[] = [];
  #isScheduled = false;
  /** Which of its entries counts: what was read for an older one is not used. */
  #entry = 0;
  #keepTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #open = new Map<Id, (outcome: Outcome) => void>();
  readonly #stopConflicts: () => void;

  constructor(id: Id, core: Core) {
    this.id = id;
    this.room = `board:${id}`;
    this.#core = core;
    this.presence = new Presence((state) => core.connection.tell({ type: 'presence', room: this.room, state }));
    this.#outbox = this.#newOutbox();
    this.#stopConflicts = core.conflicts.all.subscribe(() => this.#showConflicts());
    this.#showConflicts();
  }

  /** Shows what the device keeps, and then what the server says. */
  async enter(): Promise<void> {
    const { storage, session, rooms } = this.#core;
    const entry = ++this.#entry;
    const user = session.userId;
    const kept = user === null ? null : await storage.board(this.id, user);
    if (entry !== this.#entry) return;
    if (kept && !this.#committed) {
      this.#committed = fromSnapshot(kept.snapshot, kept.seq);
      this.#history = kept.history;
      this.#isCached = true;
      this.#outbox.onSeq(kept.seq);
      this.status.set('stale');
      this.#publish();
    }
    rooms.enter(this.room, {
      position: () =>
        this.#committed && this.#history !== null ? { since: this.#committed.seq, history: this.#history } : {},
      onSubscribed: (frame, sessionId) => this.#subscribed(frame, sessionId),
      // A board's events have a sequence.
      onEvents: (events) => this.#received(events as readonly (BoardEvent & RoomEvent)[]),
      onPresence: (updates) => this.presence.update(updates),
      onDown: () => this.#down(),
      onGone: (code) => this.#gone(code),
    });
  }

  get unanswered(): number {
    return this.#outbox.unanswered;
  }

  get isBusy(): boolean {
    return this.#outbox.open.length > 0;
  }

  /** Ops of a tab that is gone. */
  adopt(ops: readonly PendingOp[]): void {
    this.#outbox.add(ops);
    this.#changed();
  }

  submit(
    ops: readonly Op[],
    purpose: PendingOp['purpose'] = 'edit',
    { before, seen = [] }: { before?: Before | undefined; seen?: readonly (number | undefined)[] } = {},
  ): readonly Submission[] {
    const { pending, done } = this.#prepare(ops, purpose, before, seen);
    const submissions = pending.map(({ op_id }) => ({
      op_id,
      done: new Promise<Outcome>((resolve) => this.#open.set(op_id, resolve)),
    }));
    this.undoStack.record(purpose, pending[0]?.gesture ?? uuid(), done);
    this.#outbox.add(pending);
    void this.#core.storage.putPending(pending.map((op) => this.#outbox.settled(op)));
    this.#changed();
    return submissions;
  }

  async turn(what: 'undo' | 'redo'): Promise<boolean> {
    const reverses = this.undoStack.take(what, uuid);
    if (!reverses) return false;
    const submissions = this.submit(
      reverses.map((one: Reverse) => one.op),
      what,
      { seen: reverses.map((one) => one.seen) },
    );
    const outcomes = await Promise.all(submissions.map((one) => one.done));
    return outcomes.every((outcome) => outcome.status === 'applied');
  }

  resolve(op_id: Id, choice: 'mine' | 'theirs' | { edited: Op }): void {
    const conflict = this.conflicts.get().find((one) => one.op_id === op_id);
    if (!conflict) return;
    let ops: readonly Op[] = [];
    let seen: number | undefined;
    if (choice === 'mine') ({ ops, seen } = keepMine(conflict));
    else if (choice === 'theirs') {
      const rest = takeTheirs(conflict);
      if (rest) ({ ops, seen } = { ops: [rest.op], seen: rest.seen });
    } else ({ ops, seen } = { ops: [choice.edited], seen: conflict.reject.current?.version });
    // First what settles it, then it: never is what was typed in neither place.
    if (ops.length > 0) this.submit(ops, 'edit', { seen: ops.map(() => seen) });
    void this.#core.conflicts.settle(op_id);
  }

  openDescription(task_id: Id): string | undefined {
    const texts = this.#outbox.open.map(({ op }) => {
      if (op.kind === 'task.update' && op.task_id === task_id) return op.set?.description;
      return op.kind === 'task.create' && op.task_id === task_id ? op.description : undefined;
    });
    return texts.findLast((text) => text !== undefined);
  }

  leave(): void {
    this.#entry += 1;
    this.#stopConflicts();
    this.#core.rooms.leave(this.room);
    this.#outbox.down();
    this.keep();
  }

  /** Another user: nothing of the one before stays here. What was open is kept for their return. */
  forget(): void {
    this.#entry += 1;
    this.#core.rooms.leave(this.room);
    this.#outbox.clear();
    this.#outbox = this.#newOutbox();
    this.#ledger = new Ledger();
    this.#committed = this.#shown = this.#history = null;
    this.undoStack.clear();
    this.#open.clear();
    this.view.set(null);
    this.status.set('loading');
  }

  /** Writes what is committed to the device. */
  keep(): void {
    if (this.#keepTimer !== null) clearTimeout(this.#keepTimer);
    this.#keepTimer = null;
    const user_id = this.#core.session.userId;
    if (!this.#committed || this.#history === null || user_id === null || this.#isCached) return;
    void this.#core.storage.putBoard({
      id: this.id,
      user_id,
      snapshot: toSnapshot(this.#committed),
      seq: this.#committed.seq,
      history: this.#history,
      seen_at: new Date().toISOString(),
    });
  }

  #newOutbox(): Outbox {
    const { connection, storage } = this.#core;
    return new Outbox(
      {
        isUp: () => connection.isUp,
        takeTicket: () => connection.takeTicket(),
        send: (op) => deliver(this.#core, this.room, op),
        sendAll: (ops) => deliverAll(this.#core, this.id, ops),
        keep: (op) => storage.putPending([op]),
        onAck: (op, ack) => this.#acked(op, ack),
        onReject: (op, reject) => this.#rejected(op, reject),
        onDone: (op) => {
          void storage.dropPending(op.op_id);
          this.#schedule();
          this.#core.onPending();
        },
      },
      this.#ledger,
    );
  }

  #prepare(
    ops: readonly Op[],
    purpose: PendingOp['purpose'],
    before: Before | undefined,
    seen: readonly (number | undefined)[],
  ): { pending: PendingOp[]; done: Done[] } {
    const { session, tabId } = this.#core;
    const at = new Date().toISOString();
    const gesture = ops.length > 1 ? uuid() : null;
    const draft = this.#shown && new Draft(this.#shown);
    const pending: PendingOp[] = [];
    const done: Done[] = [];
    ops.forEach((op, i) => {
      const op_id = uuid();
      const made = {
        op_id,
        board_id: this.id,
        user_id: session.userId ?? '',
        tab_id: tabId,
        position: nextPosition(),
        op: withoutVersion(op),
        isSettled: false,
        seen: seen[i] ?? ('version' in op ? op.version : undefined) ?? this.#versionSeen(op, draft),
        at,
        gesture,
        purpose,
      };
      pending.push(made);
      done.push({ op_id, op, inverse: draft ? inverse(draft.finish(), op, before) : [], version: null });
      const event = draft && predict(draft, { ...made, actor_id: session.userId });
      if (draft && event) applyEvent(draft, event);
    });
    return { pending, done };
  }

  #versionSeen(op: Op, draft: Draft | null): number {
    const id = targetOf(op);
    const committed = this.#committed;
    const target = isTaskOp(op)
      ? (committed?.tasks.get(id) ?? draft?.task(id))
      : (committed?.columns.find((column) => column.id === id) ?? draft?.column(id));
    return target?.version ?? 0;
  }

  #subscribed(frame: Subscribed, sessionId: Id): void {
    if (frame.seq === undefined) return;
    if (frame.recovered && this.#committed) this.#apply(frame.events);
    else if (!frame.recovered) this.#replace(fromSnapshot(frame.snapshot, frame.seq));
    this.#history = frame.history;
    this.#isCached = false;
    this.status.set('live');
    this.presence.enter(sessionId, frame.presence ?? []);
    this.#publish();
    this.#keepSoon();
    this.#outbox.pump();
  }

  #replace(next: BoardState): void {
    const removed = new Map([...(this.#committed?.removed ?? [])].filter(([id]) => !next.tasks.has(id)));
    for (const task of next.tasks.values()) this.#ledger.noteGap(task.id, TASK_FIELDS, task.version);
    for (const column of next.columns) this.#ledger.noteGap(column.id, COLUMN_FIELDS, column.version);
    this.#committed = { ...next, removed };
    this.#outbox.onSeq(next.seq);
  }

  #received(events: readonly BoardEvent[]): void {
    const expected = (this.#committed?.seq ?? 0) + 1;
    if (events.some((event) => event.seq > expected) && !events.some((event) => event.seq === expected)) {
      this.#core.rooms.again(this.room);
      return;
    }
    this.#fresh.push(...this.#apply(events));
    this.#keepSoon();
    this.#schedule();
    // What waited for one's own op to come back can go on.
    this.#outbox.pump();
  }

  /** Those that are new, without a gap. */
  #apply(events: readonly BoardEvent[]): readonly BoardEvent[] {
    const before = this.#committed;
    if (!before) return [];
    let seq = before.seq;
    const next = events.filter((event) => event.seq === seq + 1 && ++seq);
    this.#committed = applyEvents(before, next);
    const own = new Set(this.#outbox.open.map((op) => op.op_id));
    for (const event of next) {
      this.#ledger.note(event, this.#isOwn(event, own));
      this.#outbox.onEvent(event);
    }
    if (events.some((event) => event.seq > seq)) this.#core.rooms.again(this.room);
    return next;
  }

  #isOwn(event: BoardEvent, open: ReadonlySet<Id>): boolean {
    return event.op_id !== null && open.has(event.op_id);
  }

  #acked(pending: PendingOp, ack: Ack): void {
    this.#ledger.noteOwn(targetOf(pending.op), written(pending.op), ack.version);
    this.undoStack.onAck(pending.op_id, ack.version);
    this.#answer(pending.op_id, { status: 'applied', ack });
    this.#core.onPending();
  }

  #rejected(pending: PendingOp, reject: Reject): void {
    const { storage, conflicts } = this.#core;
    const { op, op_id, purpose } = pending;
    const verdict = judge(op, purpose !== 'edit', reject, (...which) => this.#ledger.isOwn(...which));
    if (verdict.verdict === 'rebase') {
      const again: PendingOp = { ...pending, op_id: uuid(), op: verdict.op, seen: verdict.seen, isSettled: false };
      const resolve = this.#open.get(op_id);
      if (resolve) this.#open.set(again.op_id, resolve);
      this.#open.delete(op_id);
      this.undoStack.onReplaced(op_id, again.op_id);
      this.#outbox.replace(op_id, again);
      void storage.replacePending(op_id, this.#outbox.settled(again));
      this.#schedule();
      return;
    }
    this.#outbox.drop(op_id);
    this.undoStack.onRejected(op_id);
    if (verdict.verdict === 'conflict') {
      const { board_id, user_id } = pending;
      const conflict: KeptConflict = {
        ...{ op_id, op, reject, board_id, user_id, fields: verdict.fields, at: Date.now() },
        ...placeOf(op),
      };
      void conflicts.add(conflict);
    } else {
      void storage.dropPending(op_id);
      lastNotice += 1;
      this.notices.tell({ id: lastNotice, kind: verdict.kind, op, reject });
    }
    this.#answer(op_id, { status: 'rejected', reject });
    this.#schedule();
    this.#core.onPending();
  }

  #answer(op_id: Id, outcome: Outcome): void {
    this.#open.get(op_id)?.(outcome);
    this.#open.delete(op_id);
  }

  #down(): void {
    this.presence.leave();
    this.#outbox.down();
    if (this.status.get() === 'live') this.status.set('stale');
  }

  #gone(_: Code): void {
    this.status.set('gone');
    void this.#core.storage.forgetBoard(this.id);
    // Nothing of it can be sent: the server's refusal says what becomes of each.
    this.#outbox.pump();
  }

  #showConflicts(): void {
    this.conflicts.set(this.#core.conflicts.all.get().filter((conflict) => conflict.board_id === this.id));
  }

  /** One's own ops are on screen with the next frame, without waiting for anybody. */
  #changed(): void {
    this.#publish();
    this.#core.onPending();
    this.#outbox.pump();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#core.environment.onFrame(() => {
      this.#isScheduled = false;
      this.#publish();
    });
  }

  #publish(): void {
    if (!this.#committed) return;
    const actor_id = this.#core.session.userId;
    const open = this.#outbox.open;
    this.#shown = predictAll(
      this.#committed,
      open.map(({ op, op_id, at }) => ({ op, op_id, at, actor_id })),
    );
    const unsynced = new Set(open.map(({ op }) => targetOf(op)));
    this.view.set(viewOf(this.#shown, unsynced, this.#isCached, this.view.get()));
    const fresh = this.#fresh;
    this.#fresh = [];
    if (fresh.length > 0) this.events.tell(fresh);
  }

  #keepSoon(): void {
    this.#keepTimer ??= setTimeout(() => this.keep(), KEEP_MS);
  }
}

/** Growing, also over tabs and reloads. */
function nextPosition(): number {
  lastPosition = Math.max(lastPosition + 1, Date.now() * 1_000);
  return lastPosition;
}
