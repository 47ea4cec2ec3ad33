/** Windows about a column: its status and limit, and its deletion. */
import { useState } from 'react';
import { useI18n } from '@/i18n';
import type { Column, Status } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { SelectField, TextField } from '@/ui/Field';
import { showToast } from '@/ui/toast';
import { COLUMN_NAME_MAX, DELETE_MAX, room, WIP_MAX } from './actions';
import css from './column-dialogs.module.css';
import { useBoard, useColumns, useOrder, useView } from './context';
import { useHands, usePart } from './interaction-context';
import { oneLine } from './text';

export const STATUSES: readonly Status[] = ['todo', 'in_progress', 'in_review', 'blocked', 'done'];

export function ColumnDialogs() {
  const { hands } = useHands();
  const open = usePart(hands.dialog, (dialog) => dialog);
  const columns = useColumns();
  const column = columns.find((one) => one.id === open?.columnId);
  if (!open || !column) return null;
  const close = () => hands.dialog.set(null);
  return open.kind === 'settings' ? (
    <Settings key={column.id} column={column} onClose={close} />
  ) : (
    <Delete key={column.id} column={column} onClose={close} />
  );
}

function Settings({ column, onClose }: { column: Column; onClose(): void }) {
  const { t, number } = useI18n();
  const board = useBoard();
  const [name, setName] = useState(column.name);
  const [status, setStatus] = useState(column.status);
  const [limit, setLimit] = useState(column.wip_limit === null ? '' : String(column.wip_limit));
  const [asked, setAsked] = useState(false);
  const wip = limitIn(limit);
  const named = oneLine(name);
  const nameWrong = named === '' || [...named].length > COLUMN_NAME_MAX;
  const save = () => {
    setAsked(true);
    if (wip === undefined || nameWrong) return;
    const set = {
      ...(named === column.name ? {} : { name: named }),
      ...(status === column.status ? {} : { status }),
      ...(wip === column.wip_limit ? {} : { wip_limit: wip }),
    };
    if (Object.keys(set).length > 0) board.room.submit({ kind: 'column.update', column_id: column.id, set });
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title={t('board.column_settings_title', { name: column.name })}>
      <form
        className={css.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label={t('board.column_name')}
          value={name}
          error={asked && nameWrong ? t('board.column_name_error', { max: COLUMN_NAME_MAX }) : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <StatusField value={status} onChange={setStatus} />
        <TextField
          label={t('board.column_limit')}
          hint={t('board.column_limit_hint')}
          error={asked && wip === undefined ? t('board.column_limit_error', { max: number(WIP_MAX) }) : undefined}
          inputMode="numeric"
          value={limit}
          onChange={(event) => setLimit(event.target.value)}
        />
        <div className={css.actions}>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary">
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the cards of a column are. */
export function StatusField({ value, onChange }: { value: Status; onChange(status: Status): void }) {
  const { t } = useI18n();
  return (
    <SelectField
      label={t('board.column_status')}
      value={value}
      onChange={(event) => onChange(event.target.value as Status)}
    >
      {STATUSES.map((status) => (
        <option key={status} value={status}>
          {t(`common.status_${status}`)}
        </option>
      ))}
    </SelectField>
  );
}

/** Null where nothing is written, undefined where it is no limit. Persian and Arabic digits are digits too. */
export function limitIn(text: string): number | null | undefined {
  const latin = text
    .trim()
    .replace(/[۰-۹]/g, (digit) => String('۰۱۲۳۴۵۶۷۸۹'.indexOf(digit)))
    .replace(/[٠-٩]/g, (digit) => String('٠١٢٣٤٥٦٧٨٩'.indexOf(digit)));
  if (latin === '') return null;
  const value = Number(latin);
  return /^\d+$/.test(latin) && value >= 1 && value <= WIP_MAX ? value : undefined;
}

function Delete({ column, onClose }: { column: Column; onClose(): void }) {
  const { t } = useI18n();
  const board = useBoard();
  const columns = useColumns();
  const count = useOrder(column.id).length;
  const view = useView((view) => view);
  const others = columns.filter((one) => one.id !== column.id);
  const fits = (one: Column) => view !== null && room(view, one.id) >= count;
  const [to, setTo] = useState(() => others.find(fits)?.id ?? '');
  const target = others.find((one) => one.id === to);
  const impossible = count > 0 && (others.length === 0 || count > DELETE_MAX);
  const text =
    count === 0
      ? t('board.column_delete_empty')
      : others.length === 0
        ? t('board.column_delete_only')
        : count > DELETE_MAX
          ? t('board.column_delete_many', { max: DELETE_MAX })
          : t('board.column_delete_text', { count });
  const remove = () => {
    board.room.submit({
      kind: 'column.delete',
      column_id: column.id,
      ...(count > 0 && target ? { move_tasks_to: target.id } : {}),
    });
    showToast({
      text: t('board.column_deleted', { name: column.name }),
      action: { label: t('common.undo'), run: () => void board.room.history.undo() },
    });
    onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('board.column_delete_title', { name: column.name })}
      text={text}
      actions={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="danger" disabled={impossible || (count > 0 && (!target || !fits(target)))} onClick={remove}>
            {t('common.delete')}
          </Button>
        </>
      }
    >
      {count > 0 && !impossible && (
        <SelectField label={t('board.column_delete_to')} value={to} onChange={(event) => setTo(event.target.value)}>
          {others.map((one) => (
            <option key={one.id} value={one.id} disabled={!fits(one)}>
              {fits(one) ? one.name : t('board.column_delete_full', { name: one.name })}
            </option>
          ))}
        </SelectField>
      )}
    </Dialog>
  );
}
