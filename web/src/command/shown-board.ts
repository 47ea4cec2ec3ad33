/** The board that is shown: the palette finds its tasks without asking the server, and makes new ones on it. */
import type { BoardRoom } from '@/sync/api';
import { createValue } from '@/sync/value';

export interface ShownBoard {
  room: BoardRoom;
  /** Whether tasks may be made. */
  mayWrite: boolean;
}

export const shownBoard = createValue<ShownBoard | null>(null);
