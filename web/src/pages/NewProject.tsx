/** Makes a project, and opens its board. */
import { type FormEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import { fieldError, isProblem } from '@/app/problem';
import type { Project } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Problem } from './Problem';
import css from './page.module.css';

export function NewProject({ workspaceId, onClose }: { workspaceId: Id; onClose(): void }) {
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
  const taken = isProblem(action.error) && action.error.code === 'CONFLICT';
  const keyError = taken
    ? t('pages.key_taken')
    : fieldError(action.error, 'key') === undefined
      ? undefined
      : t('pages.project_key_hint');
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
          error={keyError}
          onChange={(event) => setKey(event.target.value.toUpperCase())}
        />
        {!keyError && <Problem error={action.error} />}
      </form>
    </Dialog>
  );
}
