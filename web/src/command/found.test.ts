import { expect, it } from 'vitest';
import type { BoardView } from '@/sync/api';
import type { Task } from '@/sync/wire';
import { tasksHere } from './found';

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
