import { describe, expect, it } from 'vitest';
import type { BoardView } from '@/sync/api';
import type { Column, Task } from '@/sync/wire';
import { dueMoment } from '@/ui/day';
import { daysBy, daysOf, fitting, movedTo } from './days';

const task = (id: string, fields: Partial<Task> = {}) =>
  ({ id, title: id, column_id: 'c', due_date: null, completed_at: null, ...fields }) as Task;

function viewOf(tasks: readonly Task[]): BoardView {
  return {
    columns: [{ id: 'c' } as Column],
    tasks: new Map(tasks.map((one) => [one.id, one])),
    order: new Map([['c', tasks.map((one) => one.id)]]),
  } as unknown as BoardView;
}

describe('the days of a board', () => {
  it('hold their tasks in the order of the board, those that are done last', () => {
    const due_date = dueMoment('2026-11-25');
    const view = viewOf([
      task('a', { due_date, completed_at: '2026-11-20T10:00:00.000000Z' }),
      task('b', { due_date }),
      task('c', { due_date }),
      task('d', { due_date: dueMoment('2026-12-01') }),
    ]);
    const { due } = daysOf(view, null);
    expect(due.get('2026-11-25')?.map((one) => one.id)).toEqual(['b', 'c', 'a']);
    expect(due.get('2026-12-01')?.map((one) => one.id)).toEqual(['d']);
  });

  it('leave over what is open and has no date, and what the filter hides', () => {
    const view = viewOf([task('a'), task('b', { completed_at: '2026-11-20T10:00:00.000000Z' }), task('x')]);
    expect(daysOf(view, (one) => one.id !== 'x').undated.map((one) => one.id)).toEqual(['a']);
  });
});

describe('a due date that is moved', () => {
  it('stays a whole day', () => {
    expect(movedTo(dueMoment('2026-11-25'), '2026-12-01')).toBe(dueMoment('2026-12-01'));
    expect(movedTo(null, '2026-12-01')).toBe(dueMoment('2026-12-01'));
  });

  it('keeps its time of day', () => {
    const before = new Date(2026, 10, 25, 14, 30);
    const after = new Date(movedTo(before.toISOString().replace('Z', '000Z'), '2026-12-01'));
    expect([after.getFullYear(), after.getMonth(), after.getDate()]).toEqual([2026, 11, 1]);
    expect([after.getHours(), after.getMinutes()]).toEqual([14, 30]);
  });
});

it('arrows go by days and weeks, and are mirrored with the page', () => {
  expect(daysBy('ArrowRight', 'ltr')).toEqual({ days: 1 });
  expect(daysBy('ArrowRight', 'rtl')).toEqual({ days: -1 });
  expect(daysBy('ArrowUp', 'rtl')).toEqual({ days: -7 });
  expect(daysBy('PageDown', 'ltr')).toEqual({ months: 1 });
  expect(daysBy('a', 'ltr')).toBeNull();
});

it('a day that is too full gives its last line to the number of the rest', () => {
  expect([fitting(3, 3), fitting(4, 3), fitting(4, 1), fitting(0, 0)]).toEqual([3, 2, 0, 0]);
});
