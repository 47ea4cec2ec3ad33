import { describe, expect, it } from 'vitest';
import { dayOf, isoOf, weeksOf } from './calendar';
import { dueDay, dueMoment } from './day';

describe('a month', () => {
  it('is shown in whole weeks from Monday in English', () => {
    const weeks = weeksOf(dayOf('2026-11-25', 'en'), 'en');
    expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
    expect(isoOf(weeks[0]?.[0] ?? dayOf('2000-01-01', 'en'))).toBe('2026-10-26');
    expect(isoOf(weeks.at(-1)?.[6] ?? dayOf('2000-01-01', 'en'))).toBe('2026-12-06');
  });

  it('is one of the solar Hijri calendar, from Saturday, in Persian', () => {
    const day = dayOf('2026-11-25', 'fa');
    expect([day.year, day.month, day.day]).toEqual([1405, 9, 4]);
    const weeks = weeksOf(day, 'fa');
    expect(isoOf(weeks[0]?.[0] ?? day)).toBe('2026-11-21');
    expect(weeks.flat().filter((one) => one.month === 9)).toHaveLength(30);
  });

  it('has leap days in both', () => {
    expect(isoOf(dayOf('2028-02-29', 'fa'))).toBe('2028-02-29');
    // The last of Esfand of a leap year.
    const last = dayOf('2025-03-20', 'fa');
    expect([last.year, last.month, last.day]).toEqual([1403, 12, 30]);
  });
});

describe('a due date', () => {
  it('that is a whole day is that day in every time zone', () => {
    expect(dueDay(dueMoment('2026-11-25'))).toBe('2026-11-25');
  });
});
