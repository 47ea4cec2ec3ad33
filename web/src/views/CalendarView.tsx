/** The face of a board that shows its tasks on the days that they are due. */
import { ChevronLeft, ChevronRight, Inbox } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useStore } from '@/app/client';
import { useTask, useView } from '@/board/context';
import { type Command, useCommands } from '@/command/registry';
import { useFilter } from '@/filter/useFilter';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import { Button, IconButton } from '@/ui/Button';
import { dayOf, dayTitle, isoOf, monthTitle } from '@/ui/calendar';
import { Skeleton } from '@/ui/Empty';
import { useStep } from '@/ui/useStep';
import css from './calendar.module.css';
import { CalendarProvider, type CalendarScope, useLift } from './calendar-context';
import { DayTask } from './DayTask';
import { daysOf, today, UNDATED } from './days';
import { Month } from './Month';
import { Undated } from './Undated';
import { type Dropped, useCarry } from './useCarry';

const NOTHING: readonly Task[] = [];
/** From these widths on there is room for titles in the days, and for what has no date beside them. */
const STEPS = [46, 60] as const;
/** Keys that the days themselves listen for. */
const CALENDAR_KEYS = [
  ['walk', '← ↑ ↓ →'],
  ['enter', 'Enter'],
  ['leave', 'Escape'],
  ['lift', 'Space'],
] as const;

export default function CalendarView() {
  const { t } = useI18n();
  const view = useView((view) => view);
  const { matches } = useFilter();
  const days = useMemo(() => view && daysOf(view, matches), [view, matches]);
  if (!days) {
    return (
      <div className={css.waiting}>
        <Skeleton label={t('common.loading')} lines={8} />
      </div>
    );
  }
  return <Calendar {...days} />;
}

function Calendar({ due, undated }: { due: ReadonlyMap<string, readonly Task[]>; undated: readonly Task[] }) {
  const { t, locale, date, number } = useI18n();
  const [trayWanted, setTrayWanted] = useState<boolean | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const step = useStep(root, STEPS);
  const compact = step === 0;
  const tray = trayWanted ?? step === STEPS.length;
  const ghost = useRef<HTMLDivElement>(null);
  const { month, at, setAt, show, goTo, turn } = useDays(root);
  const { lift, onLift, dropped } = useCarry(ghost, show, turn);
  useFocusDropped(root, dropped, useStore(lift) === null);
  const scope = useMemo<CalendarScope>(() => ({ lift, onLift, at, setAt, goTo }), [lift, onLift, at, setAt, goTo]);
  const over = useStore(lift)?.over === UNDATED;
  useCommands(
    useMemo(
      (): Command[] => [
        ...CALENDAR_KEYS.map(
          ([name, keys]): Command => ({ id: `cal-${name}`, name: t(`views.cal_key_${name}`), group: 'calendar', keys }),
        ),
        { id: 'today', name: t('task.today'), group: 'calendar', keys: 't', run: () => goTo(today()) },
        { id: 'month-before', name: t('task.month_before'), group: 'calendar', keys: '[', run: () => turn(-1) },
        { id: 'month-after', name: t('task.month_after'), group: 'calendar', keys: ']', run: () => turn(1) },
      ],
      [t, goTo, turn],
    ),
  );
  return (
    <CalendarProvider value={scope}>
      <div ref={root} className={css.calendar} data-compact={compact || undefined}>
        <header className={css.head}>
          <h2 className={css.title} aria-live="polite">
            {monthTitle(dayOf(month, locale), date)}
          </h2>
          <IconButton
            small
            className={css.turn ?? ''}
            data-turn="-1"
            label={t('task.month_before')}
            icon={<ChevronLeft />}
            onClick={() => turn(-1)}
          />
          <IconButton
            small
            className={css.turn ?? ''}
            data-turn="1"
            label={t('task.month_after')}
            icon={<ChevronRight />}
            onClick={() => turn(1)}
          />
          <Button small onClick={() => goTo(today())}>
            {t('task.today')}
          </Button>
          <span className={css.space} />
          <Button
            small
            look="quiet"
            data-day={UNDATED}
            data-over={over || undefined}
            className={css.trayButton ?? ''}
            aria-expanded={tray}
            onClick={() => setTrayWanted(!tray)}
          >
            <Inbox aria-hidden />
            <span className={css.trayName}>{t('views.cal_undated')}</span>
            <span>{number(undated.length)}</span>
          </Button>
        </header>
        <div className={css.main}>
          <div className={css.sheet}>
            <Month {...{ month, due, compact }} />
            {compact && <Agenda day={at} tasks={due.get(at) ?? NOTHING} />}
          </div>
          {tray && <Undated tasks={undated} />}
        </div>
        <Ghost {...{ ghost }} />
        <p id="day-hint" hidden>
          {t('views.cal_hint')}
        </p>
      </div>
    </CalendarProvider>
  );
}

/** The month that is shown, which stands in the address, and the day that the keys are about. */
function useDays(root: RefObject<HTMLElement | null>) {
  const { locale } = useI18n();
  const [query, setQuery] = useSearchParams();
  const told = query.get('month');
  const month = told && isDay(told) ? told : today();
  const [at, setAt] = useState(month);
  const wanted = useRef<string | null>(null);
  const put = useRef(setQuery);
  put.current = setQuery;
  const show = useCallback(
    (day: string) => {
      const first = isoOf(dayOf(day, locale).set({ day: 1 }));
      put.current(
        (now) => {
          now.set('month', first);
          return now;
        },
        { replace: true },
      );
    },
    [locale],
  );
  const goTo = useCallback(
    (day: string) => {
      wanted.current = day;
      setAt(day);
      show(day);
    },
    [show],
  );
  const turn = useCallback(
    (months: number) => {
      const next = isoOf(dayOf(month, locale).set({ day: 1 }).add({ months }));
      setAt(next);
      show(next);
    },
    [month, locale, show],
  );
  useEffect(() => {
    if (wanted.current === null) return;
    const number = root.current?.querySelector<HTMLElement>(`[data-day="${wanted.current}"] [data-day-number]`);
    if (!number) return;
    wanted.current = null;
    number.focus();
  });
  return { month, at, setAt, show, goTo, turn };
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** What was carried by keys keeps the focus in its new place. */
function useFocusDropped(root: RefObject<HTMLElement | null>, dropped: RefObject<Dropped | null>, idle: boolean) {
  useEffect(() => {
    if (!idle || dropped.current === null) return;
    const { id, day } = dropped.current;
    dropped.current = null;
    const find = (what: string) => root.current?.querySelector<HTMLElement>(what);
    // On a day that is too full to show it, the day has the focus.
    (find(`[data-task-id="${id}"] [data-card-focus]`) ?? find(`[data-day="${day}"] [data-day-number]`))?.focus();
  });
}

/** What is due on the chosen day, where the month has no room for it. */
function Agenda({ day, tasks }: { day: string; tasks: readonly Task[] }) {
  const { t, date, locale } = useI18n();
  return (
    <section className={css.agenda} aria-labelledby="agenda">
      <h3 id="agenda">{dayTitle(dayOf(day, locale), date)}</h3>
      {tasks.length === 0 && <p className={css.faint}>{t('views.cal_day_none')}</p>}
      {tasks.map((task) => (
        <DayTask key={task.id} task={task} reachable />
      ))}
    </section>
  );
}

/** Follows the pointer with the title of what is dragged. */
function Ghost({ ghost }: { ghost: RefObject<HTMLDivElement | null> }) {
  const lift = useLift();
  const task = useTask(lift?.id ?? '');
  return (
    <div ref={ghost} className={css.ghost} hidden={lift?.by !== 'pointer'} aria-hidden>
      <bdi>{task?.title}</bdi>
    </div>
  );
}
