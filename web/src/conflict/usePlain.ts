import { useBoard, useColumns } from '@/board/context';
import { type I18n, useI18n } from '@/i18n';
import type { Id, Priority, Status } from '@/sync/wire';

/** A value in words. */
export function usePlain(): (field: string, value: unknown) => string {
  const i18n = useI18n();
  const board = useBoard();
  const columns = useColumns();
  const { t } = i18n;
  const listed = (value: unknown, nameOf: (id: Id) => string) => {
    const ids = Array.isArray(value) ? (value as readonly Id[]) : [];
    return ids.length === 0 ? t('conflict.empty') : ids.map(nameOf).join(t('task.comma'));
  };
  return (field, value) => {
    switch (field) {
      case 'assignee_ids':
        return listed(value, board.nameOf);
      case 'label_ids':
        return listed(value, (id) => board.labels.get(id)?.name ?? t('task.some_label'));
      case 'position':
        return columns.find((one) => one.id === value)?.name ?? t('task.some_column');
      default:
        return simple(field, value, i18n);
    }
  };
}

function simple(field: string, value: unknown, { t, number, date }: I18n): string {
  if (field === 'deleted') return t(value ? 'conflict.is_deleted' : 'conflict.is_kept');
  if (value === null || value === undefined) return t('conflict.empty');
  if (field === 'priority') return t(`common.priority_${value as Priority}`);
  if (field === 'status') return t(`common.status_${value as Status}`);
  if (field === 'due_date') return date(String(value), { dateStyle: 'long', timeZone: 'UTC' });
  return typeof value === 'number' ? number(value) : String(value);
}
