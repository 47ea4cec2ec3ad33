/** Where what is dragged would land. It lies over the gaps, so that nothing has to make room. */
import type { Virtualizer } from '@tanstack/react-virtual';
import { Ban } from 'lucide-react';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import css from './column.module.css';
import { useColumns } from './context';
import { sameSpot } from './drag';
import { useHands, usePart } from './interaction-context';

export function DropLine(props: {
  columnId: Id;
  virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  ids: readonly Id[];
}) {
  const { columnId, virtualizer, ids } = props;
  const { hands } = useHands();
  const spot = usePart(hands.drag, (state) =>
    state.phase === 'dragging' && state.spot.column_id === columnId && !state.full && !sameSpot(state.spot, state.from)
      ? state.spot
      : null,
  );
  if (!spot) return null;
  const at = (id: Id | null) => (id === null ? undefined : virtualizer.measurementsCache[ids.indexOf(id)]);
  const above = at(spot.after);
  const below = at(spot.before);
  const y = above ? above.end + 4 : below ? below.start - 4 : 4;
  return <li className={css.line} style={{ transform: `translateY(${Math.max(1, y)}px)` }} aria-hidden />;
}

/** Says over a column that it takes no more, before anything is let go. */
export function FullNote({ columnId }: { columnId: Id }) {
  const { t } = useI18n();
  const { hands } = useHands();
  const column = useColumns().find((one) => one.id === columnId);
  const full = usePart(
    hands.drag,
    (state) => state.phase === 'dragging' && state.full && state.spot.column_id === columnId,
  );
  if (!full || !column) return null;
  return (
    <div className={css.fullNote} aria-hidden>
      <Ban aria-hidden />
      <span>{t('board.drop_full', { column: column.name, count: column.wip_limit ?? 0 })}</span>
    </div>
  );
}
