/** What pages read by REST, and when they read it again. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventRoom, Rest } from '@/sync/api';
import { useClient } from './client';

const NONE: readonly EventRoom[] = [];

/**
 * Rooms while the page is shown; none for names that are not known yet. An event that concerns several rooms comes in one
 * of those that anybody on the page has opened (`ROOM-4`): whoever waits for it listens in all of them.
 */
export function useRooms(...names: readonly (string | undefined)[]): readonly EventRoom[] {
  const client = useClient();
  const [rooms, setRooms] = useState(NONE);
  const wanted = names.filter((name) => name !== undefined).join(' ');
  useEffect(() => {
    if (wanted === '') return;
    const opened = wanted.split(' ').map((name) => client.openRoom(name));
    setRooms(opened);
    return () => {
      for (const room of opened) room.close();
      setRooms(NONE);
    };
  }, [client, wanted]);
  return rooms;
}

export interface Reading<T> {
  /** Undefined until it was read; what was read before stays while it is read again. */
  value: T | undefined;
  error: unknown;
  reload(): void;
}

/** Reasons to read again that come together are one. */
const TOGETHER_MS = 30;

/**
 * Reads by `read`, which must be stable, again after each event of `rooms` whose kind begins with one of `kinds`, and
 * after each return of the connection.
 */
export function useRead<T>(
  read: (rest: Rest) => Promise<T>,
  rooms: readonly EventRoom[] = NONE,
  kinds: readonly string[] = [],
): Reading<T> {
  const { rest } = useClient();
  const [state, setState] = useState<{ value: T | undefined; error: unknown }>({ value: undefined, error: null });
  const [turn, setTurn] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const reload = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setTurn((now) => now + 1), TOGETHER_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
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
    const starts = wanted.split(' ');
    const concerns = (kind: string) => starts.some((start) => start !== '' && kind.startsWith(start));
    const stops = rooms.flatMap((room) => [
      room.onLive(reload),
      room.onEvents((events) => events.some((event) => concerns(event.kind)) && reload()),
    ]);
    return () => {
      for (const stop of stops) stop();
    };
  }, [rooms, wanted, reload]);
  return { ...state, reload };
}
