import { expect, test } from 'vitest';
import type { BoardView } from '@/sync/api';
import type { Column, Task } from '@/sync/wire';
import { endOf, isFull, loadOf, moveOps, room } from './actions';

const LISTS: Record<string, string[]> = { todo: ['a', 'b', 'c'], doing: ['d'], done: [] };

function viewOf(lists = LISTS, limits: Record<string, number> = {}): BoardView {
  const columns = Object.keys(lists).map((id) => ({ id, name: id, wip_limit: limits[id] ?? null }) as Column);
  const tasks = Object.entries(lists).flatMap(([column_id, ids]) => ids.map((id) => ({ id, column_id }) as Task));
  return {
    columns,
    tasks: new Map(tasks.map((task) => [task.id, task])),
    order: new Map(Object.entries(lists)),
  } as unknown as BoardView;
}

test('a card names both its new neighbours', () => {
  expect(moveOps(viewOf(), ['d'], { column_id: 'todo', after: 'a', before: 'b' })).toEqual([
    { kind: 'task.move', task_id: 'd', column_id: 'todo', after: 'a', before: 'b' },
  ]);
  expect(moveOps(viewOf(), ['a'], { column_id: 'done', after: null, before: null })).toEqual([
    { kind: 'task.move', task_id: 'a', column_id: 'done' },
  ]);
});

test('several stand one below the other, in the order that is given', () => {
  const ops = moveOps(viewOf(), ['a', 'c'], { column_id: 'doing', after: null, before: 'd' });
  expect(ops).toEqual([
    { kind: 'task.move', task_id: 'a', column_id: 'doing', before: 'd' },
    { kind: 'task.move', task_id: 'c', column_id: 'doing', after: 'a', before: 'd' },
  ]);
});

test('what stands there already is not moved', () => {
  expect(moveOps(viewOf(), ['b'], { column_id: 'todo', after: 'a', before: 'c' })).toEqual([]);
  expect(moveOps(viewOf(), ['a', 'b'], { column_id: 'todo', after: null, before: 'c' })).toEqual([]);
  expect(moveOps(viewOf(), ['b', 'c'], { column_id: 'todo', after: 'a', before: null })).toEqual([]);
  expect(moveOps(viewOf(), ['a', 'c'], { column_id: 'todo', after: null, before: 'b' })).toHaveLength(2);
});

test('cards that are gone are left out', () => {
  const ops = moveOps(viewOf(), ['x', 'a'], { column_id: 'doing', after: 'd', before: null });
  expect(ops.map((op) => 'task_id' in op && op.task_id)).toEqual(['a']);
});

test('a limit keeps out what comes in, not what is inside', () => {
  const view = viewOf(LISTS, { todo: 3, doing: 2 });
  expect(room(view, 'todo')).toBe(0);
  expect(room(view, 'done')).toBe(Number.POSITIVE_INFINITY);
  expect(isFull(view, 'todo', ['d'])).toBe(true);
  expect(isFull(view, 'todo', ['a', 'b'])).toBe(false);
  expect(isFull(view, 'doing', ['a'])).toBe(false);
  expect(isFull(view, 'doing', ['a', 'b'])).toBe(true);
});

test('the ends of a column, without what is moved', () => {
  expect(endOf(viewOf(), 'todo', ['c'])).toEqual({ column_id: 'todo', after: 'b', before: null });
  expect(endOf(viewOf(), 'todo', ['a'], true)).toEqual({ column_id: 'todo', after: null, before: 'b' });
});

test('how full a column is', () => {
  const column = { wip_limit: 2 } as Column;
  expect([1, 2, 3].map((count) => loadOf(column, count))).toEqual(['free', 'full', 'over']);
  expect(loadOf({ wip_limit: null } as Column, 9)).toBe('free');
});
