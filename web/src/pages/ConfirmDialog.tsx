/** Asks before what can't be taken back; for the largest things the name has to be typed. */
import { type FormEvent, useId, useState } from 'react';
import { useAction } from '@/app/action';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Problem, type Refused } from './Problem';

interface Props {
  title: string;
  text: string;
  submit: string;
  /** Has to be typed first. */
  typed?: string;
  /** What to say of refusals that mean something special here. */
  refused?: Refused;
  onSubmit(): Promise<unknown>;
  onClose(): void;
}

export function ConfirmDialog({ title, text, submit, typed, refused, onSubmit, onClose }: Props) {
  const { t } = useI18n();
  const form = useId();
  const action = useAction();
  const [value, setValue] = useState('');
  const sure = typed === undefined || value.trim() === typed;
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (sure && (await action.run(onSubmit))) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      text={text}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="danger" type="submit" form={form} busy={action.busy} disabled={!sure}>
            {submit}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={send}>
        {typed !== undefined && (
          <TextField
            label={t('pages.type_name', { name: typed })}
            value={value}
            autoComplete="off"
            onChange={(event) => setValue(event.target.value)}
          />
        )}
        <Problem error={action.error} refused={refused} />
      </form>
    </Dialog>
  );
}
