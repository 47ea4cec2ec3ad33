/** What all parts of the calendar share: the day that keys are about, and the task that is carried. */
import { createContext, useContext } from 'react';
import { useStore } from '@/app/client';
import type { Value } from '@/sync/value';
import type { Id } from '@/sync/wire';
import type { Lift } from './days';

export interface CalendarScope {
  lift: Value<Lift | null>;
  /** Takes a task in hand, to be carried by keys. */
  onLift(id: Id): void;
  /** The day that Tab leads to. */
  at: string;
  setAt(day: string): void;
  /** Shows the month of a day, and gives the day the focus. */
  goTo(day: string): void;
}

const Context = createContext<CalendarScope | null>(null);
export const CalendarProvider = Context.Provider;

export function useCalendar(): CalendarScope {
  const scope = useContext(Context);
  if (!scope) throw new Error('outside of CalendarView');
  return scope;
}

export const useLift = () => useStore(useCalendar().lift);
