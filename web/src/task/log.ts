/** The log of one task, newest first, as pages of it arrive. */
import type { BoardEvent } from '@/sync/wire';

export interface LogPage {
  events: readonly BoardEvent[];
  /** Where older ones begin; null where there are none. */
  next: string | null;
}

export const NO_LOG: LogPage = { events: [], next: null };

/** The newest page once more, with what was read before of older ones: unless there is a gap between them. */
export function withNewest(before: LogPage, newest: LogPage): LogPage {
  const oldest = newest.events.at(-1)?.seq;
  if (oldest === undefined) return newest;
  const older = before.events.filter((event) => event.seq < oldest);
  const meet = before.events.some((event) => event.seq >= oldest);
  if (older.length === 0 || !meet) return newest;
  return { events: [...newest.events, ...older], next: before.next };
}

export const withOlder = (before: LogPage, older: LogPage): LogPage => ({
  events: [...before.events, ...older.events],
  next: older.next,
});
