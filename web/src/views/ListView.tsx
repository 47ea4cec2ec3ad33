/** The face of a board that shows its tasks as the lines of a table. */
import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { ListTodo, SearchX } from 'lucide-react';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useBoard, useOpenTask, useView } from '@/board/context';
import { type Command, useCommands } from '@/command/registry';
import { useFilter } from '@/filter/useFilter';
import { useI18n } from '@/i18n';
import type { BoardView } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Empty, Skeleton } from '@/ui/Empty';
import { useStep } from '@/ui/useStep';
import { type Editable, type Editing, ListEditor } from './ListEditor';
import { ListGroup } from './ListGroup';
import { ListHead } from './ListHead';
import { ListRow } from './ListRow';
import { ListTools } from './ListTools';
import { type Arrangement, arrangementOf, rowsOf, withArrangement } from './list';
import css from './list.module.css';
import { useListKeys } from './useListKeys';

/** Heights of lines: pixels. */
const ROW = 40;
const TALL_ROW = 64;
const GROUP = 38;
const HEAD = 34;
/** What there is room for: two lines for a task; one; that with points; that with the time of the last change. */
const LAYOUTS = ['narrow', 'short', 'long', 'whole'] as const;
const STEPS = [48, 58, 68] as const;

export default function ListView() {
  const { t } = useI18n();
  const view = useView((view) => view);
  if (view) return <List view={view} />;
  return (
    <div className={css.waiting}>
      <Skeleton label={t('common.loading')} lines={8} />
    </div>
  );
}

function List({ view }: { view: BoardView }) {
  const { t, locale } = useI18n();
  const { nameOf } = useBoard();
  const { matches, clear } = useFilter();
  const [arrangement, arrange] = useArrangement();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const open = useOpenTask();
  const [editing, setEditing] = useState<Editing | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const layout = LAYOUTS[useStep(root, STEPS)] ?? 'whole';
  const narrow = layout === 'narrow';
  const reading = useMemo(
    () => ({ nameOf, compare: new Intl.Collator(locale, { numeric: true }).compare }),
    [nameOf, locale],
  );
  const rows = useMemo(
    () => rowsOf(view, matches, arrangement, closed, reading),
    [view, matches, arrangement, closed, reading],
  );
  const toggle = useCallback((key: string, open?: boolean) => {
    setClosed((now) => {
      const next = new Set(now);
      if (open ?? now.has(key)) next.delete(key);
      else next.add(key);
      return next;
    });
  }, []);
  const edit = useCallback((id: Id, field: Editable, anchor: Element) => setEditing({ id, field, anchor }), []);
  const scroller = useRef<HTMLDivElement>(null);
  const focused = useRef(-1);
  const virtualizer = useVirtualizer<HTMLDivElement, Element>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    estimateSize: (index) => (rows[index]?.kind === 'group' ? GROUP : narrow ? TALL_ROW : ROW),
    // The row that has the focus stays on the page when it is scrolled away: keys go on from it.
    rangeExtractor: useCallback((seen: Range) => withFocused(seen, focused.current), []),
    overscan: 10,
    scrollPaddingStart: narrow ? 0 : HEAD,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the heights are others then
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, narrow]);
  const keys = useListKeys({ rows, virtualizer, scroller, onToggle: toggle });
  focused.current = keys.at;
  useCommands(useListCommands());
  return (
    <div ref={root} className={css.list} data-layout={layout}>
      <ListTools arrangement={arrangement} onChange={arrange} />
      {rows.length === 0 && <Nothing filtered={matches !== null && view.tasks.size > 0} onClear={clear} />}
      <div ref={scroller} className={css.scroller} hidden={rows.length === 0}>
        <table className={css.table} aria-label={t('board.face_list')} aria-rowcount={rows.length + 1}>
          <ListHead arrangement={arrangement} onChange={arrange} />
          <tbody
            className={css.body}
            style={{ blockSize: virtualizer.getTotalSize() }}
            onKeyDown={keys.onKeyDown}
            onFocus={keys.onFocus}
          >
            {virtualizer.getVirtualItems().map(({ index, start, size }) => {
              const row = rows[index];
              if (!row) return null;
              const own = row.key === keys.active.key;
              return row.kind === 'group' ? (
                <ListGroup
                  key={row.key}
                  rowKey={row.key}
                  grouping={arrangement.group}
                  group={row.group}
                  count={row.count}
                  place={index + 1}
                  open={!closed.has(row.key)}
                  reachable={own}
                  {...{ start, size }}
                  onToggle={toggle}
                />
              ) : (
                <ListRow
                  key={row.key}
                  rowKey={row.key}
                  id={row.id}
                  place={index + 1}
                  active={own ? keys.active.cell : null}
                  {...{ start, size }}
                  onOpen={open}
                  onEdit={edit}
                />
              );
            })}
          </tbody>
        </table>
      </div>
      <ListEditor editing={editing} onClose={() => setEditing(null)} />
    </div>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear(): void }) {
  const { t } = useI18n();
  if (!filtered) return <Empty icon={<ListTodo />} title={t('views.list_empty')} text={t('views.list_empty_text')} />;
  return (
    <Empty icon={<SearchX />} title={t('board.no_match_title')} text={t('board.no_match_text')}>
      <Button onClick={onClear}>{t('board.no_match_clear')}</Button>
    </Empty>
  );
}

function useArrangement(): [Arrangement, (next: Arrangement) => void] {
  const [query, setQuery] = useSearchParams();
  const told = query.toString();
  const arrangement = useMemo(() => arrangementOf(new URLSearchParams(told)), [told]);
  // Neither another filter nor an open task makes it another arrangement.
  const own = withArrangement(new URLSearchParams(), arrangement).toString();
  const stable = useMemo(() => arrangementOf(new URLSearchParams(own)), [own]);
  return [stable, (next) => setQuery((now) => withArrangement(now, next), { replace: true })];
}

function withFocused(seen: Range, focused: number): number[] {
  const indexes = defaultRangeExtractor(seen);
  if (focused < 0 || focused >= seen.count || indexes.includes(focused)) return indexes;
  return [...indexes, focused].sort((a, b) => a - b);
}

/** Keys that the list itself listens for, on the line that has the focus. */
const LIST_KEYS = [
  ['walk', '← ↑ ↓ →'],
  ['open', 'Enter'],
  ['column', 's'],
  ['priority', 'p'],
  ['assignees', 'a'],
  ['due', 'd'],
] as const;

function useListCommands(): readonly Command[] {
  const { t } = useI18n();
  return useMemo(
    () =>
      LIST_KEYS.map(([name, keys]) => ({ id: `list-${name}`, name: t(`views.list_key_${name}`), group: 'list', keys })),
    [t],
  );
}
