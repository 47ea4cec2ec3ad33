/** Joins the page's events to what the hand does on the board. */
import { type MouseEvent, type RefObject, useCallback, useEffect, useRef } from 'react';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { useBoard } from './context';
import type { Subject } from './drag';
import { followDrag } from './followDrag';
import type { Interaction } from './interaction';
import { useHands } from './interaction-context';
import { attachKeys } from './keys';
import { attachPointer } from './pointer';
import { NOTHING_SELECTED, ranged, toggled } from './selection';

/** Gives what a click on the board does. */
export function useBoardHands(hands: Interaction, root: RefObject<HTMLElement | null>) {
  const { t, dir } = useI18n();
  const { room, rights } = useBoard();
  const { act } = useHands();
  // Listeners stay for as long as the board does; what they need to know changes.
  const now = useRef({ t, dir, rights, act });
  now.current = { t, dir, rights, act };

  useEffect(() => {
    const area = root.current;
    if (!area) return;
    const subjectOf = (kind: 'task' | 'column', id: Id): Subject | null => {
      const { rights } = now.current;
      if (kind === 'column') return rights.columns ? { kind, lead: id, ids: [id] } : null;
      const ids = hands.withSelected(id);
      const tasks = room.view.get()?.tasks;
      const all = ids.every((one) => {
        const task = tasks?.get(one);
        return task && rights.writeTask(task);
      });
      return all ? { kind: 'tasks', lead: id, ids } : null;
    };
    const context = (event: globalThis.MouseEvent) => {
      const card = (event.target as HTMLElement).closest<HTMLElement>('[data-task-id]');
      if (!card || (event.target as HTMLElement).closest('input, textarea')) return;
      event.preventDefault();
      // A finger that rests means to lift or to choose; a menu in its way is of no use.
      const { phase } = hands.drag.get();
      if (phase === 'held' || phase === 'dragging') return;
      if (event instanceof PointerEvent && event.pointerType === 'touch') return;
      const byMouse = event.button === 2;
      const anchor = byMouse ? placeAt(event.clientX, event.clientY) : card;
      now.current.act.menu(card.dataset.taskId ?? '', anchor);
    };
    const focusTaken = () => hands.focusTaken();
    const stops = [
      attachPointer(hands, area, subjectOf),
      attachKeys(hands, area, {
        dir: () => now.current.dir,
        subjectOf,
        open: (id) => now.current.act.open(id),
        rename: (id) => now.current.act.rename(id),
        add: (id) => now.current.act.add(id),
        remove: (ids) => now.current.act.remove(ids),
        menu: (id) => now.current.act.menu(id),
      }),
      followDrag(hands, () => now.current.t),
    ];
    area.addEventListener('contextmenu', context);
    document.addEventListener('focusin', focusTaken);
    return () => {
      for (const stop of stops) stop();
      area.removeEventListener('contextmenu', context);
      document.removeEventListener('focusin', focusTaken);
    };
  }, [hands, room, root]);

  return useCallback(
    (event: MouseEvent<HTMLElement>) => {
      const target = event.target as HTMLElement;
      if (!event.currentTarget.contains(target)) return;
      const id = target.closest<HTMLElement>('[data-task-id]')?.dataset.taskId;
      if (!id) {
        if (!target.closest('button, input, textarea, select, form')) hands.selection.set(NOTHING_SELECTED);
        return;
      }
      if (target.closest('[data-no-drag]')) return;
      event.preventDefault();
      const selection = hands.selection.get();
      hands.focus(id);
      if (event.shiftKey) {
        hands.selection.set(ranged(selection, id, hands.order()));
      } else if (event.ctrlKey || event.metaKey || (selection.ids.size > 0 && isTouch(event))) {
        hands.selection.set(toggled(selection, id));
      } else {
        hands.selection.set({ ids: NOTHING_SELECTED.ids, anchor: id });
        now.current.act.open(id);
      }
    },
    [hands],
  );
}

/** Once something is chosen by touch, each tap chooses. */
function isTouch(event: MouseEvent): boolean {
  return event.nativeEvent instanceof PointerEvent && event.nativeEvent.pointerType === 'touch';
}

function placeAt(x: number, y: number) {
  return { getBoundingClientRect: () => new DOMRect(x, y, 0, 0) };
}
