import { describe, expect, it } from 'vitest';
import type { BoardView } from '@/sync/api';
import type { Column, Task } from '@/sync/wire';
import { type Arrangement, arrangementOf, resorted, rowBy, rowsOf, withArrangement } from './list';

const BOARD_ORDER: Arrangement = { sort: null, descending: false, group: 'none' };
const reading = { nameOf: (id: string) => id, compare: (a: string, b: string) => a.localeCompare(b) };

function task(id: string, fields: Partial<Task> = {}): Task {
  return {
    id,
    title: id,
    number: 1,
    column_id: 'todo',
    priority: 'medium',
    due_date: null,
    story_points: null,
    assignee_ids: [],
    updated_at: '2026-11-01T00:00:00.000000Z',
    ...fields,
  } as Task;
}

function viewOf(tasks: readonly Task[]): BoardView {
  const columns = ['todo', 'done'].map((id) => ({ id }) as Column);
  const order = columns.map(
    ({ id }) => [id, tasks.filter((one) => one.column_id === id).map((one) => one.id)] as const,
  );
  const byId = new Map(tasks.map((one) => [one.id, one]));
  return { columns, order: new Map(order), tasks: byId } as unknown as BoardView;
}

const keys = (tasks: readonly Task[], fields: Partial<Arrangement>, closed = new Set<string>()) =>
  rowsOf(viewOf(tasks), null, { ...BOARD_ORDER, ...fields }, closed, reading).map((row) => row.key);

describe('an arrangement', () => {
  it('stands in the address and comes back from it, beside what else is there', () => {
    const chosen: Arrangement = { sort: 'due', descending: true, group: 'assignee' };
    const query = withArrangement(new URLSearchParams('q=x'), chosen);
    expect(query.toString()).toBe('q=x&sort=-due&group=assignee');
    expect(arrangementOf(query)).toEqual(chosen);
  });

  it('is that of the board where the address makes no sense', () => {
    expect(arrangementOf(new URLSearchParams('sort=-rank&group=x'))).toEqual({ ...BOARD_ORDER, group: 'column' });
  });

  it('goes up, down and back to the order of the board', () => {
    const up = resorted(BOARD_ORDER, 'due');
    const down = resorted(up, 'due');
    expect([up.descending, down.descending, resorted(down, 'due').sort]).toEqual([false, true, null]);
  });
});

describe('rows', () => {
  it('are in the order of the board, or sorted with what is missing last', () => {
    const tasks = [
      task('a', { column_id: 'done' }),
      task('b', { due_date: '2026-12-01T23:59:59.999999Z' }),
      task('c', { due_date: '2026-11-01T23:59:59.999999Z', priority: 'critical' }),
    ];
    expect(keys(tasks, {})).toEqual(['b', 'c', 'a']);
    expect(keys(tasks, { sort: 'due' })).toEqual(['c', 'b', 'a']);
    expect(keys(tasks, { sort: 'due', descending: true })).toEqual(['b', 'c', 'a']);
    expect(keys(tasks, { sort: 'priority', descending: true })).toEqual(['c', 'b', 'a']);
  });

  it('are grouped by column; an empty group is left out, a closed one shows its head alone', () => {
    const tasks = [task('a'), task('b')];
    expect(keys(tasks, { group: 'column' })).toEqual(['column:todo', 'todo/a', 'todo/b']);
    expect(keys(tasks, { group: 'column' }, new Set(['column:todo']))).toEqual(['column:todo']);
  });

  it('stand under each of their assignees, those of nobody last', () => {
    const tasks = [task('a'), task('b', { assignee_ids: ['zoe', 'ali'] })];
    expect(keys(tasks, { group: 'assignee' })).toEqual([
      'assignee:ali',
      'ali/b',
      'assignee:zoe',
      'zoe/b',
      'assignee:',
      '/a',
    ]);
  });

  it('are 2,000 in no time', () => {
    const tasks = Array.from({ length: 2_000 }, (_, index) => task(`t${index}`, { number: index }));
    const view = viewOf(tasks);
    const begun = performance.now();
    rowsOf(view, null, { sort: 'title', descending: true, group: 'assignee' }, new Set(), reading);
    expect(performance.now() - begun).toBeLessThan(250);
  });
});

it('keys lead from row to row and stop at the ends', () => {
  expect([rowBy('ArrowDown', 0, 3, 10), rowBy('k', 0, 3, 10), rowBy('PageDown', 0, 3, 10)]).toEqual([1, 0, 2]);
  expect(rowBy('x', 0, 3, 10)).toBeNull();
});
