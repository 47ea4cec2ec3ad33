/** What can be done with a project as a whole. */
import { MoreHorizontal } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import type { Project } from '@/app/shapes';
import { useI18n } from '@/i18n';
import { Button, IconButton } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextArea, TextField } from '@/ui/Field';
import { Menu, MenuItem, MenuLine } from '@/ui/Menu';
import { ConfirmDialog } from './ConfirmDialog';
import { Problem } from './Problem';
import css from './page.module.css';

const DESCRIPTION_LENGTH = 5_000;

export function ProjectMenu({ project, reload }: { project: Project; reload(): void }) {
  const { t } = useI18n();
  const { rest } = useClient();
  const [, go] = useLocation();
  const [asking, setAsking] = useState<'edit' | 'delete' | 'archive' | null>(null);
  const path = `/projects/${project.id}`;
  const close = () => setAsking(null);
  const archive = () => rest.patch(path, { archived: !project.archived }).then(reload);
  const name = project.archived ? t('pages.unarchive') : t('pages.archive');
  return (
    <>
      <Menu trigger={<IconButton label={t('common.more')} icon={<MoreHorizontal />} />}>
        <MenuItem onSelect={() => setAsking('edit')}>{t('pages.edit_project')}</MenuItem>
        <MenuItem onSelect={() => setAsking('archive')}>{name}</MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setAsking('delete')}>
          {t('pages.delete_project')}
        </MenuItem>
      </Menu>
      {asking === 'edit' && <ProjectDialog project={project} onSaved={reload} onClose={close} />}
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

function ProjectDialog(props: { project: Project; onSaved(): void; onClose(): void }) {
  const { project, onSaved, onClose } = props;
  const { t } = useI18n();
  const { rest } = useClient();
  const form = useId();
  const action = useAction();
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const fields = { name: name.trim(), description: description.trim() };
    if (fields.name === '' || !(await action.run(() => rest.patch(`/projects/${project.id}`, fields)))) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('pages.edit_project')}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="primary" type="submit" form={form} busy={action.busy} disabled={name.trim() === ''}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form id={form} className={css.form} onSubmit={save}>
        <TextField
          label={t('pages.project_name')}
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea
          label={t('pages.project_description')}
          value={description}
          maxLength={DESCRIPTION_LENGTH}
          rows={4}
          onChange={(event) => setDescription(event.target.value)}
        />
        <Problem error={action.error} />
      </form>
    </Dialog>
  );
}
