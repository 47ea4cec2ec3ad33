/** A workspace that is renamed or goes, and a role that changes, are in all that the page shows of them. */
import { useEffect } from 'react';
import type { EventRoom } from '@/sync/api';
import type { RoomEvent } from '@/sync/wire';
import { useClient, useMe } from './client';

export function useWorkspaceNews(rooms: readonly EventRoom[]) {
  const { auth } = useClient();
  const { user } = useMe();
  const me = user.id;
  useEffect(() => {
    const read = () => void auth.reload().catch(() => undefined);
    const concerns = ({ kind, data }: RoomEvent) =>
      kind.startsWith('workspace.') || (kind.startsWith('member.') && data.user_id === me);
    const stops = rooms.flatMap((room) => [
      room.onEvents((events) => events.some(concerns) && read()),
      room.status.subscribe(() => room.status.get() === 'gone' && read()),
    ]);
    return () => {
      for (const stop of stops) stop();
    };
  }, [rooms, auth, me]);
}
