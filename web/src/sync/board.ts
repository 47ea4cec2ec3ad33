/** One board: what is committed, what is open on top of it, and how the two become one. */
import { v7 as uuid } from 'uuid';
import type { BoardStatus, BoardView, Conflict, Notice, Outcome, Submission } from './api';
import type { Core } from './core';
import { deliver, deliverAll } from './deliver';
import { targetOf } from './fields';
import type { Subscribed } from './frames';
import { UndoStack } from './history';
import { predictAll } from './optimistic';
import { Outbox } from './outbox';
import { OwnChanges } from './own-changes';
import { prepare, type Shown, type Sight } from './prepare';
import { Presence } from './presence';
import { Replica } from './replica';
import type { PendingOp } from './storage';
import { createValue, Listeners } from './value';
import { judge, keepMine, placeOf, takeTheirs } from './verdict';
import { viewOf } from './view';
import type { Ack, BoardEvent, Id, Op, Reject, RoomEvent } from './wire';

const KEEP_MS = 2_000;
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
  readonly #answers = new Map<Id, (outcome: Outcome) => void>();
  readonly #stopConflicts: () => void;
  #replica = new Replica();
  #own = new OwnChanges();
  #outbox: Outbox;
  /** What the last view was made of. */
  #shown: Shown | null = null;
  /** Events that are to be told with the next view. */
  #fresh: BoardEvent[] = [];
  #isScheduled = false;
  /** Which of its entries counts: what was read for an older one is not used. */
  #entry = 0;
  #keepTimer: ReturnType<typeof setTimeout> | null = null;

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
    if (kept && !this.#replica.state) {
      this.#replica.restore(kept);
      this.#outbox.onSeq(kept.seq);
      this.#publish();
    }
    this.status.set(this.#replica.state ? 'stale' : 'loading');
    rooms.enter(this.room, {
      position: () => this.#replica.position(),
      onSubscribed: (frame, sessionId) => this.#subscribed(frame, sessionId),
      // A board's events have a sequence.
      onEvents: (events) => this.#received(events as readonly (BoardEvent & RoomEvent)[]),
      onPresence: (updates) => this.presence.update(updates),
      onDown: () => this.#down(),
      onGone: () => this.#gone(),
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

  submit(ops: readonly Op[], purpose: PendingOp['purpose'] = 'edit', sight: Sight = {}): readonly Submission[] {
    const { session, tabId, storage } = this.#core;
    const author = { board_id: this.id, user_id: session.userId ?? '', tab_id: tabId, purpose };
    const { pending, done } = prepare(ops, author, this.#shown, sight);
    const submissions = pending.map(({ op_id }) => ({
      op_id,
      done: new Promise<Outcome>((resolve) => this.#answers.set(op_id, resolve)),
    }));
    this.undoStack.record(purpose, done);
    this.#outbox.add(pending);
    void storage.putPending(pending.map((op) => this.#outbox.settled(op)));
    this.#changed();
    return submissions;
  }

  async turn(what: 'undo' | 'redo'): Promise<boolean> {
    const reverses = this.undoStack.take(what, uuid);
    if (!reverses) return false;
    const ops = reverses.map((one) => one.op);
    const submissions = this.submit(ops, what, { seen: reverses.map((one) => one.seen) });
    const outcomes = await Promise.all(submissions.map((one) => one.done));
    return outcomes.every((outcome) => outcome.status === 'applied');
  }

  resolve(op_id: Id, choice: 'mine' | 'theirs' | { edited: Op }): void {
    const conflict = this.conflicts.get().find((one) => one.op_id === op_id);
    if (!conflict) return;
    let again: { ops: readonly Op[]; seen: number | undefined };
    if (choice === 'mine') again = keepMine(conflict);
    else if (choice === 'theirs') again = takeTheirs(conflict);
    else again = { ops: [choice.edited], seen: conflict.reject.current?.version };
    // First what settles it, then it: never is what was typed in neither place.
    if (again.ops.length > 0) this.submit(again.ops, 'edit', { seen: again.ops.map(() => again.seen) });
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
    this.#replica = new Replica();
    this.#own = new OwnChanges();
    this.#outbox = this.#newOutbox();
    this.#shown = null;
    this.#fresh = [];
    this.undoStack.clear();
    this.#answers.clear();
    this.view.set(null);
    this.status.set('loading');
  }

  /** Writes what is committed to the device. */
  keep(): void {
    if (this.#keepTimer !== null) clearTimeout(this.#keepTimer);
    this.#keepTimer = null;
    const kept = this.#replica.toKeep();
    const user_id = this.#core.session.userId;
    if (!kept || user_id === null || this.status.get() === 'gone') return;
    void this.#core.storage.putBoard({ ...kept, id: this.id, user_id, seen_at: new Date().toISOString() });
  }

  #newOutbox(): Outbox {
    const { connection, storage } = this.#core;
    const ports = {
      isUp: () => connection.isUp,
      takeTicket: () => connection.takeTicket(),
      send: (op: PendingOp) => deliver(this.#core, this.room, op),
      sendAll: (ops: readonly PendingOp[]) => deliverAll(this.#core, this.id, ops),
      keep: (op: PendingOp) => storage.putPending([op]),
      onAck: (op: PendingOp, ack: Ack) => this.#acked(op, ack),
      onReject: (op: PendingOp, reject: Reject) => this.#rejected(op, reject),
      onDone: (op: PendingOp) => {
        void storage.dropPending(op.op_id);
        this.#schedule();
        this.#core.onPending();
      },
    };
    return new Outbox(ports, this.#own);
  }

  #subscribed(frame: Subscribed, sessionId: Id): void {
    if (frame.seq === undefined) return;
    this.#replica.enter(frame);
    if (frame.recovered) this.#apply(frame.events);
    else this.#outbox.onSeq(frame.seq);
    this.status.set('live');
    this.presence.enter(sessionId, frame.presence ?? []);
    this.#publish();
    this.#keepSoon();
    this.#outbox.pump();
  }

  #received(events: readonly BoardEvent[]): void {
    this.#fresh.push(...this.#apply(events));
    this.#keepSoon();
    this.#schedule();
    // What waited for one's own op to come back can go on.
    this.#outbox.pump();
  }

  #apply(events: readonly BoardEvent[]): readonly BoardEvent[] {
    const { fresh, hasGap } = this.#replica.apply(events);
    for (const event of fresh) this.#outbox.onEvent(event);
    if (hasGap) this.#core.rooms.again(this.room);
    return fresh;
  }

  #acked(pending: PendingOp, ack: Ack): void {
    this.#own.note(pending.op, ack.version);
    this.undoStack.onAck(pending.op_id, ack.version);
    this.#answer(pending.op_id, { status: 'applied', ack });
    this.#core.onPending();
  }

  #rejected(pending: PendingOp, reject: Reject): void {
    const { op, purpose } = pending;
    const isOwn = (field: string, version: number) => this.#own.isOwn(targetOf(op), field, version, pending.seen);
    const verdict = judge(op, purpose !== 'edit', reject, isOwn);
    if (verdict.verdict === 'rebase') this.#rebase(pending, verdict.op, verdict.seen);
    else {
      // What its author has given another value since is theirs to decide when that is answered.
      const isOpen = ({ field }: { field: string }) => !this.#outbox.isSuperseded(pending, field);
      const fields = verdict.verdict === 'conflict' ? verdict.fields.filter(isOpen) : [];
      this.#outbox.drop(pending.op_id);
      this.undoStack.onRejected(pending.op_id);
      if (fields.length > 0) this.#disagree(pending, reject, fields);
      else if (verdict.verdict === 'conflict') void this.#core.storage.dropPending(pending.op_id);
      else {
        void this.#core.storage.dropPending(pending.op_id);
        lastNotice += 1;
        this.notices.tell({ id: lastNotice, kind: verdict.kind, op, reject });
      }
      this.#answer(pending.op_id, { status: 'rejected', reject });
      this.#core.onPending();
    }
    this.#schedule();
  }

  /** The same once more, in the same place, as another op. */
  #rebase(pending: PendingOp, op: Op, seen: number): void {
    const again: PendingOp = { ...pending, op_id: uuid(), op, seen, isSettled: false };
    const answer = this.#answers.get(pending.op_id);
    if (answer) this.#answers.set(again.op_id, answer);
    this.#answers.delete(pending.op_id);
    this.undoStack.onReplaced(pending.op_id, again.op_id);
    this.#outbox.replace(pending.op_id, again);
    void this.#core.storage.replacePending(pending.op_id, this.#outbox.settled(again));
  }

  #disagree(pending: PendingOp, reject: Reject, fields: Conflict['fields']): void {
    const { op_id, op, board_id, user_id } = pending;
    const conflict = { op_id, op, reject, fields, board_id, user_id, at: Date.now(), ...placeOf(op) };
    void this.#core.conflicts.add(conflict);
  }

  #answer(op_id: Id, outcome: Outcome): void {
    this.#answers.get(op_id)?.(outcome);
    this.#answers.delete(op_id);
  }

  #down(): void {
    this.presence.leave();
    this.#outbox.down();
    if (this.status.get() === 'live') this.status.set('stale');
  }

  #gone(): void {
    this.status.set('gone');
    void this.#core.storage.forgetBoard(this.id);
    // No event will confirm what was acked. What is open is sent, and the refusal says what becomes of it.
    this.#outbox.onSeq(Number.MAX_SAFE_INTEGER);
    this.#outbox.pump();
  }

  #showConflicts(): void {
    this.conflicts.set(this.#core.conflicts.all.get().filter((conflict) => conflict.board_id === this.id));
  }

  /** One's own ops are shown at once, without waiting for anybody. */
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
    const { state, isCached } = this.#replica;
    if (!state) return;
    const actor_id = this.#core.session.userId;
    const open = this.#outbox.open;
    const board = predictAll(
      state,
      open.map(({ op, op_id, at }) => ({ op, op_id, at, actor_id })),
    );
    this.#shown = { committed: state, board, open };
    const unsynced = new Set(open.map(({ op }) => targetOf(op)));
    this.view.set(viewOf(board, unsynced, isCached, this.view.get()));
    const fresh = this.#fresh;
    this.#fresh = [];
    if (fresh.length > 0) this.events.tell(fresh);
  }

  #keepSoon(): void {
    this.#keepTimer ??= setTimeout(() => this.keep(), KEEP_MS);
  }
}
