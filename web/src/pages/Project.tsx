/** A project: its boards, its labels, and its own name. */
import { Columns3, MoreHorizontal, Plus } from 'lucide-react';
import { useCallback, useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { useClient, useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { isProblem } from '@/app/problem';
import { useRead, useRoom } from '@/app/read';
import { useI18n } from '@/i18n';
import type { EventRoom, Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Button, IconButton } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import { Menu, MenuItem, MenuLine } from '@/ui/Menu';
import { ConfirmDialog } from './ConfirmDialog';
import { Labels } from './Labels';
import { NameDialog } from './NameDialog';
import NotFound from './NotFound';
import { Problem } from './Problem';
import css from './page.module.css';
import { type Board, type Project as ProjectShape, rules } from './shapes';

export default function Project() {
  const { projectId = '' } = useParams();
  const { t } = useI18n();
  const { workspaces } = useMe();
  const room = useRoom(`project:${projectId}`);
  const project = useRead(
    useCallback((rest: Rest) => rest.get<ProjectShape>(`/projects/${projectId}`), [projectId]),
    room,
    ['project.'],
  );
  if (isProblem(project.error) && project.error.code === 'NOT_FOUND') return <NotFound />;
  const workspace = workspaces.find((one) => one.id === project.value?.workspace_id);
  return (
    <Frame
      title={project.value?.name ?? t('common.loading')}
      crumbs={workspace ? [{ name: workspace.name, to: paths.workspace(workspace.id) }] : []}
      actions={
        project.value && rules(workspace?.role) && <ProjectMenu project={project.value} reload={project.reload} />
      }
    >
      <Problem error={project.error} />
      {project.value ? (
        <div className={css.stack}>
          {project.value.archived && <p className={css.panel}>{t('pages.archived_text')}</p>}
          <Boards projectId={projectId} room={room} rules={rules(workspace?.role)} />
          <Labels projectId={projectId} room={room} mayWrite={(workspace?.role ?? 'viewer') !== 'viewer'} />
        </div>
      ) : (
        project.error === null && <Skeleton label={t('common.loading')} />
      )}
    </Frame>
  );
}

function Boards(props: { projectId: Id; room: EventRoom | null; rules: boolean }) {
  const { projectId, room, rules: mayRule } = props;
  const { t, ago } = useI18n();
  const { rest } = useClient();
  const [asking, setAsking] = useState<{ what: 'create' } | { what: 'rename' | 'delete'; board: Board } | null>(null);
  const path = `/projects/${projectId}/boards`;
  const boards = useRead(
    useCallback((reader: Rest) => reader.all<Board>(path), [path]),
    room,
    ['board.'],
  );
  const close = () => setAsking(null);
  const then = (sent: Promise<unknown>) => sent.then(boards.reload);
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.boards')}</h2>
        {mayRule && (
          <Button onClick={() => setAsking({ what: 'create' })}>
            <Plus aria-hidden />
            {t('pages.new_board')}
          </Button>
        )}
      </div>
      <Problem error={boards.error} />
      <ul className={css.list}>
        {boards.value?.map((board) => (
          <li key={board.id} className={css.row}>
            <Columns3 aria-hidden size={16} />
            <div className={css.grow}>
              <Link href={paths.board(board.id)} className={css.rowLink}>
                <bdi>{board.name}</bdi>
              </Link>
              <span className={css.faint}>{ago(board.updated_at)}</span>
            </div>
            {mayRule && (
              <Menu trigger={<IconButton label={t('pages.more_of', { name: board.name })} icon={<MoreHorizontal />} />}>
                <MenuItem onSelect={() => setAsking({ what: 'rename', board })}>{t('common.rename')}</MenuItem>
                <MenuItem danger onSelect={() => setAsking({ what: 'delete', board })}>
                  {t('common.delete')}
                </MenuItem>
              </Menu>
            )}
          </li>
        ))}
      </ul>
      {asking?.what === 'create' && (
        <NameDialog
          title={t('pages.new_board')}
          label={t('pages.board_name')}
          submit={t('common.create')}
          onSubmit={(name) => then(rest.post(path, { name }))}
          onClose={close}
        />
      )}
      {asking?.what === 'rename' && (
        <NameDialog
          title={t('common.rename')}
          label={t('pages.board_name')}
          name={asking.board.name}
          submit={t('common.save')}
          onSubmit={(name) => then(rest.patch(`/boards/${asking.board.id}`, { name }))}
          onClose={close}
        />
      )}
      {asking?.what === 'delete' && (
        <ConfirmDialog
          title={t('pages.delete_board')}
          text={t('pages.delete_board_text', { name: asking.board.name })}
          submit={t('common.delete')}
          typed={asking.board.name}
          onSubmit={() => then(rest.delete(`/boards/${asking.board.id}`))}
          onClose={close}
        />
      )}
    </section>
  );
}

function ProjectMenu({ project, reload }: { project: ProjectShape; reload(): void }) {
  const { t } = useI18n();
  const { rest } = useClient();
  const [, go] = useLocation();
  const [asking, setAsking] = useState<'rename' | 'delete' | 'archive' | null>(null);
  const path = `/projects/${project.id}`;
  const close = () => setAsking(null);
  const archive = () => rest.patch(path, { archived: !project.archived }).then(reload);
  const name = project.archived ? t('pages.unarchive') : t('pages.archive');
  return (
    <>
      <Menu trigger={<IconButton label={t('common.more')} icon={<MoreHorizontal />} />}>
        <MenuItem onSelect={() => setAsking('rename')}>{t('common.rename')}</MenuItem>
        <MenuItem onSelect={() => setAsking('archive')}>{name}</MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setAsking('delete')}>
          {t('pages.delete_project')}
        </MenuItem>
      </Menu>
      {asking === 'rename' && (
        <NameDialog
          title={t('common.rename')}
          label={t('pages.project_name')}
          name={project.name}
          submit={t('common.save')}
          onSubmit={(next) => rest.patch(path, { name: next }).then(reload)}
          onClose={close}
        />
      )}
      {asking === 'archive' && (
        <ConfirmDialog
          title={name}
          text={t(project.archived ? 'pages.unarchive_text' : 'pages.archive_text', { name: project.name })}
          submit={name}
          onSubmit={archive}
          onClose={close}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('pages.delete_project')}
          text={t('pages.delete_project_text', { name: project.name })}
          submit={t('common.delete')}
          typed={project.name}
          onSubmit={() => rest.delete(path).then(() => go(paths.workspace(project.workspace_id)))}
          onClose={close}
        />
      )}
    </>
  );
}
