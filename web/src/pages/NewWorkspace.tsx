/** Makes a workspace with a project in one go, and opens its board. */
import { type FormEvent, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import type { Project, Workspace } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Problem } from './Problem';
import css from './page.module.css';

export function NewWorkspace() {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const [, go] = useLocation();
  const action = useAction();
  const [name, setName] = useState('');
  const [project, setProject] = useState('');
  // Made already, where only the project failed: a second attempt makes no second workspace.
  const made = useRef<Id | null>(null);
  const make = async () => {
    made.current ??= (await rest.post<Workspace>('/workspaces', { name: name.trim() })).id;
    const first = await rest.post<Project>(`/workspaces/${made.current}/projects`, {
      name: project.trim() || t('pages.first_project'),
    });
    await auth.reload();
    go(paths.board(first.board_id));
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') void action.run(make);
  };
  return (
    <form className={css.form} onSubmit={send}>
      <TextField
        label={t('pages.workspace_name')}
        hint={t('pages.workspace_hint')}
        value={name}
        maxLength={100}
        required
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={t('pages.project_name')}
        placeholder={t('pages.first_project')}
        value={project}
        maxLength={100}
        onChange={(event) => setProject(event.target.value)}
      />
      <Problem error={action.error} />
      <Button look="primary" type="submit" busy={action.busy} disabled={name.trim() === ''}>
        {t('pages.make_workspace')}
      </Button>
    </form>
  );
}
