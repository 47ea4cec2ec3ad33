/** What comes out of the machine of drag and drop: ops, words for screen readers, and presence. */
import { announce } from '@/app/announce';
import type { I18n } from '@/i18n';
import { tellRest } from '@/together/rest';
import { showToast } from '@/ui/toast';
import { moveColumnOp } from './actions';
import { type DragState, indexOf, listOf, type Subject, sameSpot } from './drag';
import type { Interaction } from './interaction';
import { toggled } from './selection';
import { move } from './useActions';

type T = I18n['t'];

/** Says what the machine does, tells the others, and sends what comes out. */
export function followDrag(hands: Interaction, t: () => T): () => void {
  let before = hands.drag.get();
  // What is gone by the end can not be asked for its name any more.
  let title = '';
  return hands.drag.subscribe(() => {
    const state = hands.drag.get();
    const was = before;
    before = state;
    if (state.phase === 'chosen') {
      const id = state.subject.lead;
      if (state.subject.kind === 'tasks') hands.selection.set(toggled(hands.selection.get(), id));
      return;
    }
    if (state.phase === 'dragging') title = nameOf(hands, state.subject) || title;
    const text = textOf(hands, state, was, title, t());
    if (text) announce(text);
    if (state.phase === 'dragging' && was.phase !== 'dragging') begin(hands, state);
    if (state.phase === 'dragging' && state.input === 'keys') show(hands, state);
    if (was.phase === 'dragging' && state.phase !== 'dragging') end(hands, state, title, t());
  });
}

type Dragging = Extract<DragState, { phase: 'dragging' }>;

function begin(hands: Interaction, { subject }: Dragging) {
  if (subject.kind === 'tasks') hands.activate(subject.lead);
  if (subject.kind === 'tasks') hands.room.setPresence({ task_id: subject.lead, activity: 'dragging' });
}

/** By the keyboard, one looks where it would go. */
function show(hands: Interaction, { spot, subject }: Dragging) {
  const target = spot.column_id ?? spot.before ?? spot.after ?? subject.lead;
  const surface = hands.surfaces.get(target);
  surface?.section.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const beside = spot.after ?? spot.before;
  if (surface && spot.column_id !== null && beside !== null) {
    const index = surface.shown.indexOf(beside);
    if (index >= 0) surface.virtualizer.scrollToIndex(index, { align: 'auto' });
  }
}

function end(hands: Interaction, state: DragState, title: string, t: T) {
  tellRest(hands.room);
  if (state.phase === 'cancelled' && state.reason !== 'user') {
    showToast({ text: cancelText(hands, state, title, t), tone: 'warning', id: 'notice' });
  }
  if (state.phase !== 'dropped' || sameSpot(state.spot, state.from)) return;
  const { subject, spot } = state;
  if (subject.kind === 'column') {
    hands.room.submit(moveColumnOp(subject.lead, spot));
    return;
  }
  move(hands, subject.ids, spot, t);
  if (state.input === 'keys') hands.reveal(subject.lead);
}

type Cancelled = Extract<DragState, { phase: 'cancelled' }>;

function nameOf(hands: Interaction, subject: Subject): string {
  const view = hands.room.view.get();
  if (subject.kind === 'column') return view?.columns.find((one) => one.id === subject.lead)?.name ?? '';
  return view?.tasks.get(subject.lead)?.title ?? '';
}

function cancelText(hands: Interaction, { reason, spot }: Cancelled, title: string, t: T) {
  if (reason === 'gone') return t('board.drop_gone', { title });
  const column = hands.room.view.get()?.columns.find((one) => one.id === spot.column_id);
  if (reason === 'full') return t('board.drop_full', { column: column?.name ?? '', count: column?.wip_limit ?? 0 });
  return t('board.drop_cancelled', { title });
}

/** What a screen reader is told; a move of cards says itself where it went. */
function textOf(hands: Interaction, state: DragState, was: DragState, title: string, t: T) {
  if (state.phase === 'cancelled') return cancelText(hands, state, title, t);
  if (state.phase !== 'dragging' && state.phase !== 'dropped') return null;
  const { subject, spot } = state;
  const list = listOf(spot.column_id, subject, hands.layout);
  const column = hands.room.view.get()?.columns.find((one) => one.id === spot.column_id)?.name ?? '';
  const count = subject.ids.length;
  const where = { column, position: indexOf(spot, list) + 1, total: list.length + count };
  if (state.phase === 'dropped') {
    if (subject.kind === 'column') return t('board.column_dropped', { title, ...where });
    return sameSpot(state.spot, state.from) ? t('board.drop_cancelled', { title }) : null;
  }
  if (was.phase !== 'dragging') {
    if (subject.kind === 'column') return t('board.column_lifted', { title, ...where });
    return count === 1 ? t('board.lifted', { title, ...where }) : t('board.lifted_many', { count, ...where });
  }
  // With a mouse one sees where one is.
  if (state.input !== 'keys') return null;
  if (state.full) return t('board.over_full', { column });
  return subject.kind === 'column' ? t('board.column_over', where) : t('board.over', where);
}
