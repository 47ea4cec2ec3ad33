/** The keyboard on the board: going from card to card, lifting them, choosing them. */
import type { Id } from '@/sync/wire';
import { type Subject, stepOf } from './drag';
import type { Interaction } from './interaction';
import { ranged, toggled, toggledAll } from './selection';

export interface KeyActions {
  dir(): 'ltr' | 'rtl';
  /** What a lift takes, or null where one may not. */
  subjectOf(kind: 'task' | 'column', id: Id): Subject | null;
  open(id: Id): void;
  rename(id: Id): void;
  add(columnId: Id): void;
  remove(ids: readonly Id[]): void;
  menu(id: Id): void;
}

/** Listens on the board; the function that comes back ends it. Menus and dialogs are outside of it, and keep their keys. */
export function attachKeys(hands: Interaction, area: HTMLElement, act: KeyActions): () => void {
  function down(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || event.isComposing || target.closest('input, textarea, select')) return;
    if (carried(event) || onHeader(event, target) || onCard(event, target)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** While something is lifted, all keys are about it. */
  function carried(event: KeyboardEvent): boolean {
    const state = hands.drag.get();
    if (state.phase !== 'dragging' || state.input !== 'keys') return false;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const step = stepOf(event.key, act.dir());
    if (step) hands.send({ type: 'step', step });
    else if (event.key === ' ' || event.key === 'Enter') hands.send({ type: 'release' });
    else if (event.key === 'Escape' || event.key === 'Tab') hands.send({ type: 'cancel' });
    return event.key !== 'Tab';
  }

  function onHeader(event: KeyboardEvent, target: HTMLElement): boolean {
    const id =
      target.matches('[data-column-name]') && target.closest<HTMLElement>('[data-column-id]')?.dataset.columnId;
    if (!id || event.key !== ' ') return false;
    const subject = act.subjectOf('column', id);
    if (subject) hands.send({ type: 'lift', subject });
    return subject !== null;
  }

  function onCard(event: KeyboardEvent, target: HTMLElement): boolean {
    const id = target.closest<HTMLElement>('[data-task-id]')?.dataset.taskId;
    // A button inside of a card keeps Enter and Space.
    if (!id || (target.closest('button') && (event.key === 'Enter' || event.key === ' '))) return false;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === 'a') return chooseColumn(id);
    if (event.altKey || (command && event.key !== 'Home' && event.key !== 'End')) return false;
    const next = neighbourOf(hands, id, event.key, act.dir(), command);
    if (next !== undefined) return go(id, next, event.shiftKey);
    switch (event.key) {
      case ' ': {
        const subject = act.subjectOf('task', id);
        if (subject) hands.send({ type: 'lift', subject });
        return true;
      }
      case 'Enter':
        act.open(id);
        return true;
      case 'Escape':
        if (hands.selection.get().ids.size === 0) return false;
        hands.selection.set({ ids: new Set(), anchor: null });
        return true;
      case 'Delete':
      case 'Backspace':
        act.remove(hands.withSelected(id));
        return true;
      case 'F2':
        act.rename(id);
        return true;
      case 'F10':
        if (!event.shiftKey) return false;
        act.menu(id);
        return true;
      case 'ContextMenu':
        act.menu(id);
        return true;
    }
    return event.shiftKey ? false : letter(event, id);
  }

  /** By the key's place too, so that a Persian keyboard need not be switched. */
  function letter(event: KeyboardEvent, id: Id): boolean {
    const is = (sign: string) =>
      event.key === sign || (!isLatin(event.key) && event.code === `Key${sign.toUpperCase()}`);
    if (is('e')) act.rename(id);
    else if (is('m')) act.menu(id);
    else if (is('x')) hands.selection.set(toggled(hands.selection.get(), id));
    else if (is('n')) act.add(hands.placeOf(id)?.columnId ?? '');
    else return false;
    return true;
  }

  function go(from: Id, to: Id | null, choosing: boolean): boolean {
    if (to === null) return true;
    if (choosing) {
      const selection = hands.selection.get();
      const begun = selection.anchor === null ? { ids: new Set([from]), anchor: from } : selection;
      hands.selection.set(ranged(begun, to, hands.order()));
    }
    hands.focus(to);
    return true;
  }

  function chooseColumn(id: Id): boolean {
    const place = hands.placeOf(id);
    if (place) hands.selection.set(toggledAll(hands.selection.get(), hands.shown(place.columnId)));
    return true;
  }

  area.addEventListener('keydown', down);
  return () => area.removeEventListener('keydown', down);
}

const isLatin = (key: string) => /^[a-z]$/i.test(key);

/** Where a key leads from a card: undefined where it is no such key, null where there is nothing. */
export function neighbourOf(hands: Interaction, id: Id, key: string, dir: 'ltr' | 'rtl', whole: boolean) {
  const place = hands.placeOf(id);
  if (!place) return undefined;
  const { columnId, index } = place;
  const shown = hands.shown(columnId);
  if (key === 'PageUp' || key === 'PageDown') return pageOf(hands, columnId, index, key === 'PageUp' ? -1 : 1);
  switch (stepOf(key, dir)) {
    case 'up':
      return shown[index - 1] ?? null;
    case 'down':
      return shown[index + 1] ?? null;
    case 'first':
      return (whole ? hands.order()[0] : shown[0]) ?? null;
    case 'last':
      return (whole ? hands.order().at(-1) : shown.at(-1)) ?? null;
    case 'before':
      return besideOf(hands, id, columnId, -1);
    case 'after':
      return besideOf(hands, id, columnId, 1);
    case null:
      return undefined;
  }
}

function pageOf(hands: Interaction, columnId: Id, index: number, direction: -1 | 1): Id | null {
  const surface = hands.surfaces.get(columnId);
  const item = surface?.virtualizer.measurementsCache[index];
  if (!surface || !item) return null;
  const far = Math.max(0, item.start + direction * surface.scroller.clientHeight * 0.9);
  const next = surface.virtualizer.getVirtualItemForOffset(far)?.index ?? index;
  return surface.shown[next === index ? index + direction : next] ?? null;
}

/** The card at about the same height in the next column that has any. */
function besideOf(hands: Interaction, id: Id, columnId: Id, direction: -1 | 1): Id | null {
  const { columns } = hands.layout;
  const rect = hands.card(id)?.getBoundingClientRect();
  for (let at = columns.indexOf(columnId) + direction; at >= 0 && at < columns.length; at += direction) {
    const surface = hands.surfaces.get(columns[at] ?? '');
    if (!surface || surface.shown.length === 0) continue;
    const { scroller, virtualizer, shown } = surface;
    const frame = scroller.getBoundingClientRect();
    const middle = rect ? rect.top + rect.height / 2 - frame.top + scroller.scrollTop : 0;
    return shown[virtualizer.getVirtualItemForOffset(Math.max(0, middle))?.index ?? 0] ?? null;
  }
  return null;
}
