/** What a due date means: a day where it is a day's last moment (FORM-3), else a moment. */
import type { Moment, Task } from '@/sync/wire';
import { dueDay, isWholeDay, localDay } from '@/ui/day';

export interface Due {
  /** How to write it: a day is a day everywhere, whatever the time zone. */
  format: Intl.DateTimeFormatOptions;
  state: 'overdue' | 'today' | 'later' | 'done';
}

export function dueOf(task: Pick<Task, 'due_date' | 'completed_at'>, now: Date): Due | null {
  const { due_date, completed_at } = task;
  if (due_date === null) return null;
  const isDay = isWholeDay(due_date);
  const day = dueDay(due_date);
  const today = localDay(now);
  const over = isDay ? day < today : Date.parse(due_date) < now.getTime();
  const state = completed_at !== null ? 'done' : over ? 'overdue' : day === today ? 'today' : 'later';
  return { format: { ...dateFormat(due_date, now), ...(isDay ? { timeZone: 'UTC' } : {}) }, state };
}

/** The year is said where it is another one. */
function dateFormat(due: Moment, now: Date): Intl.DateTimeFormatOptions {
  const far = Math.abs(Date.parse(due) - now.getTime()) > 300 * 86_400_000;
  return { day: 'numeric', month: 'short', ...(far ? { year: 'numeric' } : {}) };
}
