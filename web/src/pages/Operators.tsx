/** For system admins: the nodes, and the boards that they have at hand. It is read again every few seconds. */
import { ShieldAlert } from 'lucide-react';
import { useCallback, useEffect } from 'react';
import { useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { type Reading, useRead } from '@/app/read';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import { Empty } from '@/ui/Empty';
import { type LiveBoard, type Node, totals } from './cluster';
import { LiveBoards } from './LiveBoards';
import { Nodes } from './Nodes';
import css from './page.module.css';

const REFRESH_MS = 3_000;

export default function Operators() {
  const { t } = useI18n();
  const { user } = useMe();
  return (
    <Frame title={t('common.operators')} crumbs={[{ name: t('common.home'), to: paths.home }]}>
      {user.is_system_admin ? (
        <Cluster />
      ) : (
        <Empty icon={<ShieldAlert />} title={t('pages.no_access')} text={t('pages.not_admin')} />
      )}
    </Frame>
  );
}

function Cluster() {
  const nodes = usePolled(useCallback((rest: Rest) => rest.get<{ nodes: Node[] }>('/cluster'), []));
  const boards = usePolled(useCallback((rest: Rest) => rest.all<LiveBoard>('/cluster/boards'), []));
  return (
    <div className={css.stack}>
      <Figures nodes={nodes.value?.nodes ?? []} boards={boards.value ?? []} />
      <Nodes nodes={nodes.value?.nodes} error={nodes.error} />
      <LiveBoards boards={boards.value} error={boards.error} />
    </div>
  );
}

/** Reads again and again while the page is looked at. */
function usePolled<T>(read: (rest: Rest) => Promise<T>): Reading<T> {
  const reading = useRead(read);
  const { reload } = reading;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return reading;
}

function Figures({ nodes, boards }: { nodes: readonly Node[]; boards: readonly LiveBoard[] }) {
  const { t, number } = useI18n();
  const sums = totals(nodes, boards);
  return (
    <dl className={css.figures}>
      {(['nodes', 'sessions', 'boards', 'subscribers'] as const).map((name) => (
        <div key={name} className={css.figure}>
          <dt>{t(`pages.total_${name}`)}</dt>
          <dd>{number(sums[name])}</dd>
        </div>
      ))}
    </dl>
  );
}
