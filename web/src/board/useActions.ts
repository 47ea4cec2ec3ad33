/** What can be done on the board, whoever asks for it. */
import { useMemo } from 'react';
import { announce } from '@/app/announce';
import { type I18n, useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { showToast } from '@/ui/toast';
import { deleteOps, endOf, isFull, moveOps, send } from './actions';
import { useBoard, useOpenTask } from './context';
import { indexOf, type Spot } from './drag';
import type { Anchor, Interaction } from './interaction';
import type { BoardActions } from './interaction-context';

export function useActions(hands: Interaction): BoardActions {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const open = useOpenTask();
  return useMemo(() => {
    const task = (id: Id) => room.view.get()?.tasks.get(id);
    const may = (id: Id) => {
      const one = task(id);
      return one !== undefined && rights.writeTask(one);
    };

    function remove(ids: readonly Id[]) {
      const mine = ids.filter((id) => {
        const one = task(id);
        return one && rights.deleteTask(one);
      });
      const kept = ids.length - mine.length;
      if (kept > 0) {
        const text = ids.length === 1 ? t('board.delete_forbidden') : t('board.delete_some_forbidden', { count: kept });
        showToast({ text, tone: 'warning' });
        announce(text);
      }
      const [first] = mine;
      if (first === undefined) return;
      const title = task(first)?.title ?? '';
      const text = mine.length === 1 ? t('board.deleted', { title }) : t('board.deleted_many', { count: mine.length });
      send(room, deleteOps(mine));
      announce(text);
      showToast({ text, stays: 10_000, action: { label: t('common.undo'), run: () => restore(room, mine) } });
    }

    return {
      open,
      rename(id: Id) {
        if (!may(id)) return;
        hands.activate(id);
        hands.renaming.set(id);
      },
      add(columnId: Id) {
        if (!rights.write) return;
        hands.surfaces.get(columnId)?.section.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        hands.adding.set(columnId);
      },
      remove,
      menu(id: Id, anchor?: Anchor) {
        hands.activate(id);
        const on = anchor ?? hands.card(id);
        if (on) hands.menu.set({ ids: hands.withSelected(id), anchor: on });
      },
      moveTo(ids: readonly Id[], columnId: Id, end: 'top' | 'bottom' = 'bottom') {
        const view = room.view.get();
        if (view) move(hands, ids, endOf(view, columnId, ids, end === 'top'), t);
      },
    };
  }, [hands, room, rights, open, t]);
}

/** The last gesture, if it was this deletion; else the cards alone. */
function restore(room: Interaction['room'], ids: readonly Id[]) {
  const last = room.history.state.get().undo?.op;
  if (last?.kind === 'task.delete' && ids.includes(last.task_id)) void room.history.undo();
  else
    send(
      room,
      ids.map((task_id) => ({ kind: 'task.restore', task_id })),
    );
}

/** Sends the move, and says where it went. A column that is known to be full is not tried. */
export function move(hands: Interaction, ids: readonly Id[], spot: Spot, t: I18n['t']) {
  const view = hands.room.view.get();
  const column = view?.columns.find((one) => one.id === spot.column_id);
  const [first] = ids;
  if (!view || !column || first === undefined) return;
  if (isFull(view, column.id, ids)) {
    const text = t('board.drop_full', { column: column.name, count: column.wip_limit ?? 0 });
    showToast({ text, tone: 'warning', id: 'notice' });
    announce(text);
    return;
  }
  const list = (view.order.get(column.id) ?? []).filter((id) => !ids.includes(id));
  const where = { column: column.name, position: indexOf(spot, list) + 1, total: list.length + ids.length };
  const title = view.tasks.get(first)?.title ?? '';
  send(hands.room, moveOps(view, ids, spot));
  announce(
    ids.length === 1
      ? t('board.dropped', { title, ...where })
      : t('board.dropped_many', { count: ids.length, ...where }),
  );
}
