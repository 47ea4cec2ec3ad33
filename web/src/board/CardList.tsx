/** A column's cards, of which only those near to what is seen are on the page. */
import { defaultRangeExtractor, measureElement, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { useI18n } from '@/i18n';
import type { Column, Task } from '@/sync/wire';
import { Card } from './Card';
import css from './column.module.css';
import { useBoard } from './context';
import { DropLine } from './DropLine';
import { useHands, usePart } from './interaction-context';
import type { Shown } from './shown';

const GAP = 8;

export function CardList({ column, shown: { ids, dim } }: { column: Column; shown: Shown }) {
  const { t } = useI18n();
  const { room } = useBoard();
  const { hands } = useHands();
  const scroller = useRef<HTMLDivElement>(null);
  const itemKey = useCallback((index: number) => ids[index] ?? index, [ids]);
  // Tab leads to one card of each column: to the active one, or else to the first.
  const entry = usePart(hands.active, (active) => Math.max(0, active === null ? 0 : ids.indexOf(active)));
  // It stays on the page when it is scrolled away: keys go on from it.
  const range = useCallback(
    (seen: Range) => {
      const indexes = defaultRangeExtractor(seen);
      return entry >= ids.length || indexes.includes(entry) ? indexes : [...indexes, entry].sort((a, b) => a - b);
    },
    [entry, ids],
  );
  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>({
    count: ids.length,
    getScrollElement: () => scroller.current,
    getItemKey: itemKey,
    estimateSize: (index) =>
      heightOf(hands.heights.get(ids[index] ?? ''), room.view.get()?.tasks.get(ids[index] ?? '')),
    measureElement(element, entry, instance) {
      const height = measureElement(element, entry, instance);
      if (height > 0) hands.heights.set(element.dataset.key ?? '', height);
      return height;
    },
    rangeExtractor: range,
    gap: GAP,
    overscan: 5,
    paddingStart: 2,
    paddingEnd: GAP,
    scrollPaddingStart: GAP,
    scrollPaddingEnd: GAP,
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    const section = element?.closest<HTMLElement>('[data-column-id]');
    if (!element || !section) return;
    hands.surfaces.set(column.id, { section, scroller: element, virtualizer, shown: ids });
    keepInSight(hands.motion.seen(column.id, element), element, ids, virtualizer);
  }, [hands, column.id, virtualizer, ids]);
  useEffect(() => () => void hands.surfaces.delete(column.id), [hands, column.id]);
  const items = virtualizer.getVirtualItems();
  return (
    <div ref={scroller} className={css.scroller}>
      <ul ref={virtualizer.containerRef} className={css.list} aria-label={t('board.cards', { count: ids.length })}>
        {items.map(({ key, index }) => {
          const id = ids[index];
          return (
            id && (
              <li
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                data-key={id}
                className={css.item}
                aria-posinset={index + 1}
                aria-setsize={ids.length}
              >
                <Card id={id} dim={dim.has(id)} entry={index === entry} />
              </li>
            )
          );
        })}
        <DropLine columnId={column.id} virtualizer={virtualizer} ids={ids} />
      </ul>
    </div>
  );
}

/**
 * Cards come and go above what the reader looks at: that stays where it is. At the very top one sees what is new there.
 */
function keepInSight(
  seen: readonly { id: string; distance: number }[],
  scroller: HTMLElement,
  ids: readonly string[],
  virtualizer: { measurementsCache: readonly { start: number }[] },
) {
  if (scroller.scrollTop <= 0) return;
  const stays = seen.find(({ id }) => ids.includes(id));
  const item = stays && virtualizer.measurementsCache[ids.indexOf(stays.id)];
  if (!item) return;
  const wanted = item.start - stays.distance;
  if (Math.abs(wanted - scroller.scrollTop) >= 1) scroller.scrollTop = wanted;
}

/** As good a guess as can be made before it is drawn: the nearer, the less moves when it is. */
function heightOf(measured: number | undefined, task: Task | undefined): number {
  if (measured !== undefined) return measured;
  const lines = Math.max(1, Math.ceil((task?.title.length ?? 0) / 34));
  const facts = task && (task.label_ids.length > 0 || task.due_date !== null || task.story_points !== null);
  return 50 + lines * 20 + (facts ? 28 : 0);
}
