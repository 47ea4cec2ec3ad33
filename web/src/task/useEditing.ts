/** Tells the others which field of a task one is in. */
import { useCallback } from 'react';
import { useBoard } from '@/board/context';
import type { Id } from '@/sync/wire';

export function useEditing(taskId: Id, field: string): { onFocus(): void; onBlur(): void } {
  const { room } = useBoard();
  const onFocus = useCallback(
    () => room.setPresence({ task_id: taskId, activity: 'editing', field }),
    [room, taskId, field],
  );
  const onBlur = useCallback(
    () => room.setPresence({ task_id: taskId, activity: 'viewing', field: null }),
    [room, taskId],
  );
  return { onFocus, onBlur };
}
