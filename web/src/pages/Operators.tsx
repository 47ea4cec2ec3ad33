/** For system admins: the nodes, and the boards that are open on them. It is read again every few seconds. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { useRead } from '@/app/read';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id, Moment } from '@/sync/wire';
import { Empty } from '@/ui/Empty';
import { TextField } from '@/ui/Field';
import { Problem } from './Problem';
import css from './page.module.css';

const REFRESH_MS = 3_000;

interface Node {
  node_id: string;
  version: string;
  state: 'live' | 'draining' | 'dead';
  is_self: boolean;
  started_at: Moment;
  /** Null for a node without Redis. */
  bus: 'ok' | 'away' | null;
  boards: number;
  sessions: number;
}

interface OpenBoard {
  board_id: Id;
  name: string;
  owner: string | null;
  epoch: number;
  seq: number;
  sessions: number;
}

export default function Operators() {
  const { t } = useI18n();
  const { user } = useMe();
  if (!user.is_system_admin) {
    return (
      <Frame title={t('common.operators')}>
        <Empty title={t('common.error_forbidden')} text={t('pages.not_admin')} />
      </Frame>
    );
  }
  return (
    <Frame title={t('common.operators')} crumbs={[{ name: t('common.home'), to: paths.home }]}>
      <div className={css.stack}>
        <Nodes />
        <OpenBoards />
      </div>
    </Frame>
  );
}

/** Reads again and again while the page is looked at. */
function usePolled<T>(read: (rest: Rest) => Promise<T>) {
  const reading = useRead(read);
  const { reload } = reading;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return reading;
}

function Nodes() {
  const { t, ago, number } = useI18n();
  const cluster = usePolled(useCallback((rest: Rest) => rest.get<{ nodes: Node[] }>('/cluster'), []));
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.nodes')}</h2>
      </div>
      <Problem error={cluster.error} />
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th>{t('pages.node')}</th>
              <th>{t('pages.state')}</th>
              <th>{t('pages.version')}</th>
              <th>{t('pages.since')}</th>
              <th>{t('pages.bus')}</th>
              <th>{t('pages.boards')}</th>
              <th>{t('pages.sessions')}</th>
            </tr>
          </thead>
          <tbody>
            {cluster.value?.nodes.map((node) => (
              <tr key={`${node.node_id} ${node.started_at}`}>
                <td>
                  <bdi>{node.node_id}</bdi>
                  {node.is_self && <span className={css.tag}>{t('pages.this_node')}</span>}
                </td>
                <td>{t(`pages.state_${node.state}`)}</td>
                <td dir="ltr">{node.version}</td>
                <td>{ago(node.started_at)}</td>
                <td>{node.bus ? t(`pages.bus_${node.bus}`) : '–'}</td>
                <td className={css.number}>{number(node.boards)}</td>
                <td className={css.number}>{number(node.sessions)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function OpenBoards() {
  const { t, number } = useI18n();
  const [wanted, setWanted] = useState('');
  const boards = usePolled(useCallback((rest: Rest) => rest.all<OpenBoard>('/cluster/boards'), []));
  const shown = useMemo(() => {
    const text = wanted.trim().toLowerCase();
    const fits = (board: OpenBoard) => board.name.toLowerCase().includes(text) || board.board_id.startsWith(text);
    return (boards.value ?? []).filter(fits).sort((a, b) => b.sessions - a.sessions);
  }, [boards.value, wanted]);
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.open_boards')}</h2>
        <TextField
          bare
          type="search"
          label={t('pages.find_board')}
          placeholder={t('pages.find_board')}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      </div>
      <Problem error={boards.error} />
      {boards.value && shown.length === 0 ? (
        <p className={css.faint}>{t('pages.open_boards_none')}</p>
      ) : (
        <div className={css.scroll}>
          <table className={css.table}>
            <thead>
              <tr>
                <th>{t('pages.board')}</th>
                <th>{t('pages.owner_node')}</th>
                <th>{t('pages.sessions')}</th>
                <th>{t('pages.seq')}</th>
                <th>{t('pages.epoch')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((board) => (
                <tr key={board.board_id}>
                  <td>
                    <Link href={paths.board(board.board_id)}>
                      <bdi>{board.name}</bdi>
                    </Link>
                  </td>
                  <td>
                    <bdi>{board.owner ?? '–'}</bdi>
                  </td>
                  <td className={css.number}>{number(board.sessions)}</td>
                  <td className={css.number}>{number(board.seq)}</td>
                  <td className={css.number}>{number(board.epoch)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
