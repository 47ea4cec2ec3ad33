/** A workspace: its projects, and what its owner may do with it. */
import { FolderKanban, MoreHorizontal, Plus, Users } from 'lucide-react';
import { type FormEvent, useCallback, useId, useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { useAction } from '@/app/action';
import { useClient, useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { useRead, useRoom } from '@/app/read';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Button, IconButton } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Empty, Skeleton } from '@/ui/Empty';
import { TextField } from '@/ui/Field';
import { Menu, MenuItem, MenuLine } from '@/ui/Menu';
import { ConfirmDialog } from './ConfirmDialog';
import { NameDialog } from './NameDialog';
import NotFound from './NotFound';
import { Problem } from './Problem';
import css from './page.module.css';
import type { Project } from './shapes';

export default function Workspace() {
  const { workspaceId = '' } = useParams();
  const { t } = useI18n();
  const { workspaces } = useMe();
  const [, go] = useLocation();
  const [making, setMaking] = useState(false);
  const room = useRoom(`workspace:${workspaceId}`);
  const projects = useRead(
    useCallback((rest: Rest) => rest.all<Project>(`/workspaces/${workspaceId}/projects`), [workspaceId]),
    room,
    ['project.'],
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
      actions={<WorkspaceMenu id={workspace.id} name={workspace.name} owner={workspace.role === 'owner'} />}
    >
      <div className={css.stack}>
        <section className={css.section}>
          <div className={css.sectionHead}>
            <h2>{t('pages.projects')}</h2>
            <Button onClick={() => go(paths.members(workspace.id))}>
              <Users aria-hidden />
              {t('pages.members')}
            </Button>
            {mayMake && (
              <Button look="primary" onClick={() => setMaking(true)}>
                <Plus aria-hidden />
                {t('pages.new_project')}
              </Button>
            )}
          </div>
          <Problem error={projects.error} />
          {projects.value === undefined && projects.error === null && <Skeleton label={t('common.loading')} />}
          {projects.value && shown.length === 0 && (
            <Empty icon={<FolderKanban />} title={t('pages.no_projects')} text={t('pages.no_projects_text')} />
          )}
          <ProjectCards projects={shown} />
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
      {making && <NewProject workspaceId={workspace.id} onClose={() => setMaking(false)} />}
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
            {project.description && <bdi className={css.faint}>{project.description}</bdi>}
          </div>
          <Link href={paths.project(project.id)} className={css.faint}>
            {t('pages.boards_and_labels')}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function NewProject({ workspaceId, onClose }: { workspaceId: Id; onClose(): void }) {
  const { t } = useI18n();
  const { rest } = useClient();
  const [, go] = useLocation();
  const form = useId();
  const action = useAction();
  const [name, setName] = useState('');
  const [key, setKey] = useState('');
  const make = async () => {
    const fields = { name: name.trim(), ...(key ? { key } : {}) };
    const project = await rest.post<Project>(`/workspaces/${workspaceId}/projects`, fields);
    go(paths.board(project.board_id));
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') void action.run(make);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('pages.new_project')}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="primary" type="submit" form={form} busy={action.busy} disabled={name.trim() === ''}>
            {t('common.create')}
          </Button>
        </>
      }
    >
      <form id={form} className={css.form} onSubmit={send}>
        <TextField
          label={t('pages.project_name')}
          value={name}
          maxLength={100}
          required
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t('pages.project_key')}
          hint={t('pages.project_key_hint')}
          dir="ltr"
          value={key}
          maxLength={10}
          pattern="[A-Z][A-Z0-9]{1,9}"
          onChange={(event) => setKey(event.target.value.toUpperCase())}
        />
        <Problem error={action.error} />
      </form>
    </Dialog>
  );
}

function WorkspaceMenu({ id, name, owner }: { id: Id; name: string; owner: boolean }) {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user } = useMe();
  const [, go] = useLocation();
  const [asking, setAsking] = useState<'rename' | 'delete' | 'leave' | null>(null);
  const close = () => setAsking(null);
  const gone = async (path: string) => {
    await rest.delete(path);
    await auth.reload();
    go(paths.home);
  };
  return (
    <>
      <Menu trigger={<IconButton label={t('common.more')} icon={<MoreHorizontal />} />}>
        {owner && <MenuItem onSelect={() => setAsking('rename')}>{t('common.rename')}</MenuItem>}
        <MenuItem onSelect={() => setAsking('leave')}>{t('pages.leave')}</MenuItem>
        {owner && (
          <>
            <MenuLine />
            <MenuItem danger onSelect={() => setAsking('delete')}>
              {t('pages.delete_workspace')}
            </MenuItem>
          </>
        )}
      </Menu>
      {asking === 'rename' && (
        <NameDialog
          title={t('common.rename')}
          label={t('pages.workspace_name')}
          name={name}
          submit={t('common.save')}
          onSubmit={(next) => rest.patch(`/workspaces/${id}`, { name: next }).then(() => auth.reload())}
          onClose={close}
        />
      )}
      {asking === 'leave' && (
        <ConfirmDialog
          title={t('pages.leave')}
          text={t('pages.leave_text', { name })}
          submit={t('pages.leave')}
          onSubmit={() => gone(`/workspaces/${id}/members/${user.id}`)}
          onClose={close}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('pages.delete_workspace')}
          text={t('pages.delete_workspace_text', { name })}
          submit={t('common.delete')}
          typed={name}
          onSubmit={() => gone(`/workspaces/${id}`)}
          onClose={close}
        />
      )}
    </>
  );
}
