/** What the panel shows beyond the board's own view: the description and the log of one task, read by REST. */
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '@/app/client';
import { useBoard, useView } from '@/board/context';
import type { Page } from '@/sync/api';
import type { BoardEvent, Id } from '@/sync/wire';
import { type LogPage, NO_LOG, withNewest, withOlder } from './log';

/** The task or tasks that an event is about. */
export function concerns(event: BoardEvent, id: Id): boolean {
  const data = event.data as { task_id?: Id; task?: { id: Id }; moved?: readonly { task_id: Id }[] };
  return data.task_id === id || data.task?.id === id || (data.moved?.some((one) => one.task_id === id) ?? false);
}

export interface Description {
  /** Undefined until it was read. */
  text: string | undefined;
  /** It can't be read now: the device is offline. */
  missing: boolean;
}

/** The description as it stands, with one's own open ops on top. */
export function useDescription(id: Id): Description {
  const { room } = useBoard();
  const { rest } = useClient();
  const [read, setRead] = useState<Description>({ text: undefined, missing: false });
  // An op that sets it shows in the task's version or in what is unsynced.
  useView((view) => view);
  const load = useCallback(() => {
    rest.get<{ description: string }>(`/tasks/${id}`).then(
      (task) => setRead({ text: task.description, missing: false }),
      () => setRead((before) => ({ ...before, missing: before.text === undefined })),
    );
  }, [rest, id]);
  useEffect(() => {
    load();
    const stops = [
      room.onEvents((events) => {
        for (const event of events) {
          if (!concerns(event, id)) continue;
          const set = event.kind === 'task.updated' ? event.data.set.description : undefined;
          if (set !== undefined) setRead({ text: set ?? '', missing: false });
        }
      }),
      room.status.subscribe(() => room.status.get() === 'live' && load()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [room, id, load]);
  const open = room.openDescription(id);
  return open === undefined ? read : { text: open, missing: false };
}

const PAGE = 20;

export interface Log {
  events: readonly BoardEvent[];
  /** Whether it was read. */
  ready: boolean;
  error: unknown;
  /** Reads older ones; null where there are none. */
  more: (() => void) | null;
}

/** What happened to a task, newest first. */
export function useLog(id: Id): Log {
  const { room } = useBoard();
  const { rest } = useClient();
  const [log, setLog] = useState<LogPage | null>(null);
  const [error, setError] = useState<unknown>(null);
  const read = useCallback(
    (cursor?: string) => {
      const query = cursor ? { limit: PAGE, cursor } : { limit: PAGE };
      rest.get<Page<BoardEvent>>(`/tasks/${id}/history`, query).then(({ items, next_cursor }) => {
        const page = { events: items, next: next_cursor };
        setLog((before) => (cursor ? withOlder(before ?? NO_LOG, page) : withNewest(before ?? NO_LOG, page)));
        setError(null);
      }, setError);
    },
    [rest, id],
  );
  useEffect(() => {
    read();
    const stops = [
      room.onEvents((events) => events.some((event) => concerns(event, id)) && read()),
      room.status.subscribe(() => room.status.get() === 'live' && read()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [room, id, read]);
  const next = log?.next;
  return { events: log?.events ?? [], ready: log !== null, error, more: next ? () => read(next) : null };
}
