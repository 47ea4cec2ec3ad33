/** Where one begins: the boards seen last, one's workspaces with their projects, and for a newcomer the first steps. */
import { Plus, Sparkles } from 'lucide-react';
import { useCallback, useEffect } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useClient, useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { useRead } from '@/app/read';
import type { Project } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { WorkspaceRole } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Skeleton } from '@/ui/Empty';
import { DemoButton } from './DemoButton';
import { NewWorkspace } from './NewWorkspace';
import css from './page.module.css';

/** Boards of this device that are shown; the rest is found by their workspaces. */
const RECENT = 6;

export default function Home() {
  const { t } = useI18n();
  const { auth } = useClient();
  const { workspaces } = useMe();
  const [query, setQuery] = useSearchParams();
  // Nobody tells a page that its user was added to another workspace.
  useEffect(() => void auth.reload().catch(() => undefined), [auth]);
  if (workspaces.length === 0) return <Newcomer />;
  return (
    <Frame title={t('common.home')}>
      <div className={css.stack}>
        <Recent />
        <section className={css.section}>
          <div className={css.sectionHead}>
            <h2>{t('common.workspaces')}</h2>
            <DemoButton look="quiet" />
            <Button onClick={() => setQuery({ new: 'workspace' })}>
              <Plus aria-hidden />
              {t('pages.new_workspace')}
            </Button>
          </div>
          <Workspaces workspaces={workspaces} />
        </section>
      </div>
      {query.get('new') === 'workspace' && (
        <Dialog open onClose={() => setQuery({}, { replace: true })} title={t('pages.new_workspace')}>
          <NewWorkspace />
        </Dialog>
      )}
    </Frame>
  );
}

function Newcomer() {
  const { t } = useI18n();
  const { user } = useMe();
  return (
    <Frame title={t('common.home')}>
      <div className={css.welcome}>
        <div className={css.welcomeHead}>
          <img src="/icon.svg" alt="" width="56" height="56" />
          <h2 className={css.welcomeTitle}>{t('pages.welcome', { name: user.name })}</h2>
          <p className={css.welcomeText}>{t('pages.welcome_text')}</p>
        </div>
        <div className={css.ways}>
          <section className={css.panel}>
            <h3>{t('pages.new_workspace')}</h3>
            <NewWorkspace />
          </section>
          <section className={css.panel}>
            <h3 className={css.withIcon}>
              <Sparkles aria-hidden />
              {t('pages.demo_title')}
            </h3>
            <p className={css.faint}>{t('pages.demo_text')}</p>
            <DemoButton look="plain" />
          </section>
        </div>
      </div>
    </Frame>
  );
}

function Workspaces({ workspaces }: { workspaces: readonly WorkspaceRole[] }) {
  const { t } = useI18n();
  const projects = useRead(useCallback((rest: Rest) => rest.all<Project>('/projects', { archived: false }), []));
  return (
    <ul className={css.stackTight}>
      {workspaces.map((workspace) => {
        const own = projects.value?.filter((project) => project.workspace_id === workspace.id);
        return (
          <li key={workspace.id} className={css.box}>
            <div className={css.boxHead}>
              <h3>
                <Link href={paths.workspace(workspace.id)} className={css.rowLink}>
                  <bdi>{workspace.name}</bdi>
                </Link>
              </h3>
              <span className={css.tag}>{t(`common.role_${workspace.role}`)}</span>
            </div>
            {own === undefined && projects.error === null && <Skeleton lines={1} label={t('common.loading')} />}
            {own && (
              <ul className={css.chips}>
                {own.map((project) => (
                  <li key={project.id}>
                    <Link href={paths.board(project.board_id)} className={css.chip}>
                      <span className={css.key}>{project.key}</span>
                      <bdi className={css.cardName}>{project.name}</bdi>
                    </Link>
                  </li>
                ))}
                {workspace.role !== 'viewer' && (
                  <li>
                    <Link href={`${paths.workspace(workspace.id)}?new=project`} className={css.chip} data-quiet>
                      <Plus aria-hidden size={14} />
                      {t('pages.new_project')}
                    </Link>
                  </li>
                )}
              </ul>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Recent() {
  const { t, ago } = useI18n();
  const client = useClient();
  const { workspaces } = useMe();
  const kept = useRead(useCallback(() => client.keptBoards(), [client]));
  // A workspace that one has left keeps nothing here.
  const boards = (kept.value ?? []).flatMap(({ board, seen_at }) => {
    const workspace = workspaces.find((one) => one.id === board.workspace_id);
    return workspace ? [{ board, seen_at, workspace }] : [];
  });
  if (boards.length === 0) return null;
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.recent')}</h2>
      </div>
      <ul className={css.grid}>
        {boards.slice(0, RECENT).map(({ board, seen_at, workspace }) => (
          <li key={board.id}>
            <Link href={paths.board(board.id)} className={css.card}>
              <bdi className={css.cardName}>{board.name}</bdi>
              <span className={css.cardText}>
                <bdi>{workspace.name}</bdi> · {ago(seen_at)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
