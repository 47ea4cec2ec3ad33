/** Looks where the pointer is on the board, ten times a second at most. */
import type { Id } from '@/sync/wire';
import { type Dir, type Place, placeAt } from './pointer-place';

const EVERY_MS = 100;

/** Calls `tell` with the place, and with null when the pointer leaves the board. The function that comes back ends it. */
export function watchPointer(area: HTMLElement, tell: (place: Place | null) => void): () => void {
  let point: { x: number; y: number } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    timer = undefined;
    tell(point && placeUnder(point, area));
  };
  const soon = () => {
    timer ??= setTimeout(look, EVERY_MS);
  };
  const move = (event: PointerEvent) => {
    // A finger points at nothing when it is lifted.
    if (event.pointerType === 'touch') return;
    point = { x: event.clientX, y: event.clientY };
    soon();
  };
  const leave = () => {
    point = null;
    soon();
  };
  // The pointer stays, and something else comes under it.
  const scroll = () => {
    if (point) soon();
  };
  area.addEventListener('pointermove', move, { passive: true });
  area.addEventListener('pointerleave', leave);
  area.addEventListener('scroll', scroll, { passive: true, capture: true });
  return () => {
    clearTimeout(timer);
    area.removeEventListener('pointermove', move);
    area.removeEventListener('pointerleave', leave);
    area.removeEventListener('scroll', scroll, { capture: true });
    tell(null);
  };
}

function placeUnder(point: { x: number; y: number }, area: HTMLElement): Place | null {
  const under = document.elementFromPoint(point.x, point.y);
  // A window or a menu may lie over the board.
  if (!under || !area.contains(under)) return null;
  const named = (name: 'taskId' | 'columnId', selector: string) => {
    const element = under.closest<HTMLElement>(selector);
    const id: Id | undefined = element?.dataset[name];
    return element && id ? { id, rect: element.getBoundingClientRect() } : null;
  };
  const column = named('columnId', '[data-column-id]');
  const card = named('taskId', '[data-task-id]');
  return placeAt(point, { area, column, card }, dirOf(area));
}

export function dirOf(element: HTMLElement): Dir {
  return getComputedStyle(element).direction === 'rtl' ? 'rtl' : 'ltr';
}
