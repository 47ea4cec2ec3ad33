/** Open ops: in which order they go, and what becomes of them, whatever comes first. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Answer, Outbox } from './outbox';
import { OwnChanges } from './own-changes';
import type { PendingOp } from './storage';
import type { Ack, BoardEvent, Op, Reject } from './wire';

let position = 0;

function pendingOf(op: Op, more: Partial<PendingOp> = {}): PendingOp {
  position += 1;
  const ids = { op_id: `op-${position}`, board_id: 'board', user_id: 'ada', tab_id: 'tab' };
  const rest = { op, isSettled: false, seen: 1, over: [], at: '2026', gesture: null, purpose: 'edit' } as const;
  return { ...ids, position, ...rest, ...more };
}

const title = (task_id: string, text = 'text'): Op => ({ kind: 'task.update', task_id, set: { title: text } });
const priority = (task_id: string): Op => ({ kind: 'task.update', task_id, set: { priority: 'high' } });
const move = (task_id: string): Op => ({ kind: 'task.move', task_id, column_id: 'column' });
const create = (task_id: string): Op => ({ kind: 'task.create', task_id, column_id: 'column', title: 'new' });

class Desk {
  isUp = true;
  readonly sent: PendingOp[] = [];
  readonly bulks: (readonly PendingOp[])[] = [];
  readonly told: string[] = [];
  readonly own = new OwnChanges();
  readonly outbox: Outbox;
  readonly #answers: ((answer: Answer) => void)[] = [];
  readonly #bulkAnswers: ((answers: readonly Answer[]) => void)[] = [];

  constructor() {
    const ports = {
      isUp: () => this.isUp,
      takeTicket: () => 0,
      send: (op: PendingOp) => {
        this.sent.push(op);
        return new Promise<Answer>((resolve) => this.#answers.push(resolve));
      },
      sendAll: (ops: readonly PendingOp[]) => {
        this.bulks.push(ops);
        return new Promise<readonly Answer[]>((resolve) => this.#bulkAnswers.push(resolve));
      },
      keep: async () => undefined,
      onAck: (op: PendingOp, ack: Ack) => {
        this.own.note(op.op, ack.version);
        this.told.push(`ack ${op.op_id}`);
      },
      onReject: (op: PendingOp, reject: Reject) => {
        this.told.push(`reject ${op.op_id} ${reject.code}`);
        this.outbox.drop(op.op_id);
      },
      onDone: (op: PendingOp) => this.told.push(`done ${op.op_id}`),
    };
    this.outbox = new Outbox(ports, this.own);
    this.outbox.onSeq(10);
  }

  async add(...ops: PendingOp[]): Promise<void> {
    this.outbox.add(ops);
    for (const op of ops) this.outbox.settled(op);
    this.outbox.pump();
    await settle();
  }

  async answer(at: number, answer: Answer): Promise<void> {
    this.#answers[at]?.(answer);
    await settle();
  }

  async answerBulk(at: number, answers: readonly Answer[]): Promise<void> {
    this.#bulkAnswers[at]?.(answers);
    await settle();
  }

  ids(): (string | undefined)[] {
    return this.sent.map((op) => op.op_id);
  }
}

/** Lets what is resolved go on, without letting time pass. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

function ackOf(op: PendingOp, seq: number, version = 2): { ack: Ack } {
  return { ack: { op_id: op.op_id, seq, version } };
}

function eventOf(op: PendingOp, seq: number, version = 2): BoardEvent {
  const data = { task_id: 'task_id' in op.op ? op.op.task_id : '', version, set: {} };
  return { seq, kind: 'task.updated', op_id: op.op_id, actor_id: 'ada', at: '2026', data };
}

const refusal = (op: PendingOp, code: Reject['code'], more: Partial<Reject> = {}): Answer => ({
  reject: { op_id: op.op_id, code, message: code, ...more },
});

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe('ack and event', () => {
  test('the ack first: it stays on top until its event is in the board', async () => {
    const desk = new Desk();
    const op = pendingOf(title('a'));
    await desk.add(op);
    await desk.answer(0, ackOf(op, 11));
    expect(desk.outbox.open).toHaveLength(1);
    expect(desk.outbox.unanswered).toBe(0);
    desk.outbox.onEvent(eventOf(op, 11));
    expect(desk.outbox.open).toHaveLength(0);
    expect(desk.told).toEqual([`ack ${op.op_id}`, `done ${op.op_id}`]);
  });

  test('the event first: it is as good as an ack', async () => {
    const desk = new Desk();
    const op = pendingOf(title('a'));
    await desk.add(op);
    desk.outbox.onEvent(eventOf(op, 11));
    expect(desk.told).toEqual([`ack ${op.op_id}`, `done ${op.op_id}`]);
    await desk.answer(0, ackOf(op, 11));
    expect(desk.told).toHaveLength(2);
  });

  test('a snapshot that holds it stands for its event', async () => {
    const desk = new Desk();
    const op = pendingOf(title('a'));
    await desk.add(op);
    await desk.answer(0, ackOf(op, 12));
    desk.outbox.onSeq(11);
    expect(desk.outbox.open).toHaveLength(1);
    desk.outbox.onSeq(12);
    expect(desk.outbox.open).toHaveLength(0);
  });

  test('an ack for what the snapshot holds already', async () => {
    const desk = new Desk();
    const op = pendingOf(title('a'));
    await desk.add(op);
    await desk.answer(0, ackOf(op, 9));
    expect(desk.outbox.open).toHaveLength(0);
  });
});

describe('sending', () => {
  test('at most 64 are under way, in their order', async () => {
    const desk = new Desk();
    const ops = Array.from({ length: 100 }, (_, i) => pendingOf(title(`task ${i}`)));
    await desk.add(...ops);
    expect(desk.sent).toHaveLength(64);
    await desk.answer(0, ackOf(ops[0] ?? pendingOf(title('')), 11));
    expect(desk.ids()).toEqual(ops.slice(0, 65).map((op) => op.op_id));
  });

  test('a lost connection: all that has no answer is sent again, in order, in the same words', async () => {
    const desk = new Desk();
    const ops = [pendingOf(title('a')), pendingOf(move('b')), pendingOf(create('c'), { seen: 0 })];
    await desk.add(...ops);
    await desk.answer(1, ackOf(ops[1] ?? pendingOf(title('')), 11));
    desk.isUp = false;
    desk.outbox.down();
    for (const at of [0, 2]) await desk.answer(at, 'lost');
    desk.outbox.pump();
    expect(desk.sent).toHaveLength(3);
    desk.isUp = true;
    desk.outbox.pump();
    expect(desk.sent.slice(3)).toEqual([desk.sent[0], desk.sent[2]]);
  });

  test('UNAVAILABLE: the ones behind are awaited, then all go again in order', async () => {
    const desk = new Desk();
    const ops = [pendingOf(title('a')), pendingOf(title('b')), pendingOf(title('c'))];
    await desk.add(...ops);
    const [a, b, c] = ops;
    if (!a || !b || !c) throw new Error('three');
    await desk.answer(1, refusal(b, 'UNAVAILABLE', { retry_after_ms: 200 }));
    await desk.answer(2, refusal(c, 'UNAVAILABLE', { retry_after_ms: 200 }));
    vi.advanceTimersByTime(1_000);
    expect(desk.sent).toHaveLength(3);
    await desk.answer(0, ackOf(a, 11));
    await desk.add(pendingOf(title('d')));
    expect(desk.sent).toHaveLength(3);
    vi.advanceTimersByTime(200);
    expect(desk.ids().slice(3)).toEqual([b.op_id, c.op_id, `op-${position}`]);
  });

  test('RATE_LIMIT_EXCEEDED waits as long as it says', async () => {
    const desk = new Desk();
    const op = pendingOf(title('a'));
    await desk.add(op);
    await desk.answer(0, refusal(op, 'RATE_LIMIT_EXCEEDED', { retry_after_ms: 700 }));
    vi.advanceTimersByTime(699);
    expect(desk.sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(desk.ids()).toEqual([op.op_id, op.op_id]);
  });

  test('a gesture goes in one request, and nobody overtakes it', async () => {
    const desk = new Desk();
    const before = pendingOf(title('a'));
    const [one, two] = [pendingOf(move('b'), { gesture: 'g' }), pendingOf(move('c'), { gesture: 'g' })];
    const after = pendingOf(title('d'));
    await desk.add(before, one, two, after);
    expect(desk.ids()).toEqual([before.op_id]);
    await desk.answer(0, ackOf(before, 11));
    expect(desk.bulks.map((ops) => ops.map((op) => op.op_id))).toEqual([[one.op_id, two.op_id]]);
    expect(desk.sent).toHaveLength(1);
    await desk.answerBulk(0, ['lost', 'lost']);
    expect(desk.bulks).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    await desk.answerBulk(1, [ackOf(one, 12), refusal(two, 'NOT_FOUND')]);
    expect(desk.told).toContain(`reject ${two.op_id} NOT_FOUND`);
    expect(desk.ids()).toEqual([before.op_id, after.op_id]);
  });
});

describe('versions', () => {
  test('another field of the same task does not wait, the same field does', async () => {
    const desk = new Desk();
    const ops = [pendingOf(title('a', 'one')), pendingOf(priority('a')), pendingOf(title('a', 'two'))];
    const [first, second, third] = ops;
    if (!first || !second || !third) throw new Error('three');
    await desk.add(...ops);
    expect(desk.sent.map(({ op }) => 'version' in op && op.version)).toEqual([1, 1]);
    // Somebody else came in between: versions go on by two.
    await desk.answer(0, ackOf(first, 12, 3));
    desk.outbox.onSeq(12);
    desk.outbox.pump();
    await settle();
    expect(desk.sent).toHaveLength(3);
    expect(desk.sent[2]?.op).toMatchObject({ version: 3 });
  });

  test('one’s own changes are gone over, others’ never', () => {
    const own = new OwnChanges();
    own.note({ ...title('a'), version: 3 } as Op, 6);
    // The title from 3 to 6 is one's own, whoever changed what else in between.
    expect(own.base('a', ['title'], 3)).toBe(6);
    expect(own.base('a', ['title'], 4)).toBe(6);
    expect(own.base('a', ['title'], 2)).toBe(2);
    expect(own.base('a', ['title', 'priority'], 3)).toBe(3);
    expect(own.isOwn('a', 'title', 6, 3)).toBe(true);
    expect(own.isOwn('a', 'title', 7, 3)).toBe(false);
    expect(own.base('b', ['title'], 3)).toBe(3);
    // What names no version is one's own only where nothing lies between.
    own.note({ kind: 'task.restore', task_id: 'a' }, 7);
    expect(own.base('a', ['title'], 6)).toBe(7);
    expect(own.base('a', ['priority'], 6)).toBe(7);
    expect(own.base('a', ['priority'], 4)).toBe(4);
  });

  test('what one has made oneself is at version 1, also before that is answered', async () => {
    const desk = new Desk();
    await desk.add(pendingOf(create('a'), { seen: 0 }), pendingOf(title('a'), { seen: 1 }));
    expect(desk.sent).toHaveLength(2);
    expect(desk.sent[0]?.op).not.toHaveProperty('version');
    expect(desk.sent[1]?.op).toMatchObject({ version: 1 });
  });

  test('a refused op lets go what waited for it', async () => {
    const desk = new Desk();
    const [first, second] = [pendingOf(title('a', 'one')), pendingOf(title('a', 'two'))];
    await desk.add(first, second);
    expect(desk.sent).toHaveLength(1);
    await desk.answer(0, refusal(first, 'FORBIDDEN'));
    expect(desk.ids()).toEqual([first.op_id, second.op_id]);
    expect(desk.sent[1]?.op).toMatchObject({ version: 1 });
  });
});
