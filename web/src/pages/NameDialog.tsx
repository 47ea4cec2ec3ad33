/** Asks for one name: of a new thing, or a new one for an old thing. */
import { type FormEvent, useId, useState } from 'react';
import { useAction } from '@/app/action';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Problem } from './Problem';

interface Props {
  title: string;
  label: string;
  /** What stands there at first. */
  name?: string;
  submit: string;
  /** Rejects with the server's problem, which is shown. */
  onSubmit(name: string): Promise<unknown>;
  onClose(): void;
}

export function NameDialog({ title, label, name = '', submit, onSubmit, onClose }: Props) {
  const { t } = useI18n();
  const form = useId();
  const action = useAction();
  const [value, setValue] = useState(name);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (value.trim() !== '' && (await action.run(() => onSubmit(value.trim())))) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="primary" type="submit" form={form} busy={action.busy} disabled={value.trim() === ''}>
            {submit}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={send}>
        <TextField label={label} value={value} maxLength={100} onChange={(event) => setValue(event.target.value)} />
        <Problem error={action.error} />
      </form>
    </Dialog>
  );
}
