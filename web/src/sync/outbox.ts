/**
 * The open ops of one board: in which order and when they are sent, and when they are done. Their author sees them applied
 * all the time.
 */
import { guarded, overlaps, targetOf, written } from './fields';
import type { OwnChanges } from './own-changes';
import type { PendingOp } from './storage';
import { isPassing } from './verdict';
import type { Ack, BoardEvent, Id, Op, Reject } from './wire';

const IN_FLIGHT_MAX = 64;
/** Wait before the ops are sent again, where the server doesn't say. */
const AGAIN_MS = 500;
const AGAIN_MAX_MS = 10_000;

export type Answer = { ack: Ack } | { reject: Reject } | 'lost';

export interface Ports {
  /** Whether ops can be sent now. */
  isUp(): boolean;
  /** Milliseconds until one more may be sent; 0 takes the right to. */
  takeTicket(): number;
  send(op: PendingOp): Promise<Answer>;
  /** Several at once, in order, by REST. The answers stand in the same order. */
  sendAll(ops: readonly PendingOp[]): Promise<readonly Answer[]>;
  /** Keeps it. Its version is settled: it must be kept before it is sent. */
  keep(op: PendingOp): Promise<void>;
  /** Neither an ack nor a reason to try again. */
  onReject(op: PendingOp, reject: Reject): void;
  /** It is on the board, by ack and by event. */
  onDone(op: PendingOp): void;
  onAck(op: PendingOp, ack: Ack): void;
}

type Phase = 'waiting' | 'keeping' | 'sent' | 'acked';

interface Entry {
  pending: PendingOp;
  phase: Phase;
  ack: Ack | null;
}

export class Outbox {
  readonly #ports: Ports;
  readonly #own: OwnChanges;
  #entries: Entry[] = [];
  /** The last event that the board holds; null while it is not known. */
  #seq: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** After an op was not judged, those behind it are awaited before all are sent again. */
  #stalledMs: number | null = null;
  #refusals = 0;

  constructor(ports: Ports, own: OwnChanges) {
    this.#ports = ports;
    this.#own = own;
  }

  /** In the order in which they are sent. */
  get open(): readonly PendingOp[] {
    return this.#entries.map((entry) => entry.pending);
  }

  /** Those that no answer has come for. */
  get unanswered(): number {
    return this.#entries.filter((entry) => entry.phase !== 'acked').length;
  }

  /** Takes in new ops, or those of another tab, by their position. Settles the versions of those that can be sent. */
  add(ops: readonly PendingOp[]): void {
    for (const pending of ops) {
      if (this.#entries.some((entry) => entry.pending.op_id === pending.op_id)) continue;
      const at = this.#entries.findIndex((entry) => entry.pending.position > pending.position);
      const entry: Entry = { pending, phase: 'waiting', ack: null };
      this.#entries.splice(at < 0 ? this.#entries.length : at, 0, entry);
    }
  }

  /** Settles what can be, so that it is kept in the words in which it will be sent. */
  settled(op: PendingOp): PendingOp {
    const at = this.#entries.findIndex((entry) => entry.pending.op_id === op.op_id);
    const entry = this.#entries[at];
    if (entry && !entry.pending.isSettled && !this.#mustWait(at)) entry.pending = this.#settle(entry.pending);
    return entry?.pending ?? op;
  }

  /** Whether its author has given that field another value since, in sight of this one. */
  isSuperseded({ op_id }: PendingOp, field: string): boolean {
    return this.#entries.some(({ pending: { op, over, purpose } }) => {
      // An undo that is refused asks nobody, so it takes nothing over.
      const isEdit = purpose === 'edit' && (op.kind === 'task.update' || op.kind === 'column.update');
      return isEdit && over.includes(op_id) && guarded(op).includes(field);
    });
  }

  /** Puts `again` where `op_id` stood. */
  replace(op_id: Id, again: PendingOp): void {
    const entry = this.#entries.find((one) => one.pending.op_id === op_id);
    if (entry) Object.assign(entry, { pending: again, phase: 'waiting', ack: null });
    else this.add([again]);
    for (const { pending } of this.#entries) {
      if (pending.over.includes(op_id)) pending.over = pending.over.map((id) => (id === op_id ? again.op_id : id));
    }
  }

  drop(op_id: Id): PendingOp | undefined {
    const entry = this.#entries.find((one) => one.pending.op_id === op_id);
    this.#entries = this.#entries.filter((one) => one !== entry);
    return entry?.pending;
  }

  clear(): void {
    this.#entries = [];
    this.down();
  }

  /** The connection is lost: what was not answered is sent again, in order. */
  down(): void {
    for (const entry of this.#entries) if (entry.phase === 'sent') entry.phase = 'waiting';
    this.#stalledMs = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** An event with one of these ops. Events and acks come in either order. */
  onEvent(event: BoardEvent): void {
    this.#seq = event.seq;
    const entry = this.#entries.find((one) => one.pending.op_id === event.op_id);
    if (!entry) return;
    if (entry.phase !== 'acked') this.#ports.onAck(entry.pending, ackOf(event));
    this.#finish(entry);
  }

  /** The board holds all up to `seq`. */
  onSeq(seq: number): void {
    this.#seq = seq;
    for (const entry of [...this.#entries]) if (entry.ack && entry.ack.seq <= seq) this.#finish(entry);
  }

  /** Sends what can be sent. */
  pump(): void {
    if (this.#timer !== null || this.#stalledMs !== null) return;
    let inFlight = this.#entries.filter((entry) => entry.phase === 'sent' || entry.phase === 'keeping').length;
    for (let at = 0; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (!entry || !this.#ports.isUp() || inFlight >= IN_FLIGHT_MAX) return;
      if (entry.phase === 'keeping') return;
      if (entry.phase !== 'waiting') continue;
      if (!entry.pending.isSettled) {
        if (this.#mustWait(at)) return;
        this.#keep(entry);
        return;
      }
      const run = this.#gestureFrom(at);
      if (run.length > 1) {
        // By another door: what went through the socket must be answered first, or it may be overtaken.
        if (inFlight === 0) this.#sendAll(run);
        return;
      }
      const wait = this.#ports.takeTicket();
      if (wait > 0) {
        this.#pumpIn(wait);
        return;
      }
      inFlight += 1;
      entry.phase = 'sent';
      const { op_id } = entry.pending;
      this.#ports.send(entry.pending).then((answer) => this.#answered(entry, op_id, answer));
    }
  }

  #keep(entry: Entry): void {
    entry.pending = this.#settle(entry.pending);
    entry.phase = 'keeping';
    this.#ports.keep(entry.pending).then(() => {
      if (entry.phase === 'keeping') entry.phase = 'waiting';
      this.pump();
    });
  }

  #sendAll(run: readonly Entry[]): void {
    for (const entry of run) entry.phase = 'sent';
    const pending = run.map((entry) => entry.pending);
    this.#ports.sendAll(pending).then((answers) => {
      // A request that failed is no lost connection: nobody else sends these again.
      if (answers.includes('lost')) this.#stalledMs = this.#nextWait();
      run.forEach((entry, i) => {
        this.#answered(entry, pending[i]?.op_id ?? '', answers[i] ?? 'lost');
      });
    });
  }

  #answered(entry: Entry, op_id: Id, answer: Answer): void {
    // Its event may have come first.
    const isAwaited = entry.phase === 'sent' && entry.pending.op_id === op_id && this.#entries.includes(entry);
    if (!isAwaited) {
      this.#unstall();
      return;
    }
    if (answer === 'lost') {
      entry.phase = 'waiting';
    } else if ('ack' in answer) {
      this.#refusals = 0;
      entry.phase = 'acked';
      entry.ack = answer.ack;
      this.#ports.onAck(entry.pending, answer.ack);
      if (this.#seq !== null && answer.ack.seq <= this.#seq) this.#finish(entry);
    } else if (isPassing(answer.reject)) {
      entry.phase = 'waiting';
      this.#stall(answer.reject.retry_after_ms);
    } else {
      this.#refusals = 0;
      this.#ports.onReject(entry.pending, answer.reject);
    }
    this.#unstall();
    this.pump();
  }

  #stall(askedMs: number | undefined): void {
    this.#stalledMs = Math.max(this.#stalledMs ?? 0, askedMs ?? this.#nextWait());
  }

  #nextWait(): number {
    return Math.min(AGAIN_MS * 2 ** this.#refusals, AGAIN_MAX_MS);
  }

  /** When all that is in flight is answered, all is sent again, in its order (REQ-4). */
  #unstall(): void {
    if (this.#stalledMs === null || this.#entries.some((entry) => entry.phase === 'sent')) return;
    const wait = this.#stalledMs;
    this.#stalledMs = null;
    this.#refusals += 1;
    this.#pumpIn(wait);
  }

  #pumpIn(ms: number): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.pump();
    }, ms);
  }

  #finish(entry: Entry): void {
    const later = this.#entries.slice(this.#entries.indexOf(entry) + 1);
    this.#entries = this.#entries.filter((one) => one !== entry);
    // What waited for it was made in sight of it. That is kept, since another page may have to send it.
    for (const one of later) {
      const { op, seen, isSettled } = one.pending;
      if (isSettled || targetOf(op) !== targetOf(entry.pending.op) || guarded(op).length === 0) continue;
      const base = this.#own.base(targetOf(op), guarded(op), seen);
      if (base === seen) continue;
      one.pending = { ...one.pending, seen: base };
      void this.#ports.keep(one.pending);
    }
    this.#ports.onDone(entry.pending);
  }

  #settle(pending: PendingOp): PendingOp {
    const fields = guarded(pending.op);
    if (fields.length === 0 || pending.seen === 0) return { ...pending, isSettled: true };
    const version = this.#own.base(targetOf(pending.op), fields, pending.seen);
    return { ...pending, isSettled: true, op: { ...pending.op, version } as Op };
  }

  /** Whether an earlier op is open that changes a field whose version this one has to name. */
  #mustWait(at: number): boolean {
    const own = this.#entries[at]?.pending.op;
    const fields = own ? guarded(own) : [];
    if (!own || fields.length === 0) return false;
    return this.#entries.slice(0, at).some(({ pending: { op } }) => {
      if (op.kind === 'column.delete' && own.kind.startsWith('task.')) return fields.includes('position');
      // What one has made oneself is at version 1 until another op of one's own changes it.
      if (targetOf(op) !== targetOf(own) || op.kind === 'task.create' || op.kind === 'column.create') return false;
      return overlaps(written(op), fields);
    });
  }

  /** The ops of one gesture that can be sent in one request. */
  #gestureFrom(at: number): readonly Entry[] {
    const first = this.#entries[at];
    if (!first || first.pending.gesture === null) return first ? [first] : [];
    const run = [first];
    for (let next = at + 1; next < this.#entries.length; next++) {
      const entry = this.#entries[next];
      if (!entry || entry.pending.gesture !== first.pending.gesture || entry.phase !== 'waiting') break;
      if (!entry.pending.isSettled) break;
      run.push(entry);
    }
    return run;
  }
}

function ackOf(event: BoardEvent): Ack {
  const base = { op_id: event.op_id ?? '', seq: event.seq };
  switch (event.kind) {
    case 'task.created':
    case 'task.restored': {
      const { id, version, number } = event.data.task;
      return { ...base, version, task_id: id, number };
    }
    case 'column.created':
      return { ...base, version: event.data.column.version, column_id: event.data.column.id };
    default:
      return { ...base, version: event.data.version };
  }
}
