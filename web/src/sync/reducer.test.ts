/** The client's replay held against the server's: the logs are recorded by `tests/blackbox/recorded.rs`. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type BoardState, Draft, fromSnapshot } from './board-state';
import { predict } from './optimistic';
import { rankBetween } from './rank';
import { applyEvents } from './reducer';
import { emptyBoard } from './testing/world';
import type { BoardEvent, Id, Op, Snapshot } from './wire';

interface Recorded {
  start: { seq: number; snapshot: Snapshot };
  ops: readonly { op_id: Id; op: Op }[];
  events: readonly BoardEvent[];
  end: { seq: number; snapshot: Snapshot };
}

const folder = new URL('./fixtures/', import.meta.url);
const logs = readdirSync(folder).map((file) => ({
  file,
  log: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recorded,
}));

/** Every kind that the server writes. */
const KINDS: Record<BoardEvent['kind'], true> = {
  'task.created': true,
  'task.updated': true,
  'task.moved': true,
  'task.deleted': true,
  'task.restored': true,
  'column.created': true,
  'column.updated': true,
  'column.moved': true,
  'column.deleted': true,
};

function plain(state: BoardState) {
  const { board, seq, columns, tasks, order } = state;
  return { board, seq, columns, tasks: new Map([...tasks].sort(([a], [b]) => (a < b ? -1 : 1))), order };
}

describe.each(logs)('$file', ({ log }) => {
  test('comes to the snapshot of the server', () => {
    const start = fromSnapshot(log.start.snapshot, log.start.seq);
    const end = fromSnapshot(log.end.snapshot, log.end.seq);
    expect(plain(applyEvents(start, log.events))).toEqual(plain(end));
    const byOne = log.events.reduce((state, event) => applyEvents(state, [event]), start);
    expect(plain(byOne)).toEqual(plain(end));
  });

  test('is what each op was expected to do', () => {
    let state = fromSnapshot(log.start.snapshot, log.start.seq);
    log.events.forEach((event, i) => {
      const sent = log.ops[i];
      expect(sent?.op_id).toBe(event.op_id);
      const respaces = 'ranks' in event.data;
      // What was deleted before the log begins can't be known.
      const isKnown = event.kind !== 'task.restored' || state.removed.has(event.data.task.id);
      if (sent && !respaces && isKnown) {
        const { actor_id, at } = event;
        const predicted = predict(new Draft(state), { ...sent, actor_id, at });
        if (predicted?.kind === 'task.created' && event.kind === 'task.created') {
          predicted.data.task.number = event.data.task.number;
        }
        expect(predicted).toEqual(event);
      }
      state = applyEvents(state, [event]);
    });
  });
});

test('the logs hold every kind of event, and new ranks of neighbours', () => {
  const events = logs.flatMap(({ log }) => log.events);
  expect(new Set(events.map((event) => event.kind))).toEqual(new Set(Object.keys(KINDS)));
  const respacing = events.filter((event) => 'ranks' in event.data).map((event) => event.kind);
  expect(new Set(respacing)).toEqual(new Set(['task.created', 'column.created']));
  expect(events.some((event) => event.kind === 'column.deleted' && event.data.moved.length > 1)).toBe(true);
});

test('what an event does not change is the same object as before', () => {
  const snapshot = emptyBoard();
  const [first, second, third] = snapshot.columns;
  if (!first || !second || !third) throw new Error('three columns');
  const create = (task_id: string, column_id: Id): Op => ({ kind: 'task.create', task_id, column_id, title: task_id });
  let state = fromSnapshot(snapshot, 0);
  for (const op of [create('one', first.id), create('two', first.id), create('three', second.id)]) {
    const event = predict(new Draft(state), { op, op_id: op.kind, actor_id: null, at: '2026' });
    if (event) state = applyEvents(state, [event]);
  }
  const move: Op = { kind: 'task.move', task_id: 'one', column_id: third.id };
  const event = predict(new Draft(state), { op: move, op_id: 'move', actor_id: null, at: '2027' });
  const next = event ? applyEvents(state, [event]) : state;
  expect(next.order.get(third.id)).toEqual(['one']);
  expect(next.tasks.get('one')?.updated_at).toBe('2027');
  expect(next.tasks.get('two')).toBe(state.tasks.get('two'));
  expect(next.order.get(second.id)).toBe(state.order.get(second.id));
  expect(next.columns).toBe(state.columns);
  expect(state.order.get(first.id)).toEqual(['one', 'two']);
});

test('counts change without a version, and an unknown kind changes nothing', () => {
  const snapshot = emptyBoard();
  const start = fromSnapshot(snapshot, 0);
  const column_id = snapshot.columns[0]?.id ?? '';
  const op: Op = { kind: 'task.create', task_id: 'one', column_id, title: 'one' };
  const created = predict(new Draft(start), { op, op_id: 'a', actor_id: null, at: '2026' });
  const common = { op_id: null, actor_id: null, at: '2027' };
  const counted: BoardEvent = {
    ...common,
    seq: 2,
    kind: 'task.updated',
    data: { task_id: 'one', version: 1, set: { comment_count: 3, description: 'long' } },
  };
  const strange = { ...common, seq: 3, kind: 'task.painted', data: {} } as unknown as BoardEvent;
  const end = applyEvents(start, [...(created ? [created] : []), counted, strange]);
  expect(end.tasks.get('one')).toMatchObject({ comment_count: 3, version: 1, updated_at: '2027' });
  expect(end.tasks.get('one')).not.toHaveProperty('description');
  expect(end.seq).toBe(3);
});

test('ranks always have room between them', () => {
  const ranks = [rankBetween(null, null)];
  let pick = 7;
  for (let i = 0; i < 500; i++) {
    pick = (pick * 48_271) % 2_147_483_647;
    const at = pick % (ranks.length + 1);
    const [lower, upper] = [ranks[at - 1] ?? null, ranks[at] ?? null];
    const rank = rankBetween(lower, upper);
    expect(lower === null || lower < rank).toBe(true);
    expect(upper === null || rank < upper).toBe(true);
    ranks.splice(at, 0, rank);
  }
});
