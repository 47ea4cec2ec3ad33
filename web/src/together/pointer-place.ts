/** Where a pointer is on a board, said so that it is the same place in every window, at any scroll and in any direction. */
import type { Id, PresenceState } from '@/sync/wire';
import type { Point } from './glide';

export type Place = Required<Pick<PresenceState, 'cursor'>> & Pick<PresenceState, 'over'>;

/** As much of `DOMRect` as is used. */
export interface Rect {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** As much of an element that scrolls as is used. */
export interface Scrolled {
  scrollLeft: number;
  scrollTop: number;
  scrollWidth: number;
  scrollHeight: number;
  getBoundingClientRect(): Rect;
}

export type Dir = 'ltr' | 'rtl';

/** Of a board's own size: three digits are finer than a pixel on a card. */
const round = (part: number) => Math.round(part * 1_000) / 1_000;

/** `point` as parts of `rect`, from where a line begins. */
export function partsOf(point: Point, rect: Rect, dir: Dir): [number, number] {
  const x = dir === 'rtl' ? rect.right - point.x : point.x - rect.left;
  return [round(x / (rect.right - rect.left || 1)), round((point.y - rect.top) / (rect.bottom - rect.top || 1))];
}

export function pointIn(parts: readonly [number, number], rect: Rect, dir: Dir): Point {
  const x = parts[0] * (rect.right - rect.left);
  return { x: dir === 'rtl' ? rect.right - x : rect.left + x, y: rect.top + parts[1] * (rect.bottom - rect.top) };
}

/** All that scrolls in `area`, as a rectangle in the window. */
export function contentRect(area: Scrolled, dir: Dir): Rect {
  const frame = area.getBoundingClientRect();
  const top = frame.top - area.scrollTop;
  // In a right-to-left element, scrolling counts below zero.
  if (dir === 'rtl') {
    const right = frame.right - area.scrollLeft;
    return { left: right - area.scrollWidth, right, top, bottom: top + area.scrollHeight };
  }
  const left = frame.left - area.scrollLeft;
  return { left, right: left + area.scrollWidth, top, bottom: top + area.scrollHeight };
}

interface Elements {
  area: Scrolled;
  column: { id: Id; rect: Rect } | null;
  card: { id: Id; rect: Rect } | null;
}

export function placeAt(point: Point, { area, column, card }: Elements, dir: Dir): Place {
  const clamp = (part: number) => Math.min(1, Math.max(0, part));
  const [x, y] = partsOf(point, contentRect(area, dir), dir);
  const cursor = [clamp(x), clamp(y)] as const;
  if (!column) return { cursor };
  const task = card ? { task_id: card.id } : {};
  return { cursor, over: { column_id: column.id, ...task, at: partsOf(point, (card ?? column).rect, dir) } };
}

export function isInside(point: Point, rect: Rect): boolean {
  return point.x >= rect.left && point.x <= rect.right && point.y >= rect.top && point.y <= rect.bottom;
}
