/**
 * Shows where cards went. Places are taken before the board changes and compared with those after it; what moved is put
 * back by a transform and let go (FLIP). Only cards on screen, and not at all where less motion is wanted.
 */
import type { Id } from '@/sync/wire';

const MOVE: KeyframeAnimationOptions = { duration: 180, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' };
const APPEAR: KeyframeAnimationOptions = { duration: 160, easing: 'ease-out' };
/** When more cards than this fly at once, nobody can follow them, and it is only slow. */
const MOST = 24;

/** What the places are read from. */
interface Stage {
  area: HTMLElement | null;
  room: { view: { get(): { tasks: ReadonlyMap<Id, unknown> } | null } };
}

interface Place {
  rect: DOMRect;
  columnId: Id;
}

interface Before {
  cards: Map<Id, Place>;
  columns: Map<Id, DOMRect>;
  tasks: ReadonlyMap<Id, unknown>;
}

export class Motion {
  readonly #stage: Stage;
  #before: Before | null = null;
  /** Where cards come from that were carried by hand. */
  readonly #carried = new Map<Id, DOMRect>();
  /** Over the board; copies fly in it. */
  layer: HTMLElement | null = null;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Call it when the board is about to be drawn anew. */
  capture(tasks: ReadonlyMap<Id, unknown>): void {
    const { area } = this.#stage;
    if (this.#before || !area || document.hidden) return;
    this.#before = { ...placesIn(area), tasks };
    requestAnimationFrame(() => this.#play());
  }

  /** These cards come from `rect`, where the hand has let them go. */
  carry(ids: readonly Id[], rect: DOMRect): void {
    for (const id of ids) this.#carried.set(id, rect);
    requestAnimationFrame(() => this.#carried.clear());
  }

  /** Where a column's visible cards were, as distances from the top of what shows it: what the reader looks at. */
  seen(columnId: Id, scroller: Element): { id: Id; distance: number }[] {
    if (!this.#before) return [];
    const top = scroller.getBoundingClientRect().top;
    return [...this.#before.cards]
      .filter(([, place]) => place.columnId === columnId && place.rect.bottom > top)
      .map(([id, place]) => ({ id, distance: place.rect.top - top }))
      .sort((a, b) => a.distance - b.distance);
  }

  /** A copy of `element` over the board, at the same place: what comes back is a frame around it, to be moved. */
  copy(element: HTMLElement): HTMLElement {
    const rect = element.getBoundingClientRect();
    const copy = element.cloneNode(true) as HTMLElement;
    for (const one of [copy, ...copy.querySelectorAll<HTMLElement>('[id], [data-task-id], [data-column-id]')]) {
      one.removeAttribute('id');
      delete one.dataset.taskId;
      delete one.dataset.columnId;
    }
    // The frame is placed from the left; what is in it is written as before.
    copy.dir = document.documentElement.dir;
    copy.style.blockSize = '100%';
    const frame = document.createElement('div');
    frame.inert = true;
    frame.dataset.copy = '';
    frame.style.inlineSize = `${rect.width}px`;
    frame.style.blockSize = `${rect.height}px`;
    frame.style.transform = `translate(${rect.x}px, ${rect.y}px)`;
    frame.append(copy);
    this.layer?.append(frame);
    return frame;
  }

  #play(): void {
    const before = this.#before;
    this.#before = null;
    const { area } = this.#stage;
    if (!before || !area || stillness()) return;
    const now = placesIn(area);
    const shifts = new Map<Id, number>();
    for (const [id, rect] of now.columns) {
      const was = before.columns.get(id);
      const shift = was ? was.x - rect.x : 0;
      // A little shift comes from scrolling, which is followed by the eye as it is.
      if (Math.abs(shift) > rect.width / 2) {
        shifts.set(id, shift);
        area.querySelector(`[data-column-id="${id}"]`)?.animate(shifted(shift, 0), MOVE);
      }
    }
    let flying = 0;
    for (const [id, place] of now.cards) {
      if (flying >= MOST) return;
      const element = area.querySelector<HTMLElement>(`[data-task-id="${id}"]`);
      if (!element) continue;
      const was = before.cards.get(id);
      const from = this.#carried.get(id) ?? was?.rect;
      if (!from) {
        if (!before.tasks.has(id)) element.animate([{ opacity: 0, transform: 'scale(0.97)' }, {}], APPEAR);
        continue;
      }
      if (shifts.has(place.columnId)) continue;
      const [x, y] = [from.x - place.rect.x, from.y - place.rect.y];
      if (Math.abs(x) < 1 && Math.abs(y) < 1) continue;
      flying += 1;
      if (this.#carried.has(id) || was?.columnId !== place.columnId) this.#fly(element, x, y, place.rect);
      else element.animate(shifted(x, y), MOVE);
    }
  }

  /** A column cuts off what is outside of it: a copy flies over all of them instead. */
  #fly(element: HTMLElement, x: number, y: number, rect: DOMRect): void {
    const copy = this.copy(element);
    const flight = copy.animate(
      [
        { transform: `translate(${rect.x + x}px, ${rect.y + y}px)` },
        { transform: `translate(${rect.x}px, ${rect.y}px)` },
      ],
      MOVE,
    );
    element.animate([{ opacity: 0 }, { opacity: 0 }], { duration: Number(MOVE.duration) });
    flight.finished.finally(() => copy.remove());
  }
}

/** Whether less motion is wanted. */
export function stillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function shifted(x: number, y: number): Keyframe[] {
  return [{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }];
}

/** Columns, and the cards that can be seen. */
function placesIn(area: HTMLElement): { cards: Map<Id, Place>; columns: Map<Id, DOMRect> } {
  const frame = area.getBoundingClientRect();
  const cards = new Map<Id, Place>();
  const columns = new Map<Id, DOMRect>();
  for (const section of area.querySelectorAll<HTMLElement>('[data-column-id]')) {
    const columnId = section.dataset.columnId ?? '';
    const rect = section.getBoundingClientRect();
    columns.set(columnId, rect);
    if (rect.right < frame.left || rect.left > frame.right) continue;
    for (const card of section.querySelectorAll<HTMLElement>('[data-task-id]')) {
      const place = card.getBoundingClientRect();
      if (place.bottom > rect.top && place.top < rect.bottom)
        cards.set(card.dataset.taskId ?? '', { rect: place, columnId });
    }
  }
  return { cards, columns };
}
