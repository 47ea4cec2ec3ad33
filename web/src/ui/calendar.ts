/** Months as people of a language count them: Gregorian in English, solar Hijri in Persian. */
import {
  type CalendarDate,
  endOfMonth,
  GregorianCalendar,
  PersianCalendar,
  parseDate,
  startOfMonth,
  toCalendar,
} from '@internationalized/date';
import type { I18n, Locale } from '@/i18n';

const CALENDARS = { en: new GregorianCalendar(), fa: new PersianCalendar() } as const;
/** Monday and Saturday, as `Date.getUTCDay` counts. */
const FIRST_DAY = { en: 1, fa: 6 } as const;

/** A day in the calendar of `locale`. */
export function dayOf(iso: string, locale: Locale): CalendarDate {
  return toCalendar(parseDate(iso), CALENDARS[locale]);
}

/** `YYYY-MM-DD`. */
export function isoOf(day: CalendarDate): string {
  return toCalendar(day, CALENDARS.en).toString();
}

/** The weeks that show the month of `day`, whole, each of seven days. */
export function weeksOf(day: CalendarDate, locale: Locale): CalendarDate[][] {
  const first = startOfMonth(day);
  const before = (weekday(first) - FIRST_DAY[locale] + 7) % 7;
  const last = endOfMonth(day);
  const weeks: CalendarDate[][] = [];
  for (let start = first.subtract({ days: before }); start.compare(last) <= 0; start = start.add({ days: 7 })) {
    weeks.push([0, 1, 2, 3, 4, 5, 6].map((days) => start.add({ days })));
  }
  return weeks;
}

/** The time zone is that of the days themselves: they have none. */
export function atNoon(day: CalendarDate): Date {
  return day.toDate('UTC');
}

function weekday(day: CalendarDate): number {
  return atNoon(day).getUTCDay();
}

/** "November 2026". */
export function monthTitle(day: CalendarDate, date: I18n['date']): string {
  // Each for itself: together, the year would stand before the month in Persian.
  const part = (options: Intl.DateTimeFormatOptions) => date(atNoon(day), { ...options, timeZone: 'UTC' });
  return `${part({ month: 'long' })} ${part({ year: 'numeric' })}`;
}

/** "Wednesday, November 25". */
export function dayTitle(day: CalendarDate, date: I18n['date']): string {
  return date(atNoon(day), { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
}
