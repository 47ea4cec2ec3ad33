/** The board's face with columns: what is dragged, chosen and gone through with the keys comes together here. */
import { Columns3 } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useFilter } from '@/filter/useFilter';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Empty } from '@/ui/Empty';
import { AddColumn, AddColumnForm } from './AddColumn';
import { BoardSkeleton } from './BoardSkeleton';
import css from './board-columns.module.css';
import { CardMenu } from './CardMenu';
import { ColumnDialogs } from './ColumnDialogs';
import { ColumnView } from './ColumnView';
import { useBoard, useColumns, useView } from './context';
import { DragHint } from './DragHint';
import { Interaction } from './interaction';
import { HandsProvider, useHands } from './interaction-context';
import { SelectionBar } from './SelectionBar';
import type { Matches } from './shown';
import { useActions } from './useActions';
import { useBoardHands } from './useBoardHands';

export function BoardColumns() {
  const { room } = useBoard();
  const ready = useView((view) => view !== null);
  const hands = useMemo(() => new Interaction(room), [room]);
  const act = useActions(hands);
  const value = useMemo(() => ({ hands, act }), [hands, act]);
  if (!ready) return <BoardSkeleton />;
  return (
    <HandsProvider value={value}>
      <div className={css.stage}>
        <Columns hands={hands} />
        <SelectionBar />
      </div>
      <CardMenu />
      <ColumnDialogs />
      <DragHint />
    </HandsProvider>
  );
}

function Columns({ hands }: { hands: Interaction }) {
  const { t } = useI18n();
  const { rights, area, show } = useBoard();
  const columns = useColumns();
  const { matches, clear } = useFilter();
  const root = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    hands.area = root.current;
    hands.motion.layer = layer.current;
    area.set(root.current);
    show.set((id) => {
      if (!hands.placeOf(id)) return false;
      hands.focus(id);
      return true;
    });
    return () => {
      area.set(null);
      show.set(null);
    };
  }, [hands, area, show]);
  const click = useBoardHands(hands, root);
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: clicks on cards, which are links and have their keys, are caught here once for all of them */}
      <div ref={root} className={css.area} onClick={click}>
        {columns.map((column, index) => (
          <ColumnView key={column.id} column={column} last={index === columns.length - 1} matches={matches} />
        ))}
        {columns.length === 0 ? <NoColumns /> : rights.columns && <AddColumn />}
        <Follow hands={hands} />
      </div>
      <NoMatch matches={matches} clear={clear} />
      <div ref={layer} className={css.layer} aria-hidden />
      <p id="card-hint" hidden>
        {t('board.card_hint')}
      </p>
      <p id="column-hint" hidden>
        {t('board.column_rename_hint')}
      </p>
    </>
  );
}

/** After each change of the board, when the columns show it. It stands after them, so that its effect comes after theirs. */
function Follow({ hands }: { hands: Interaction }) {
  const view = useView((view) => view);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows what is shown
  useLayoutEffect(() => hands.follow(), [hands, view]);
  useEffect(() => {
    let before = hands.room.view.get();
    return hands.room.view.subscribe(() => {
      const next = hands.room.view.get();
      // What is about to change still stands on the page.
      if (before && next && (before.order !== next.order || before.columns !== next.columns)) {
        hands.motion.capture(before.tasks);
      }
      before = next;
    });
  }, [hands]);
  return null;
}

function NoColumns() {
  const { t } = useI18n();
  const { rights } = useBoard();
  const [adding, setAdding] = useState(false);
  return (
    <div className={css.none}>
      <Empty
        icon={<Columns3 aria-hidden />}
        title={t('board.empty_title')}
        text={t(rights.columns ? 'board.empty_text' : 'board.empty_text_viewer')}
      >
        {rights.columns && !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t('board.column_add')}
          </Button>
        )}
      </Empty>
      {adding && <AddColumnForm onClose={() => setAdding(false)} />}
    </div>
  );
}

/** Over the empty columns, where the filter lets nothing through. */
function NoMatch({ matches, clear }: { matches: Matches; clear(): void }) {
  const { t } = useI18n();
  const { hands } = useHands();
  const nothing = useView((view) => {
    if (!matches || !view || view.tasks.size === 0) return false;
    const passed = hands.passed(matches);
    return ![...view.tasks.values()].some((task) => passed.has(task.id) || matches(task));
  });
  if (!nothing) return null;
  return (
    <div className={css.noMatch} role="status">
      <Empty title={t('board.no_match_title')} text={t('board.no_match_text')}>
        <Button onClick={clear}>{t('board.no_match_clear')}</Button>
      </Empty>
    </div>
  );
}
