/** What pages read by REST, and when they read it again. */
import { useCallback, useEffect, useState } from 'react';
import type { EventRoom, Rest } from '@/sync/api';
import { useClient } from './client';

/** A room while the page is shown; null before there is one. */
export function useRoom(name: string | undefined): EventRoom | null {
  const client = useClient();
  const [room, setRoom] = useState<EventRoom | null>(null);
  useEffect(() => {
    if (!name) return;
    const opened = client.openRoom(name);
    setRoom(opened);
    return () => {
      opened.close();
      setRoom(null);
    };
  }, [client, name]);
  return room;
}

export interface Reading<T> {
  /** Undefined until it was read; what was read before stays while it is read again. */
  value: T | undefined;
  error: unknown;
  reload(): void;
}

/**
 * Reads by `read`, which must be stable, again after each event of `room` whose kind begins with one of `kinds`, and
 * after each return of the connection.
 */
export function useRead<T>(
  read: (rest: Rest) => Promise<T>,
  room: EventRoom | null = null,
  kinds: readonly string[] = [],
): Reading<T> {
  const { rest } = useClient();
  const [state, setState] = useState<{ value: T | undefined; error: unknown }>({ value: undefined, error: null });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((now) => now + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn is a reading
  useEffect(() => {
    let current = true;
    read(rest).then(
      (value) => current && setState({ value, error: null }),
      (error: unknown) => current && setState((before) => ({ ...before, error })),
    );
    return () => {
      current = false;
    };
  }, [read, rest, turn]);
  const wanted = kinds.join(' ');
  useEffect(() => {
    if (!room) return;
    const starts = wanted.split(' ');
    const concerns = (kind: string) => starts.some((start) => start !== '' && kind.startsWith(start));
    const stops = [
      room.onLive(reload),
      room.onEvents((events) => events.some((event) => concerns(event.kind)) && reload()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [room, wanted, reload]);
  return { ...state, reload };
}
