/** What of the others reaches who looks at a board, and the other way round: cursors, presence, words about changes. */
import { useStore } from '@/app/client';
import { Cursors } from './Cursors';
import { cursorsOn } from './settings';
import { useChangeToasts } from './useChangeToasts';
import { useHasPointer } from './useHasPointer';
import { useOwnPresence } from './useOwnPresence';

export function BoardEcho() {
  const hasPointer = useHasPointer();
  const isOn = useStore(cursorsOn);
  useOwnPresence();
  useChangeToasts();
  return isOn && hasPointer && <Cursors />;
}
