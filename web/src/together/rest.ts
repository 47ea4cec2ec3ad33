/** What one tells of oneself when nothing is in hand: that one views the task that is open, if one is. */
import type { BoardRoom } from '@/sync/api';

export function tellRest(room: BoardRoom): void {
  const open = new URLSearchParams(location.search).get('task');
  const at = open ? ({ task_id: open, activity: 'viewing' } as const) : { task_id: null, activity: null };
  room.setPresence({ ...at, field: null });
}
