/** A column: its head, its cards, and at its foot the place where cards are added. */
import { memo } from 'react';
import { useI18n } from '@/i18n';
import type { Column } from '@/sync/wire';
import { CardList } from './CardList';
import { ColumnHead } from './ColumnHead';
import css from './column.module.css';
import { useBoard, useOrder } from './context';
import { FullNote } from './DropLine';
import { useHands, usePart } from './interaction-context';
import { QuickAdd } from './QuickAdd';
import { type Matches, useShown } from './shown';

interface Props {
  column: Column;
  /** Whether it stands at the end of the board. */
  last: boolean;
  matches: Matches;
}

export const ColumnView = memo(function ColumnView({ column, last, matches }: Props) {
  const { t } = useI18n();
  const { rights } = useBoard();
  const { hands } = useHands();
  const total = useOrder(column.id).length;
  const shown = useShown(column.id, matches);
  const aim = usePart(hands.drag, (state) => {
    if (state.phase !== 'dragging') return undefined;
    if (state.subject.kind === 'tasks') {
      if (state.spot.column_id !== column.id) return undefined;
      return state.full ? 'full' : 'over';
    }
    if (state.subject.lead === column.id) return 'lifted';
    if (state.spot.before === column.id) return state.spot.after === state.from.after ? undefined : 'start';
    return last && state.spot.before === null && state.spot.after === column.id ? 'end' : undefined;
  });
  return (
    <section className={css.column} data-column-id={column.id} data-aim={aim} aria-labelledby={`column-${column.id}`}>
      <ColumnHead column={column} shown={shown.ids.length} />
      <CardList column={column} shown={shown} />
      {shown.ids.length === 0 && (
        <p className={css.empty}>{t(total > 0 ? 'board.column_empty_filtered' : 'board.column_empty')}</p>
      )}
      {rights.write && <QuickAdd column={column} />}
      <FullNote columnId={column.id} />
    </section>
  );
});
