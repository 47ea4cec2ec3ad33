/** Days as `YYYY-MM-DD`, and the moments by which the server keeps them. */
import type { Moment } from '@/sync/wire';

const DAY_END = /T23:59:59\.9+Z$/;

/** Whether a due date is a whole day, and not a moment: then it is that day whatever the time zone (`FORM-3`). */
export const isWholeDay = (due: Moment) => DAY_END.test(due);

/** The day that a due date names; a moment is on the device's day. */
export const dueDay = (due: Moment) => (isWholeDay(due) ? due.slice(0, 10) : localDay(new Date(due)));

/** A day as the server keeps it. */
export const dueMoment = (day: string): Moment => `${day}T23:59:59.999999Z`;

/** The device's day. */
export function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
