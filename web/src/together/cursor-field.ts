/** Moves others' cursors over the board: by transforms, in one animation frame for all, and only while something moves. */
import type { Id, PresenceState } from '@/sync/wire';
import { Glide, type Point } from './glide';
import { contentRect, type Dir, isInside, pointIn } from './pointer-place';
import { dirOf } from './pointer-watch';

/** A cursor that rests first loses its name, and then goes. */
const NAME_GOES_MS = 3_000;
const GOES_MS = 12_000;
/** What the board's own motion takes, and a little more: cards that carry a cursor move so long. */
const SETTLE_MS = 400;
/** Nearer to the window's end than this, the name stands on the other side. */
const NAME_ROOM = 160;

interface Cursor {
  element: HTMLElement;
  glide: Glide;
  state: PresenceState;
  /** Where it is shown in the window; null while it is not. */
  shown: Point | null;
  /** What its place is a part of. */
  anchor: HTMLElement | null;
  timers: ReturnType<typeof setTimeout>[];
}

export class CursorField {
  readonly #area: HTMLElement;
  readonly #cursors = new Map<Id, Cursor>();
  readonly #isStill: () => boolean;
  #frame = 0;
  #until = 0;

  constructor(area: HTMLElement, isStill: () => boolean) {
    this.#area = area;
    this.#isStill = isStill;
  }

  /** `element` shows the cursor of `session`. */
  attach(session: Id, element: HTMLElement, state: PresenceState): void {
    this.#cursors.set(session, { element, glide: new Glide(), state: {}, shown: null, anchor: null, timers: [] });
    this.sample(session, state);
  }

  detach(session: Id): void {
    for (const timer of this.#cursors.get(session)?.timers ?? []) clearTimeout(timer);
    this.#cursors.delete(session);
  }

  /** What `session` tells now; what was told before is passed over. */
  sample(session: Id, state: PresenceState): void {
    const cursor = this.#cursors.get(session);
    if (!cursor || isSamePlace(cursor.state, state)) return;
    cursor.state = state;
    cursor.anchor = this.#anchorOf(state);
    this.#wake(cursor);
    const place = this.#placeOf(cursor, this.#looks());
    const from = this.#isStill() ? null : cursor.shown;
    const jump = from && place ? { x: from.x - place.x, y: from.y - place.y } : null;
    cursor.glide.to(jump, performance.now());
    this.follow(0);
  }

  /** Something under the cursors has moved, or will for a while. */
  follow(forMs = SETTLE_MS): void {
    this.#until = Math.max(this.#until, performance.now() + forMs);
    if (this.#frame === 0) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    for (const session of [...this.#cursors.keys()]) this.detach(session);
  }

  #wake(cursor: Cursor): void {
    for (const timer of cursor.timers) clearTimeout(timer);
    delete cursor.element.dataset.rest;
    const rest = (how: string) => () => {
      cursor.element.dataset.rest = how;
    };
    cursor.timers = [setTimeout(rest('nameless'), NAME_GOES_MS), setTimeout(rest('gone'), GOES_MS)];
  }

  #draw(now: number): void {
    this.#frame = 0;
    const looks = this.#looks();
    const all = [...this.#cursors.values()];
    // First all that is read, then all that is written.
    const places = all.map((cursor) => this.#placeOf(cursor, looks));
    let moves = now < this.#until;
    all.forEach((cursor, i) => {
      this.#show(cursor, places[i] ?? null, now, looks);
      moves ||= !cursor.glide.isDone(now);
    });
    if (moves) this.follow(0);
  }

  #show(cursor: Cursor, place: Point | null, now: number, { frame }: Looks): void {
    const { element } = cursor;
    const away = cursor.glide.at(now);
    const at = place && { x: place.x + away.x, y: place.y + away.y };
    const isSeen = at !== null && isInside(at, frame);
    cursor.shown = isSeen ? at : null;
    element.hidden = !isSeen;
    if (!isSeen) return;
    element.style.transform = `translate3d(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px, 0)`;
    element.toggleAttribute('data-flip', at.x > frame.right - NAME_ROOM);
  }

  #looks(): Looks {
    const dir = dirOf(this.#area);
    return { frame: this.#area.getBoundingClientRect(), dir };
  }

  #placeOf(cursor: Cursor, { dir }: Looks): Point | null {
    const { over, cursor: parts } = cursor.state;
    if (cursor.state.idle || (!over && !parts)) return null;
    if (!over) return parts ? pointIn(parts, contentRect(this.#area, dir), dir) : null;
    // Cards come to the page and leave it as it scrolls.
    if (!cursor.anchor?.isConnected) cursor.anchor = this.#anchorOf(cursor.state);
    if (!cursor.anchor) return null;
    const point = pointIn(over.at, cursor.anchor.getBoundingClientRect(), dir);
    // A card that is scrolled out of its column is not seen, nor is who points at it.
    const column = cursor.anchor.closest('[data-column-id]');
    return column && isInside(point, column.getBoundingClientRect()) ? point : null;
  }

  #anchorOf({ over }: PresenceState): HTMLElement | null {
    if (!over) return null;
    const selector = over.task_id ? `[data-task-id="${over.task_id}"]` : `[data-column-id="${over.column_id}"]`;
    return this.#area.querySelector<HTMLElement>(selector);
  }
}

interface Looks {
  frame: DOMRect;
  dir: Dir;
}

function isSamePlace(a: PresenceState, b: PresenceState): boolean {
  return a.idle === b.idle && JSON.stringify([a.cursor, a.over]) === JSON.stringify([b.cursor, b.over]);
}
