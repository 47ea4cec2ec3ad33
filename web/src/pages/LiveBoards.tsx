/** The boards that nodes have at hand, to be searched and sorted. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useMe } from '@/app/client';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import { Skeleton } from '@/ui/Empty';
import { TextField } from '@/ui/Field';
import { chosen, type LiveBoard, SORTS, type Sort, type SortKey, sortedBy } from './cluster';
import { Problem } from './Problem';
import css from './page.module.css';

/** More rows than anybody reads; the rest is found by the field. */
const ROWS = 200;
const FIGURES: readonly SortKey[] = ['subscribers', 'seq', 'epoch'];

export function LiveBoards({ boards, error }: { boards: readonly LiveBoard[] | undefined; error: unknown }) {
  const { t, number, ago } = useI18n();
  const { workspaces } = useMe();
  const [text, setText] = useState('');
  const [sort, setSort] = useState<Sort>({ by: 'subscribers', descending: true });
  const found = useMemo(() => chosen(boards ?? [], text, sort), [boards, text, sort]);
  // An operator need not be a member of what is operated.
  const mayOpen = (board: LiveBoard) => workspaces.some(({ id }) => id === board.workspace_id);
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.open_boards')}</h2>
        <TextField
          bare
          type="search"
          label={t('pages.find_board')}
          placeholder={t('pages.find_board')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <Problem error={error} />
      {boards === undefined && error === null && <Skeleton lines={3} label={t('common.loading')} />}
      {boards && found.length === 0 && (
        <p className={css.panel}>{t(boards.length === 0 ? 'pages.open_boards_none' : 'pages.find_board_none')}</p>
      )}
      {found.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section className={css.scroll} tabIndex={0} aria-label={t('pages.open_boards')}>
          <table className={css.table}>
            <thead>
              <tr>
                {SORTS.map((by) => (
                  <th
                    key={by}
                    scope="col"
                    data-number={FIGURES.includes(by) || undefined}
                    aria-sort={by !== sort.by ? undefined : sort.descending ? 'descending' : 'ascending'}
                  >
                    <button type="button" className={css.sort} onClick={() => setSort(sortedBy(by, sort))}>
                      {t(`pages.board_col_${by}`)}
                      {by === sort.by && (sort.descending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />)}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.slice(0, ROWS).map((board) => (
                <tr key={board.board_id}>
                  <th scope="row">
                    {mayOpen(board) ? (
                      <Link href={paths.board(board.board_id)} className={css.rowLink}>
                        <bdi>{board.name}</bdi>
                      </Link>
                    ) : (
                      <bdi>{board.name}</bdi>
                    )}
                    <div className={css.faint}>
                      <bdi>{board.workspace_name}</bdi> · <bdi>{board.project_name}</bdi>
                    </div>
                  </th>
                  <td>
                    <bdi>{board.node_id}</bdi>
                  </td>
                  <td data-number>{number(board.subscribers)}</td>
                  <td data-number>{number(board.seq)}</td>
                  <td data-number>{number(board.epoch)}</td>
                  <td>{ago(board.at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {found.length > ROWS && <p className={css.faint}>{t('pages.rows_more', { count: found.length - ROWS })}</p>}
    </section>
  );
}
