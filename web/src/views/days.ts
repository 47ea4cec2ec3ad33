/** Tasks by the day that they are due, and what becomes of a due date that is taken to another day. */
import type { BoardView } from '@/sync/api';
import type { Id, Moment, Task } from '@/sync/wire';
import { dueDay, dueMoment, isWholeDay, localDay } from '@/ui/day';

export interface Days {
  /** By `YYYY-MM-DD`: open ones first, in the order of the board. */
  due: ReadonlyMap<string, readonly Task[]>;
  /** Open ones without a due date, in the order of the board. */
  undated: readonly Task[];
}

export function daysOf(view: BoardView, matches: ((task: Task) => boolean) | null): Days {
  const due = new Map<string, Task[]>();
  const undated: Task[] = [];
  for (const column of view.columns) {
    for (const id of view.order.get(column.id) ?? []) {
      const task = view.tasks.get(id);
      if (!task || (matches && !matches(task))) continue;
      if (task.due_date === null) {
        if (task.completed_at === null) undated.push(task);
        continue;
      }
      const day = dueDay(task.due_date);
      const list = due.get(day);
      if (list) list.push(task);
      else due.set(day, [task]);
    }
  }
  for (const list of due.values())
    list.sort((a, b) => Number(a.completed_at !== null) - Number(b.completed_at !== null));
  return { due, undated };
}

/** The day that a task is due now; null for none. */
export const dayOfTask = (task: Task | undefined) => (task?.due_date ? dueDay(task.due_date) : null);

/** A due date on another day: a whole day stays one, and a moment keeps its time of day. */
export function movedTo(due: Moment | null, day: string): Moment {
  if (due === null || isWholeDay(due)) return dueMoment(day);
  const at = new Date(due);
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  at.setFullYear(year, month - 1, date);
  return at.toISOString().replace('Z', '000Z');
}

/** What is carried from day to day, by the pointer or by keys. */
export interface Lift {
  id: Id;
  by: 'pointer' | 'keys';
  /** Where it would go: a day, `undated`, or null where a drop changes nothing. */
  over: string | null;
}

export const UNDATED = 'undated';

/** The day that arrows and Page keys lead to from `day`; null for other keys. Up and Down go by weeks. */
export function daysBy(key: string, dir: 'ltr' | 'rtl'): { days: number } | { months: number } | null {
  switch (key) {
    case 'ArrowLeft':
      return { days: dir === 'rtl' ? 1 : -1 };
    case 'ArrowRight':
      return { days: dir === 'rtl' ? -1 : 1 };
    case 'ArrowUp':
      return { days: -7 };
    case 'ArrowDown':
      return { days: 7 };
    case 'PageUp':
      return { months: -1 };
    case 'PageDown':
      return { months: 1 };
    default:
      return null;
  }
}

/** How many of `total` fit into `room` lines: all of them, or one less, where the last line tells of the rest. */
export function fitting(total: number, room: number): number {
  return total <= room ? total : Math.max(0, room - 1);
}

export const today = () => localDay(new Date());
