/** Carries tasks to other days: by the pointer, and by keys in the same way. */
import { type RefObject, useEffect, useMemo, useRef } from 'react';
import { announce } from '@/app/announce';
import { useStore } from '@/app/client';
import { useBoard } from '@/board/context';
import { useI18n } from '@/i18n';
import { createValue, type Value } from '@/sync/value';
import type { Id } from '@/sync/wire';
import { dayOf, dayTitle, isoOf } from '@/ui/calendar';
import { dayOfTask, daysBy, type Lift, movedTo, today, UNDATED } from './days';
import { attachDayDrag } from './dragDays';

export interface Carry {
  lift: Value<Lift | null>;
  onLift(id: Id): void;
  /** What was dropped last, to give the focus to when it is shown in its new place. */
  dropped: RefObject<Dropped | null>;
}

export interface Dropped {
  id: Id;
  /** Null where it has none now. */
  day: string | null;
}

/** `show` turns to the month of a day, `turn` by months. */
export function useCarry(
  ghost: RefObject<HTMLElement | null>,
  show: (day: string) => void,
  turn: (months: number) => void,
): Carry {
  const { t, dir, locale, date } = useI18n();
  const { room, rights } = useBoard();
  const dropped = useRef<Dropped | null>(null);
  const lift = useMemo(() => createValue<Lift | null>(null), []);
  const task = (id: Id) => room.view.get()?.tasks.get(id);
  const sayDay = (day: string) => dayTitle(dayOf(day, locale), date);

  const begin = (id: Id, by: Lift['by']) => {
    const one = task(id);
    if (!one || !rights.writeTask(one)) return false;
    lift.set({ id, by, over: dayOfTask(one) ?? UNDATED });
    return true;
  };
  const put = () => {
    const now = lift.get();
    lift.set(null);
    const one = now && task(now.id);
    if (!one || !now || now.over === null) return;
    const day = now.over === UNDATED ? null : now.over;
    if (now.by === 'keys') dropped.current = { id: now.id, day };
    const { title } = one;
    announce(day ? t('views.cal_dropped', { title, date: sayDay(day) }) : t('views.cal_dropped_none', { title }));
    if (day === dayOfTask(one)) return;
    const due_date = day && movedTo(one.due_date, day);
    room.submit({ kind: 'task.update', task_id: one.id, set: { due_date } });
  };
  const putBack = () => {
    const now = lift.get();
    lift.set(null);
    if (!now) return;
    const one = task(now.id);
    const day = dayOfTask(one);
    if (now.by === 'keys') dropped.current = { id: now.id, day };
    if (day && now.by === 'keys') show(day);
    announce(t('views.cal_cancelled', { title: one?.title ?? '' }));
  };
  /** While something is carried by keys, all keys are about it. */
  const key = (event: KeyboardEvent) => {
    const now = lift.get();
    if (now?.by !== 'keys' || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = daysBy(event.key, dir);
    if (by) {
      const from = now.over === null || now.over === UNDATED ? today() : now.over;
      const over = isoOf(dayOf(from, locale).add(by));
      lift.set({ ...now, over });
      show(over);
      announce(sayDay(over));
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      lift.set({ ...now, over: UNDATED });
      announce(t('views.cal_undated'));
    } else if (event.key === ' ' || event.key === 'Enter') put();
    else if (event.key === 'Escape' || event.key === 'Tab') putBack();
    if (event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Listeners stay while the calendar does; what they need to know changes.
  const now = useRef({ begin, put, putBack, key, show, turn, rights });
  now.current = { begin, put, putBack, key, show, turn, rights };

  useEffect(
    () =>
      attachDayDrag({
        mayLift: (id) => {
          const one = room.view.get()?.tasks.get(id);
          return one !== undefined && now.current.rights.writeTask(one);
        },
        onLift: (id) => now.current.begin(id, 'pointer'),
        onOver: (over) => {
          const held = lift.get();
          if (held && held.over !== over) lift.set({ ...held, over });
        },
        onTurn: (months) => now.current.turn(months),
        onDrop: () => now.current.put(),
        onCancel: () => now.current.putBack(),
        ghost: () => ghost.current,
      }),
    [room, lift, ghost],
  );
  const carried = useStore(lift)?.by === 'keys';
  useEffect(() => {
    if (!carried) return;
    const down = (event: KeyboardEvent) => now.current.key(event);
    window.addEventListener('keydown', down, { capture: true });
    return () => window.removeEventListener('keydown', down, { capture: true });
  }, [carried]);

  return useMemo(
    () => ({
      lift,
      dropped,
      onLift(id) {
        if (!now.current.begin(id, 'keys')) return;
        const one = room.view.get()?.tasks.get(id);
        announce(t('views.cal_lifted', { title: one?.title ?? '' }));
      },
    }),
    [lift, room, t],
  );
}
