/** At the end of the board: one more column. */
import { Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { v7 } from 'uuid';
import { announce } from '@/app/announce';
import { useI18n } from '@/i18n';
import type { Status } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { COLUMN_NAME_MAX } from './actions';
import { StatusField } from './ColumnDialogs';
import css from './column.module.css';
import { useBoard } from './context';
import { oneLine } from './text';

export function AddColumn() {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    requestAnimationFrame(() => button.current?.focus());
  };
  if (open) return <AddColumnForm onClose={close} />;
  return (
    <div className={css.addColumn}>
      <Button ref={button} look="quiet" className={css.addColumnButton} onClick={() => setOpen(true)}>
        <Plus aria-hidden />
        {t('board.column_add')}
      </Button>
    </div>
  );
}

export function AddColumnForm({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const { room } = useBoard();
  const [name, setName] = useState('');
  const [status, setStatus] = useState<Status>('todo');
  const [wrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const add = () => {
    const named = oneLine(name);
    if (named === '' || [...named].length > COLUMN_NAME_MAX) {
      setWrong(true);
      field.current?.focus();
      return;
    }
    room.submit({ kind: 'column.create', column_id: v7(), name: named, status });
    announce(t('board.column_add_done', { name: named }));
    setName('');
    setWrong(false);
    field.current?.focus();
    requestAnimationFrame(() => field.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
  };
  return (
    <form
      className={css.addColumnForm}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <TextField
        ref={field}
        autoFocus
        label={t('board.column_name')}
        value={name}
        error={wrong ? t('board.column_name_error', { max: COLUMN_NAME_MAX }) : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <StatusField value={status} onChange={setStatus} />
      <div className={css.choices}>
        <Button type="submit" look="primary" small>
          {t('board.column_add')}
        </Button>
        <Button small onClick={onClose}>
          {t('common.close')}
        </Button>
      </div>
    </form>
  );
}
