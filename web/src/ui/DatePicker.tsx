/** A day to choose, in the calendar of the language. Arrows go by days and weeks, Page Up and Down by months. */
import { Popover } from '@base-ui/react/popover';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useI18n } from '@/i18n';
import { Button, IconButton } from './Button';
import { atNoon, dayOf, dayTitle, isoOf, monthTitle, weeksOf } from './calendar';
import css from './date-picker.module.css';
import { localDay } from './day';

interface Choosing {
  /** `YYYY-MM-DD`, or null for none. */
  value: string | null;
  label: string;
  onChange(value: string | null): void;
}

export function DatePicker({ trigger, ...choosing }: Choosing & { trigger: ReactElement }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger render={trigger} />
      <Days {...choosing} onClose={() => setOpen(false)} />
    </Popover.Root>
  );
}

/** One without a trigger of its own: it hangs on `anchor` while that is not null. */
export function DatePickerAt({ anchor, onClose, ...choosing }: Choosing & { anchor: Element | null; onClose(): void }) {
  return (
    <Popover.Root open={anchor !== null} onOpenChange={(open) => !open && onClose()}>
      <Days {...choosing} anchor={anchor} onClose={onClose} />
    </Popover.Root>
  );
}

function Days({ anchor, value, label, onChange, onClose }: Choosing & { anchor?: Element | null; onClose(): void }) {
  const { t } = useI18n();
  const last = useRef<Element | null>(null);
  last.current = anchor ?? last.current;
  const choose = (next: string | null) => {
    onChange(next);
    onClose();
  };
  return (
    <Popover.Portal>
      <Popover.Positioner
        {...(anchor ? { anchor } : {})}
        sideOffset={6}
        align="start"
        collisionPadding={8}
        className={css.positioner}
      >
        <Popover.Popup
          className={css.popup}
          aria-label={label}
          {...(anchor === undefined ? {} : { finalFocus: () => last.current as HTMLElement | null })}
        >
          <Month value={value} onChoose={choose} />
          <div className={css.foot}>
            <Button small onClick={() => choose(localDay(new Date()))}>
              {t('task.today')}
            </Button>
            {value !== null && (
              <Button small look="quiet" onClick={() => choose(null)}>
                {t('task.no_date')}
              </Button>
            )}
          </div>
        </Popover.Popup>
      </Popover.Positioner>
    </Popover.Portal>
  );
}

function Month({ value, onChoose }: { value: string | null; onChoose(value: string): void }) {
  const { t, locale, dir, date, number } = useI18n();
  const today = localDay(new Date());
  const [at, setAt] = useState(value ?? today);
  const grid = useRef<HTMLTableElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the focus goes where the keys have gone
  useEffect(() => {
    grid.current?.querySelector<HTMLElement>('[data-at]')?.focus();
  }, [at]);
  const day = dayOf(at, locale);
  const weeks = weeksOf(day, locale);
  const turn = (months: number) => setAt(isoOf(day.add({ months })));
  const keys = (event: KeyboardEvent) => {
    const forward = dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const back = dir === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    const days: Record<string, number> = { [forward]: 1, [back]: -1, ArrowDown: 7, ArrowUp: -7 };
    const months: Record<string, number> = { PageDown: 1, PageUp: -1 };
    const by = days[event.key];
    const byMonths = months[event.key];
    if (by !== undefined) setAt(isoOf(day.add({ days: by })));
    else if (byMonths !== undefined) turn(byMonths);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className={css.head}>
        <IconButton small label={t('task.month_before')} icon={<ChevronLeft />} onClick={() => turn(-1)} />
        <span aria-live="polite">{monthTitle(day, date)}</span>
        <IconButton small label={t('task.month_after')} icon={<ChevronRight />} onClick={() => turn(1)} />
      </div>
      <table ref={grid} className={css.grid} onKeyDown={keys}>
        <thead>
          <tr>
            {weeks[0]?.map((one) => (
              <th key={isoOf(one)} scope="col" abbr={date(atNoon(one), { weekday: 'long', timeZone: 'UTC' })}>
                {date(atNoon(one), { weekday: 'narrow', timeZone: 'UTC' })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0] && isoOf(week[0])}>
              {week.map((one) => {
                const iso = isoOf(one);
                return (
                  <td key={iso}>
                    <button
                      type="button"
                      className={css.day}
                      data-at={iso === at || undefined}
                      data-other={one.month !== day.month || undefined}
                      aria-pressed={iso === value}
                      aria-current={iso === today ? 'date' : undefined}
                      aria-label={dayTitle(one, date)}
                      tabIndex={iso === at ? 0 : -1}
                      onClick={() => onChoose(iso)}
                    >
                      {number(one.day)}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
