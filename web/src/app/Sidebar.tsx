/** The ways to everything that one may see: workspaces, their projects, and the boards of the project one is in. */
import { ChevronsUpDown, FolderKanban, House, Plus, Settings2, Users } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { Link, useLocation } from 'wouter';
import type { Board, Project } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { EventRoom, Rest } from '@/sync/api';
import type { Id, WorkspaceRole } from '@/sync/wire';
import { Menu, MenuGroup, MenuItem, MenuLine } from '@/ui/Menu';
import { ConnectionDot } from './ConnectionDot';
import { useClient, useMe, useStore } from './client';
import { paths } from './paths';
import { useRead, useRooms } from './read';
import { place } from './sidebar';
import css from './sidebar.module.css';
import { useWorkspaceNews } from './useWorkspaceNews';

export function Sidebar() {
  const { t } = useI18n();
  const { workspaces } = useMe();
  const here = useStore(place);
  const workspace = workspaces.find((one) => one.id === here?.workspaceId) ?? workspaces[0];
  return (
    <div className={css.sidebar}>
      <div className={css.head}>
        <img src="/icon.svg" alt="" width="26" height="26" className={css.brand} />
        {workspace ? (
          <Switcher workspace={workspace} workspaces={workspaces} />
        ) : (
          <span className={css.app}>{t('common.app')}</span>
        )}
      </div>
      <nav className={css.nav} aria-label={t('pages.sidebar')}>
        <ul className={css.list}>
          <Item to={paths.home} icon={<House />}>
            {t('common.home')}
          </Item>
          {workspace && (
            <Item to={paths.members(workspace.id)} icon={<Users />}>
              {t('pages.members')}
            </Item>
          )}
        </ul>
        {workspace && <Projects key={workspace.id} workspace={workspace} />}
      </nav>
      <div className={css.foot}>
        <ConnectionDot />
      </div>
    </div>
  );
}

function Switcher({ workspace, workspaces }: { workspace: WorkspaceRole; workspaces: readonly WorkspaceRole[] }) {
  const { t } = useI18n();
  const [, go] = useLocation();
  const trigger = (
    <button
      type="button"
      className={css.switcher}
      aria-label={t('pages.switch_workspace', { name: workspace.name })}
      data-testid="workspace-switcher"
    >
      <bdi className={css.name}>{workspace.name}</bdi>
      <ChevronsUpDown aria-hidden />
    </button>
  );
  return (
    <Menu trigger={trigger} align="start">
      <MenuItem icon={<Settings2 />} onSelect={() => go(paths.workspace(workspace.id))}>
        {t('pages.projects_and_settings')}
      </MenuItem>
      <MenuLine />
      <MenuGroup label={t('common.workspaces')}>
        {workspaces.map((one) => (
          <MenuItem key={one.id} onSelect={() => go(paths.workspace(one.id))}>
            <bdi>{one.name}</bdi>
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuLine />
      <MenuItem icon={<Plus />} onSelect={() => go(`${paths.home}?new=workspace`)}>
        {t('pages.new_workspace')}
      </MenuItem>
    </Menu>
  );
}

function Projects({ workspace }: { workspace: WorkspaceRole }) {
  const { t } = useI18n();
  const here = useStore(place);
  const rooms = useRooms(`workspace:${workspace.id}`, here?.projectId && `project:${here.projectId}`);
  useWorkspaceNews(rooms);
  const projects = useRead(
    useCallback(
      (rest: Rest) => rest.all<Project>('/projects', { workspace_id: workspace.id, archived: false }),
      [workspace.id],
    ),
    rooms,
    ['project.'],
  );
  const offline = projects.value === undefined && projects.error !== null;
  return (
    <>
      <div className={css.sectionHead}>
        <h2 className={css.section}>{t('pages.projects')}</h2>
        {workspace.role !== 'viewer' && (
          <Link
            href={`${paths.workspace(workspace.id)}?new=project`}
            className={css.add}
            aria-label={t('pages.new_project')}
            title={t('pages.new_project')}
          >
            <Plus aria-hidden />
          </Link>
        )}
      </div>
      <ul className={css.list}>
        {projects.value?.map((project) => (
          <ProjectItem key={project.id} project={project} rooms={rooms} open={project.id === here?.projectId} />
        ))}
        {offline && <KeptBoards workspaceId={workspace.id} />}
      </ul>
    </>
  );
}

/** Leads to its first board. Where one is in it already, its boards stand below, and it leads to its own page. */
function ProjectItem({ project, rooms, open }: { project: Project; rooms: readonly EventRoom[]; open: boolean }) {
  return (
    <>
      <Item to={open ? paths.project(project.id) : paths.board(project.board_id)} icon={<FolderKanban />}>
        {project.name}
      </Item>
      {open && <Boards projectId={project.id} rooms={rooms} />}
    </>
  );
}

function Boards({ projectId, rooms }: { projectId: Id; rooms: readonly EventRoom[] }) {
  const boards = useRead(
    useCallback((rest: Rest) => rest.all<Board>(`/projects/${projectId}/boards`), [projectId]),
    rooms,
    ['board.'],
  );
  if (!boards.value) return null;
  return (
    <li>
      <ul className={css.boards}>
        {boards.value.map((board) => (
          <Item key={board.id} to={paths.board(board.id)}>
            {board.name}
          </Item>
        ))}
      </ul>
    </li>
  );
}

/** What can be shown where the server can't be asked. */
function KeptBoards({ workspaceId }: { workspaceId: Id }) {
  const client = useClient();
  const kept = useRead(useCallback(() => client.keptBoards(), [client]));
  const boards = kept.value?.filter(({ board }) => board.workspace_id === workspaceId) ?? [];
  return boards.map(({ board }) => (
    <Item key={board.id} to={paths.board(board.id)} icon={<FolderKanban />}>
      {board.name}
    </Item>
  ));
}

function Item({ to, icon, children }: { to: string; icon?: ReactNode; children: string }) {
  const [location] = useLocation();
  // The faces of a board are below its address.
  const current = location === to || (to.startsWith('/b/') && location.startsWith(`${to}/`));
  return (
    <li>
      <Link href={to} className={css.item} aria-current={current ? 'page' : undefined} title={children}>
        {icon}
        <bdi className={css.name}>{children}</bdi>
      </Link>
    </li>
  );
}
