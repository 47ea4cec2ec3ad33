/** Open tasks without a due date, to be carried to a day; what is dropped here loses its date. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import css from './calendar.module.css';
import { useLift } from './calendar-context';
import { DayTask } from './DayTask';
import { UNDATED } from './days';

/** Of a line, with its gap: pixels. */
const LINE = 34;

export function Undated({ tasks }: { tasks: readonly Task[] }) {
  const { t, number } = useI18n();
  const over = useLift()?.over === UNDATED;
  const list = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const wanted = useRef(false);
  const rows = useVirtualizer({
    count: tasks.length,
    estimateSize: () => LINE,
    getScrollElement: () => list.current,
    getItemKey: (index) => tasks[index]?.id ?? index,
    overscan: 8,
  });
  const active = Math.min(at, tasks.length - 1);
  useEffect(() => {
    if (!wanted.current) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-index="${active}"] a`);
    if (!link) return;
    wanted.current = false;
    link.focus({ preventScroll: true });
  });
  const keys = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -tasks.length, End: tasks.length };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(tasks.length - 1, active + step));
    wanted.current = true;
    rows.scrollToIndex(next);
    setAt(next);
  };
  const focus = (event: FocusEvent) => {
    const line = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    if (line) setAt(Number(line.dataset.index));
  };
  return (
    <section className={css.undated} data-day={UNDATED} data-over={over || undefined} aria-labelledby="undated">
      <h2 id="undated" className={css.undatedTitle}>
        {t('views.cal_undated')}
        <span className={css.undatedCount}>{number(tasks.length)}</span>
      </h2>
      {tasks.length === 0 && <p className={css.faint}>{t('views.cal_undated_none')}</p>}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it moves the focus among the links in it */}
      <div ref={list} className={css.undatedList} onKeyDown={keys} onFocus={focus}>
        <div style={{ blockSize: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((row) => {
            const task = tasks[row.index];
            return (
              task && (
                <div
                  key={row.key}
                  data-index={row.index}
                  className={css.undatedLine}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <DayTask task={task} reachable={row.index === active} />
                </div>
              )
            );
          })}
        </div>
      </div>
    </section>
  );
}
