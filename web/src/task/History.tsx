/** What happened to a task, in words, newest first. */
import { useBoard, useColumns } from '@/board/context';
import { dueOf } from '@/board/due';
import { type I18n, useI18n } from '@/i18n';
import type { BoardEvent, Column, Id, Task } from '@/sync/wire';
import { Avatar } from '@/ui/Avatar';
import { Button } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import css from './task-panel.module.css';
import { useLog } from './usePanelTask';

interface Words {
  t: I18n['t'];
  date: I18n['date'];
  nameOf(id: Id | null): string;
  columnOf(id: Id | null): string;
  labelOf(id: Id): string;
}

export function History({ taskId }: { taskId: Id }) {
  const { t, date, ago } = useI18n();
  const { nameOf, labels } = useBoard();
  const columns = useColumns();
  const log = useLog(taskId);
  const words: Words = {
    t,
    date,
    nameOf,
    columnOf: (id) => apart(columnName(columns, id) ?? t('task.some_column')),
    labelOf: (id) => apart(labels.get(id)?.name ?? t('task.some_label')),
  };
  // Some events are not the doing of anybody, such as a count that changed.
  const told = log.events
    .map((event) => ({ event, text: sentence(event, taskId, words) }))
    .filter(({ text }) => text !== '');
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h3>{t('task.history')}</h3>
      </div>
      {!log.ready &&
        (log.error === null ? (
          <Skeleton lines={1} label={t('common.loading')} />
        ) : (
          <p className={css.faint}>{t('task.history_missing')}</p>
        ))}
      <ol className={css.history}>
        {told.map(({ event, text }) => (
          <li key={event.seq}>
            <Avatar person={{ id: event.actor_id ?? '', name: nameOf(event.actor_id) }} size="small" decorative />
            <p>
              <bdi className={css.actor}>{nameOf(event.actor_id)}</bdi> {text}{' '}
              <time
                dateTime={event.at}
                title={date(event.at, { dateStyle: 'medium', timeStyle: 'short' })}
                className={css.faint}
              >
                {ago(event.at)}
              </time>
            </p>
          </li>
        ))}
      </ol>
      {log.more && (
        <Button small onClick={log.more}>
          {t('task.history_more')}
        </Button>
      )}
    </section>
  );
}

/** A name in a sentence keeps its own direction, and turns nothing around it. */
const apart = (name: string) => `\u2068${name}\u2069`;

const columnName = (columns: readonly Column[], id: Id | null) => columns.find((one) => one.id === id)?.name;

function sentence(event: BoardEvent, taskId: Id, words: Words): string {
  const { t, columnOf } = words;
  switch (event.kind) {
    case 'task.created':
      return t('task.did_create', { column: columnOf(event.data.task.column_id) });
    case 'task.moved':
      if (event.data.from_column_id === event.data.column_id) return t('task.did_rank');
      return t('task.did_move', { from: columnOf(event.data.from_column_id), to: columnOf(event.data.column_id) });
    case 'task.deleted':
      return t('task.did_delete');
    case 'task.restored':
      return t('task.did_restore');
    case 'task.updated':
      return Object.entries(event.data.set)
        .map(([field, value]) => changed(field as keyof Task | 'description', value, words))
        .filter(Boolean)
        .join(t('task.and'));
    case 'column.deleted':
      return event.data.moved.some((one) => one.task_id === taskId)
        ? t('task.did_move_deleted', { to: columnOf(event.data.to_column_id) })
        : '';
    default:
      return '';
  }
}

function changed(field: keyof Task | 'description', value: unknown, words: Words): string {
  const { t, date, nameOf, labelOf } = words;
  const ids = Array.isArray(value) ? (value as readonly Id[]) : [];
  switch (field) {
    case 'title':
      return t('task.did_title', { title: apart(String(value)) });
    case 'description':
      return t('task.did_description');
    case 'priority':
      return t('task.did_priority', { priority: t(`common.priority_${value as Task['priority']}`) });
    case 'story_points':
      return value === null ? t('task.did_points_none') : t('task.did_points', { count: Number(value) });
    case 'due_date': {
      const due = typeof value === 'string' ? dueOf({ due_date: value, completed_at: null }, new Date()) : null;
      if (!due) return t('task.did_due_none');
      return t('task.did_due', { date: date(String(value), { ...due.format, year: 'numeric' }) });
    }
    case 'assignee_ids':
      return ids.length === 0
        ? t('task.did_assign_nobody')
        : t('task.did_assign', { names: ids.map((id) => apart(nameOf(id))).join(t('task.comma')) });
    case 'label_ids':
      return ids.length === 0
        ? t('task.did_label_none')
        : t('task.did_label', { names: ids.map(labelOf).join(t('task.comma')) });
    default:
      return '';
  }
}
