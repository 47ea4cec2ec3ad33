import { describe, expect, it } from 'vitest';
import type { BoardView } from '@/sync/api';
import type { Task } from '@/sync/wire';
import { score, tasksHere } from './found';

describe('what is typed', () => {
  it('is answered best by what begins with it, then by a word that does', () => {
    const typed = (value: string) => score(value, 'dark');
    expect([typed('Dark appearance'), typed('Go dark'), typed('Undarkened'), typed('Light')]).toEqual([1, 0.8, 0.5, 0]);
    expect(score('Dark appearance', 'app dark')).toBeGreaterThan(0);
  });

  it('may be in letters of another keyboard', () => {
    expect(score('کتاب‌ها', 'كتاب')).toBe(1);
  });
});

it('tasks of the board are found by title and by number', () => {
  const task = (number: number, title: string) => ({ id: `t${number}`, number, title }) as Task;
  const tasks = [task(421, 'Later'), task(1, 'Mend the gate'), task(42, 'Paint it'), task(0, 'Not numbered yet')];
  const view = {
    board: { id: 'b', project_key: 'WEB' },
    tasks: new Map(tasks.map((one) => [one.id, one])),
  } as unknown as BoardView;
  expect(tasksHere(view, 'web-42').map((one) => one.name)).toEqual(['WEB-42', 'WEB-421']);
  expect(tasksHere(view, 'gate').map((one) => one.title)).toEqual(['Mend the gate']);
  expect(tasksHere(view, 'not numbered').map((one) => one.name)).toEqual([null]);
});
