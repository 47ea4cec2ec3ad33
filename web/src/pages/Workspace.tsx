/** A workspace: its projects, and what its owner may do with it. */
import { FolderKanban, Plus } from 'lucide-react';
import { useCallback } from 'react';
import { Link, useParams, useSearchParams } from 'wouter';
import { useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { useRead, useRooms } from '@/app/read';
import type { Project, WorkspaceMember } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import { AvatarStack } from '@/ui/Avatar';
import { Button } from '@/ui/Button';
import { Empty, Skeleton } from '@/ui/Empty';
import { NewProject } from './NewProject';
import NotFound from './NotFound';
import css from './page.module.css';
import { Retry } from './Retry';
import { WorkspaceMenu } from './WorkspaceMenu';

export default function Workspace() {
  const { workspaceId = '' } = useParams();
  const { t } = useI18n();
  const { workspaces } = useMe();
  const [query, setQuery] = useSearchParams();
  const rooms = useRooms(`workspace:${workspaceId}`);
  const projects = useRead(
    useCallback((rest: Rest) => rest.all<Project>(`/workspaces/${workspaceId}/projects`), [workspaceId]),
    rooms,
    ['project.'],
  );
  const members = useRead(
    useCallback((rest: Rest) => rest.all<WorkspaceMember>(`/workspaces/${workspaceId}/members`), [workspaceId]),
    rooms,
    ['member.'],
  );
  const workspace = workspaces.find((one) => one.id === workspaceId);
  if (!workspace) return <NotFound />;
  const mayMake = workspace.role !== 'viewer';
  const shown = projects.value?.filter((project) => !project.archived) ?? [];
  const archived = projects.value?.filter((project) => project.archived) ?? [];
  return (
    <Frame
      title={workspace.name}
      crumbs={[{ name: t('common.home'), to: paths.home }]}
      place={{ workspaceId }}
      actions={<WorkspaceMenu id={workspace.id} name={workspace.name} owner={workspace.role === 'owner'} />}
    >
      <div className={css.stack}>
        <section className={css.section}>
          <div className={css.sectionHead}>
            <h2>{t('pages.projects')}</h2>
            <Link href={paths.members(workspace.id)} className={css.people}>
              <AvatarStack
                people={members.value?.map(({ user_id, name, avatar }) => ({ id: user_id, name, avatar })) ?? []}
              />
              {t('pages.members')}
            </Link>
            {mayMake && (
              <Button look="primary" onClick={() => setQuery({ new: 'project' })}>
                <Plus aria-hidden />
                {t('pages.new_project')}
              </Button>
            )}
          </div>
          {projects.error !== null && !projects.value && <Retry reading={projects} />}
          {projects.value === undefined && projects.error === null && <Skeleton label={t('common.loading')} />}
          {projects.value && shown.length === 0 && (
            <Empty
              icon={<FolderKanban />}
              title={t('pages.no_projects')}
              text={t(mayMake ? 'pages.no_projects_text' : 'pages.no_projects_viewer')}
            />
          )}
          {shown.length > 0 && <ProjectCards projects={shown} />}
        </section>
        {archived.length > 0 && (
          <section className={css.section}>
            <div className={css.sectionHead}>
              <h2>{t('pages.archived')}</h2>
            </div>
            <ProjectCards projects={archived} />
          </section>
        )}
      </div>
      {mayMake && query.get('new') === 'project' && (
        <NewProject workspaceId={workspace.id} onClose={() => setQuery({}, { replace: true })} />
      )}
    </Frame>
  );
}

function ProjectCards({ projects }: { projects: readonly Project[] }) {
  const { t } = useI18n();
  return (
    <ul className={css.list}>
      {projects.map((project) => (
        <li key={project.id} className={css.row}>
          <span className={css.tag}>{project.key}</span>
          <div className={css.grow}>
            <Link href={paths.board(project.board_id)} className={css.rowLink}>
              <bdi>{project.name}</bdi>
            </Link>
            {project.description && (
              <span className={css.faint}>
                <bdi>{project.description}</bdi>
              </span>
            )}
          </div>
          <Link href={paths.project(project.id)} className={css.quietLink}>
            {t('pages.boards_and_labels')}
          </Link>
        </li>
      ))}
    </ul>
  );
}
