/** The days of a month with what is due on them. Arrows go from day to day; Enter goes into a day, Escape out of it. */
import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import { atNoon, dayOf, isoOf, weeksOf } from '@/ui/calendar';
import css from './calendar.module.css';
import { useCalendar } from './calendar-context';
import { DayCell } from './DayCell';
import { daysBy, today } from './days';

/** Of a line with a task, and of the line with the day's number, with their gaps: pixels. */
const LINE = 26;
const HEAD = 36;
const NOTHING: readonly Task[] = [];

interface Props {
  /** Some day of the month. */
  month: string;
  due: ReadonlyMap<string, readonly Task[]>;
  /** Only dots for tasks, as there is no room for their titles. */
  compact: boolean;
}

export function Month({ month, due, compact }: Props) {
  const { locale, dir, date } = useI18n();
  const { at, goTo } = useCalendar();
  const body = useRef<HTMLTableSectionElement>(null);
  const lines = useLines(body);
  const shown = dayOf(month, locale);
  const weeks = weeksOf(shown, locale);
  const now = today();
  const keys = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    const cell = target.closest<HTMLElement>('[data-day]');
    if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const inDay = [...cell.querySelectorAll<HTMLElement>('[data-card-focus], [data-more]')];
    const place = inDay.indexOf(target);
    const within = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const by = daysBy(event.key, dir);
    if (place >= 0 && within !== undefined) inDay[place + within]?.focus();
    else if (place >= 0 && event.key === 'Escape') cell.querySelector<HTMLElement>('[data-day-number]')?.focus();
    else if (place < 0 && event.key === 'Enter' && !compact) inDay[0]?.focus();
    else if (by) goTo(isoOf(dayOf(at, locale).add(by)));
    else return;
    event.preventDefault();
  };
  return (
    <table className={css.month} data-compact={compact || undefined} onKeyDown={keys}>
      <thead>
        <tr>
          {weeks[0]?.map((day) => (
            <th key={isoOf(day)} scope="col" abbr={date(atNoon(day), { weekday: 'long', timeZone: 'UTC' })}>
              {date(atNoon(day), { weekday: compact ? 'narrow' : 'short', timeZone: 'UTC' })}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body} style={{ '--weeks': weeks.length } as Record<string, number>}>
        {weeks.map((week) => (
          <tr key={week[0] && isoOf(week[0])}>
            {week.map((day) => {
              const iso = isoOf(day);
              return (
                <DayCell
                  key={iso}
                  {...{ day, iso, lines, compact }}
                  tasks={due.get(iso) ?? NOTHING}
                  isOther={day.month !== shown.month}
                  isToday={iso === now}
                />
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many tasks a day has room for. */
function useLines(body: RefObject<HTMLTableSectionElement | null>): number {
  const [lines, setLines] = useState(3);
  useLayoutEffect(() => {
    const element = body.current;
    if (!element) return;
    const measure = () => {
      const row = element.rows[0];
      if (row) setLines(Math.max(1, Math.floor((row.clientHeight - HEAD) / LINE)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [body]);
  return lines;
}
