/** Goes to where somebody is. */
import type { Id } from '@/sync/wire';
import type { Present } from './people';

/**
 * To their card, or to the column that they point at. `show` tells whether the card can be seen; else it is opened. Gives
 * whether the focus went there.
 */
export function jumpTo(
  { taskId, columnId }: Present,
  area: HTMLElement | null,
  show: ((id: Id) => boolean) | null,
  open: (id: Id) => void,
): boolean {
  if (taskId !== null) {
    if (!show?.(taskId)) open(taskId);
    return true;
  }
  if (columnId !== null) {
    area?.querySelector(`[data-column-id="${columnId}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }
  return false;
}
