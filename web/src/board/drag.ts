/**
 * Drag and drop as one machine for mouse, touch and keyboard. It knows neither the page nor React: a driver feeds it what
 * happened and shows what comes out.
 */
import type { Id } from '@/sync/wire';

/** What is dragged: cards, of which `lead` is the one that was taken hold of, or a whole column. */
export type Subject =
  | { kind: 'tasks'; lead: Id; ids: readonly Id[] }
  | { kind: 'column'; lead: Id; ids: readonly [Id] };

/** A place between two neighbours; null is the end of the list. Columns stand in the board: their `column_id` is null. */
export interface Spot {
  column_id: Id | null;
  after: Id | null;
  before: Id | null;
}

export type Input = 'mouse' | 'touch' | 'keys';
export type Step = 'up' | 'down' | 'before' | 'after' | 'first' | 'last';

/** The board as the machine sees it. */
export interface Layout {
  columns: readonly Id[];
  /** A column's cards that are shown, from top to bottom. */
  order(columnId: Id): readonly Id[];
  /** Whether the column's limit keeps these cards out. */
  full(columnId: Id, ids: readonly Id[]): boolean;
}

interface Carried {
  subject: Subject;
  input: Input;
  /** Where it was lifted. */
  from: Spot;
}

export type DragState =
  | { phase: 'idle' }
  | { phase: 'pressed'; subject: Subject; input: 'mouse' | 'touch'; x: number; y: number }
  /** A long press: it moves from here on, or is chosen when the finger goes up. */
  | { phase: 'held'; subject: Subject; input: 'touch'; x: number; y: number }
  | ({ phase: 'dragging'; spot: Spot; full: boolean } & Carried)
  | ({ phase: 'dropped'; spot: Spot } & Carried)
  | ({ phase: 'cancelled'; reason: 'user' | 'full' | 'gone'; spot: Spot } & Carried)
  | { phase: 'chosen'; subject: Subject };

export type DragEvent =
  | { type: 'press'; subject: Subject; input: 'mouse' | 'touch'; x: number; y: number }
  | { type: 'move'; x: number; y: number }
  /** The press has lasted long enough. */
  | { type: 'hold' }
  /** By the keyboard. */
  | { type: 'lift'; subject: Subject }
  | { type: 'aim'; spot: Spot }
  | { type: 'step'; step: Step }
  | { type: 'release' }
  | { type: 'cancel' }
  /** The board is another one. */
  | { type: 'changed' };

export const IDLE: DragState = { phase: 'idle' };
/** How far a mouse goes before a click is a drag, and a finger before a press is a scroll. */
const MOUSE_SLOP = 4;
const TOUCH_SLOP = 9;

export function drag(state: DragState, event: DragEvent, layout: Layout): DragState {
  switch (event.type) {
    case 'press': {
      const { subject, input, x, y } = event;
      return isOpen(state) ? state : { phase: 'pressed', subject, input, x, y };
    }
    case 'lift':
      return isOpen(state) ? state : lifted(event.subject, 'keys', layout);
    case 'move':
      return moved(state, event.x, event.y, layout);
    case 'hold':
      return state.phase === 'pressed' && state.input === 'touch'
        ? { phase: 'held', subject: state.subject, input: 'touch', x: state.x, y: state.y }
        : state;
    case 'aim':
      return state.phase === 'dragging' ? aimed(state, event.spot, layout) : state;
    case 'step':
      return state.phase === 'dragging' ? aimed(state, stepped(state, event.step, layout), layout) : state;
    case 'release':
      return released(state);
    case 'cancel':
      if (state.phase === 'dragging') return cancelled(state, 'user');
      return isOpen(state) ? IDLE : state;
    case 'changed':
      return state.phase === 'dragging' ? changed(state, layout) : state;
  }
}

/** Whether something is in hand. */
export function isOpen(state: DragState): boolean {
  return state.phase === 'pressed' || state.phase === 'held' || state.phase === 'dragging';
}

function moved(state: DragState, x: number, y: number, layout: Layout): DragState {
  if (state.phase !== 'pressed' && state.phase !== 'held') return state;
  const far = Math.hypot(x - state.x, y - state.y);
  if (far < (state.input === 'mouse' ? MOUSE_SLOP : TOUCH_SLOP)) return state;
  // A finger that moves before it has rested scrolls.
  if (state.phase === 'pressed' && state.input === 'touch') return IDLE;
  return lifted(state.subject, state.input, layout);
}

function lifted(subject: Subject, input: Input, layout: Layout): DragState {
  const from = spotOf(subject, layout);
  return from ? { phase: 'dragging', subject, input, from, spot: from, full: false } : IDLE;
}

type Dragging = Extract<DragState, { phase: 'dragging' }>;

function aimed(state: Dragging, spot: Spot, layout: Layout): DragState {
  const full = isFull(state.subject, spot, layout);
  return sameSpot(spot, state.spot) && full === state.full ? state : { ...state, spot, full };
}

function released(state: DragState): DragState {
  switch (state.phase) {
    case 'pressed':
      return IDLE;
    case 'held':
      return { phase: 'chosen', subject: state.subject };
    case 'dragging': {
      const { subject, input, from, spot } = state;
      return state.full ? cancelled(state, 'full') : { phase: 'dropped', subject, input, from, spot };
    }
    default:
      return state;
  }
}

function cancelled(state: Dragging, reason: 'user' | 'full' | 'gone'): DragState {
  const { subject, input, from, spot } = state;
  return { phase: 'cancelled', reason, subject, input, from, spot };
}

/** Others go on while one drags: what one holds may be gone, and so may be the neighbours of where one aims. */
function changed(state: Dragging, layout: Layout): DragState {
  const subject = remaining(state.subject, layout);
  if (!subject) return cancelled(state, 'gone');
  const home = spotOf(subject, layout) ?? state.from;
  const spot = settled(state.spot, subject, layout) ?? home;
  const full = isFull(subject, spot, layout);
  const same = subject === state.subject && sameSpot(spot, state.spot) && full === state.full;
  return same ? state : { ...state, subject, spot, full };
}

function remaining(subject: Subject, layout: Layout): Subject | null {
  if (subject.kind === 'column') return layout.columns.includes(subject.lead) ? subject : null;
  const there = new Set(layout.columns.flatMap((column) => layout.order(column)));
  const ids = subject.ids.filter((id) => there.has(id));
  const [first] = ids;
  if (!first) return null;
  if (ids.length === subject.ids.length) return subject;
  return { kind: 'tasks', ids, lead: ids.includes(subject.lead) ? subject.lead : first };
}

function isFull(subject: Subject, spot: Spot, layout: Layout): boolean {
  return subject.kind === 'tasks' && spot.column_id !== null && layout.full(spot.column_id, subject.ids);
}

export function sameSpot(a: Spot, b: Spot): boolean {
  return a.column_id === b.column_id && a.after === b.after && a.before === b.before;
}

/** The list that a spot is in, without what is dragged. */
export function listOf(columnId: Id | null, subject: Subject, layout: Layout): readonly Id[] {
  const list = columnId === null ? layout.columns : layout.order(columnId);
  return list.filter((id) => !subject.ids.includes(id));
}

/** The spot before the `index`th of `list`. */
export function spotAt(columnId: Id | null, list: readonly Id[], index: number): Spot {
  const at = Math.max(0, Math.min(index, list.length));
  return { column_id: columnId, after: list[at - 1] ?? null, before: list[at] ?? null };
}

/** How many of `list` stand before the spot. */
export function indexOf(spot: Spot, list: readonly Id[]): number {
  if (spot.after === null) return spot.before === null ? list.length : 0;
  return list.indexOf(spot.after) + 1;
}

/** Where the lead stands now, as a spot among those that are not dragged. */
export function spotOf(subject: Subject, layout: Layout): Spot | null {
  const columnId =
    subject.kind === 'column' ? null : layout.columns.find((column) => layout.order(column).includes(subject.lead));
  if (columnId === undefined) return null;
  const whole = columnId === null ? layout.columns : layout.order(columnId);
  const at = whole.indexOf(subject.lead);
  if (at < 0) return null;
  const above = whole.slice(0, at).filter((id) => !subject.ids.includes(id)).length;
  return spotAt(columnId, listOf(columnId, subject, layout), above);
}

/** The same spot in a board that has changed: beside the neighbour that is left. Null where its column is gone. */
function settled(spot: Spot, subject: Subject, layout: Layout): Spot | null {
  if (spot.column_id !== null && !layout.columns.includes(spot.column_id)) return null;
  const list = listOf(spot.column_id, subject, layout);
  if (spot.after === null && spot.before !== null) return spotAt(spot.column_id, list, 0);
  if (spot.after !== null && list.includes(spot.after))
    return spotAt(spot.column_id, list, list.indexOf(spot.after) + 1);
  if (spot.before !== null && list.includes(spot.before))
    return spotAt(spot.column_id, list, list.indexOf(spot.before));
  return spotAt(spot.column_id, list, list.length);
}

function stepped({ subject, spot }: Dragging, step: Step, layout: Layout): Spot {
  const list = listOf(spot.column_id, subject, layout);
  const at = indexOf(spot, list);
  if (subject.kind === 'column') {
    if (step === 'before') return spotAt(null, list, at - 1);
    if (step === 'after') return spotAt(null, list, at + 1);
    return step === 'first' || step === 'last' ? spotAt(null, list, step === 'first' ? 0 : list.length) : spot;
  }
  switch (step) {
    case 'up':
      return spotAt(spot.column_id, list, at - 1);
    case 'down':
      return spotAt(spot.column_id, list, at + 1);
    case 'first':
      return spotAt(spot.column_id, list, 0);
    case 'last':
      return spotAt(spot.column_id, list, list.length);
    case 'before':
    case 'after': {
      const column = layout.columns.indexOf(spot.column_id ?? '') + (step === 'before' ? -1 : 1);
      const next = layout.columns[column];
      return next === undefined ? spot : spotAt(next, listOf(next, subject, layout), at);
    }
  }
}

/** What an arrow means: in a right-to-left board the next column stands to the left. */
export function stepOf(key: string, dir: 'ltr' | 'rtl'): Step | null {
  switch (key) {
    case 'ArrowUp':
      return 'up';
    case 'ArrowDown':
      return 'down';
    case 'ArrowLeft':
      return dir === 'ltr' ? 'before' : 'after';
    case 'ArrowRight':
      return dir === 'ltr' ? 'after' : 'before';
    case 'Home':
      return 'first';
    case 'End':
      return 'last';
    default:
      return null;
  }
}
