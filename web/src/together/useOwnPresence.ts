/** Tells the others whether one is here, and where one points; what one edits or drags is told by the parts that know it. */
import { useEffect } from 'react';
import { useStore } from '@/app/client';
import { useBoard } from '@/board/context';
import { watchIdle } from './idle';
import { watchPointer } from './pointer-watch';
import { cursorsOn } from './settings';
import { useHasPointer } from './useHasPointer';

export function useOwnPresence(): void {
  const board = useBoard();
  const { room } = board;
  const area = useStore(board.area);
  const hasPointer = useHasPointer();
  const points = useStore(cursorsOn) && hasPointer;
  useEffect(() => watchIdle(document, (idle) => room.setPresence({ idle: idle || null })), [room]);
  useEffect(() => {
    if (!area || !points) return;
    return watchPointer(area, (place) =>
      room.setPresence({ cursor: place?.cursor ?? null, over: place?.over ?? null }),
    );
  }, [room, area, points]);
}
