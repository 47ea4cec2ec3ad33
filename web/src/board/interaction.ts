/** What the hand does on a board, and where it is: which card has the focus, which are chosen, what is dragged. */
import type { Virtualizer } from '@tanstack/react-virtual';
import type { BoardRoom } from '@/sync/api';
import { createValue } from '@/sync/value';
import type { Id } from '@/sync/wire';
import { isFull } from './actions';
import { type DragEvent, type DragState, drag, IDLE, type Layout } from './drag';
import { Motion } from './motion';
import { NOTHING_SELECTED, pruned, type Selection } from './selection';
import type { Matches } from './shown';

/** A column that is on the page. */
export interface Surface {
  section: HTMLElement;
  scroller: HTMLElement;
  virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  /** Its cards that the filter lets through. */
  shown: readonly Id[];
}

/** What a menu hangs on. */
export type Anchor = Element | { getBoundingClientRect(): DOMRect };

/** A menu for cards that hangs on one of them. */
export interface CardMenuState {
  ids: readonly Id[];
  anchor: Anchor;
}

export class Interaction {
  readonly room: BoardRoom;
  readonly selection = createValue<Selection>(NOTHING_SELECTED);
  /** The card that Tab leads to, and that keys are about. */
  readonly active = createValue<Id | null>(null);
  readonly drag = createValue<DragState>(IDLE);
  readonly menu = createValue<CardMenuState | null>(null);
  /** The card or column whose name is being edited in its place. */
  readonly renaming = createValue<Id | null>(null);
  /** The window about a column that is open. */
  readonly dialog = createValue<{ kind: 'settings' | 'delete'; columnId: Id } | null>(null);
  /** The column at whose foot cards are added. */
  readonly adding = createValue<Id | null>(null);
  readonly motion: Motion;
  readonly surfaces = new Map<Id, Surface>();
  /** Measured heights of cards, so that one that comes again, or to another column, does not make it jump. */
  readonly heights = new Map<Id, number>();
  area: HTMLElement | null = null;
  /** Cards that were shown under one filter, and stay until it changes. */
  #passed: { matches: Matches; ids: Set<Id> } = { matches: null, ids: new Set() };
  /** The card that takes the focus as soon as it is on the page. */
  #wanted: Id | null = null;
  /** Where the active card was, for when it is gone. */
  #place: { columnId: Id; index: number } | null = null;

  readonly layout: Layout;

  constructor(room: BoardRoom) {
    this.room = room;
    this.motion = new Motion(this);
    const view = () => room.view.get();
    this.layout = {
      get columns() {
        return view()?.columns.map((column) => column.id) ?? [];
      },
      order: (columnId) => this.shown(columnId),
      full: (columnId, ids) => {
        const now = view();
        return now !== null && isFull(now, columnId, ids);
      },
    };
  }

  /** What was shown under this filter: those stay, and so do cards that one adds under it. */
  passed(matches: Matches): Set<Id> {
    if (this.#passed.matches !== matches) this.#passed = { matches, ids: new Set() };
    return this.#passed.ids;
  }

  /** One's own new cards are shown, whatever the filter. */
  added(ids: readonly Id[]): void {
    for (const id of ids) this.#passed.ids.add(id);
  }

  /** Feeds the machine of drag and drop. */
  send(event: DragEvent): void {
    this.drag.set(drag(this.drag.get(), event, this.layout));
  }

  shown(columnId: Id): readonly Id[] {
    return this.surfaces.get(columnId)?.shown ?? [];
  }

  /** All shown cards, column by column. */
  order(): readonly Id[] {
    return this.layout.columns.flatMap((column) => this.shown(column));
  }

  /** Where a shown card stands. */
  placeOf(id: Id): { columnId: Id; index: number } | null {
    const columnId = this.room.view.get()?.tasks.get(id)?.column_id;
    const index = columnId === undefined ? -1 : this.shown(columnId).indexOf(id);
    return columnId === undefined || index < 0 ? null : { columnId, index };
  }

  /** What an action on this card is about: all that is chosen, if it is among them. In the board's order. */
  withSelected(id: Id): readonly Id[] {
    const { ids } = this.selection.get();
    return ids.has(id) ? this.selected() : [id];
  }

  /** What is chosen, in the board's order; what the filter hides is not among them. */
  selected(): readonly Id[] {
    const { ids } = this.selection.get();
    return this.order().filter((id) => ids.has(id));
  }

  card(id: Id): HTMLElement | null {
    return this.area?.querySelector<HTMLElement>(`[data-task-id="${id}"]`) ?? null;
  }

  activate(id: Id): void {
    this.active.set(id);
    this.#place = this.placeOf(id) ?? this.#place;
  }

  /** Gives a card the focus, and brings it into view. */
  focus(id: Id): void {
    this.activate(id);
    this.reveal(id);
    this.#focusCard(id);
  }

  #focusCard(id: Id): void {
    const link = this.card(id)?.querySelector<HTMLElement>('[data-card-focus]');
    this.#wanted = link ? null : id;
    link?.focus({ preventScroll: true });
  }

  reveal(id: Id): void {
    const place = this.placeOf(id);
    const surface = place && this.surfaces.get(place.columnId);
    if (!surface) return;
    surface.section.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    surface.virtualizer.scrollToIndex(place.index, { align: 'auto' });
  }

  /** A card came to the page; `link` is what takes its focus. */
  mounted(id: Id, link: HTMLElement): void {
    if (this.#wanted !== id) return;
    this.#wanted = null;
    link.focus({ preventScroll: true });
  }

  /** The card that had the focus leaves the page: it is moved, or is gone. */
  orphaned(id: Id): void {
    this.#wanted = id;
  }

  /** Something else has the focus now. */
  focusTaken(): void {
    this.#wanted = null;
  }

  /** The board has changed, and the page shows it. */
  follow(): void {
    this.send({ type: 'changed' });
    const tasks = this.room.view.get()?.tasks;
    const there = (id: Id) => tasks?.has(id) ?? false;
    this.selection.set(pruned(this.selection.get(), there));
    if (!(this.menu.get()?.ids.some(there) ?? true)) this.menu.set(null);
    const active = this.active.get();
    const place = active && this.placeOf(active);
    if (place) {
      this.#place = place;
      return;
    }
    const next = this.#neighbour();
    this.active.set(next);
    if (next === null) return;
    this.#place = this.placeOf(next);
    if (active !== null && this.#wanted === active) this.#focusCard(next);
  }

  /** What stands where the active card stood. */
  #neighbour(): Id | null {
    const near = this.#place ? this.shown(this.#place.columnId) : [];
    return near[Math.min(this.#place?.index ?? 0, near.length - 1)] ?? this.order()[0] ?? null;
  }
}
