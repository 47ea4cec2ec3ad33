/** A task as a line of the list. Drawn again only when it is another, or when the keys come or go. */
import { type MouseEvent, memo } from 'react';
import { paths } from '@/app/paths';
import { useBoard, useColumns, useTask, useUnsynced, useView } from '@/board/context';
import { dueOf } from '@/board/due';
import { PriorityMark } from '@/board/PriorityMark';
import { useI18n } from '@/i18n';
import type { Id, Task } from '@/sync/wire';
import { AvatarStack } from '@/ui/Avatar';
import { StatusDot } from '@/ui/StatusDot';
import { UnsyncedDot } from '@/ui/UnsyncedDot';
import type { Editable } from './ListEditor';
import css from './list.module.css';

/** The cells that keys go through, in their order. */
export const CELLS = ['title', 'column', 'priority', 'assignees', 'due'] as const;

interface Props {
  id: Id;
  rowKey: string;
  /** Its number among all rows, from 1. */
  place: number;
  /** Where it begins, and its height: pixels. */
  start: number;
  size: number;
  /** The cell that Tab leads to; null where it is in another row. */
  active: number | null;
  onOpen(id: Id): void;
  onEdit(id: Id, field: Editable, anchor: Element): void;
}

export const ListRow = memo(function ListRow({ id, rowKey, place, start, size, active, onOpen, onEdit }: Props) {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const task = useTask(id);
  const unsynced = useUnsynced(id);
  const key = useView((view) => view?.board.project_key);
  if (!task) return null;
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(id);
  };
  const mayWrite = rights.writeTask(task);
  const edit = (field: Editable) => (event: MouseEvent<HTMLElement>) => {
    if (mayWrite) onEdit(id, field, event.currentTarget);
  };
  const cell = (index: number) => ({ 'data-cell': index, tabIndex: active === index ? 0 : -1 });
  const button = (field: Editable, name: string) => ({
    ...cell(CELLS.indexOf(field)),
    type: 'button' as const,
    className: css.value,
    'data-fixed': !mayWrite || undefined,
    'aria-haspopup': mayWrite ? (field === 'due' ? ('dialog' as const) : ('menu' as const)) : undefined,
    title: name,
    onClick: edit(field),
  });
  return (
    <tr
      className={css.row}
      style={{ transform: `translateY(${start}px)`, blockSize: size }}
      aria-rowindex={place + 1}
      data-row={rowKey}
      data-task-id={id}
      data-done={task.completed_at !== null || undefined}
    >
      <td className={css.keyCell}>
        <bdi>{task.number > 0 ? `${key}-${task.number}` : '…'}</bdi>
      </td>
      <td className={css.titleCell}>
        <a
          {...cell(0)}
          dir="auto"
          href={`${paths.board(room.id, 'list')}?task=${id}`}
          className={css.title}
          data-card-focus
          title={task.title}
          onClick={open}
        >
          {task.title}
        </a>
        <RowLabels task={task} />
        {unsynced && <UnsyncedDot />}
      </td>
      <td className={css.columnCell}>
        <button {...button('column', t('task.column'))}>
          <ColumnName id={task.column_id} />
        </button>
      </td>
      <td className={css.priorityCell}>
        <button {...button('priority', t('task.priority'))}>
          <PriorityMark priority={task.priority} />
          <span className={css.wide}>{t(`common.priority_${task.priority}`)}</span>
        </button>
      </td>
      <td className={css.assigneesCell}>
        <button {...button('assignees', t('task.assignees'))}>
          <People ids={task.assignee_ids} />
        </button>
      </td>
      <td className={css.dueCell}>
        <button {...button('due', t('task.due'))}>
          <Due task={task} />
        </button>
      </td>
      <td className={css.pointsCell}>
        <Points points={task.story_points} />
      </td>
      <td className={css.updatedCell}>
        <Updated at={task.updated_at} />
      </td>
    </tr>
  );
});

function ColumnName({ id }: { id: Id }) {
  const column = useColumns().find((one) => one.id === id);
  return (
    <>
      <StatusDot status={column?.status} />
      <bdi className={css.cut}>{column?.name}</bdi>
    </>
  );
}

const LABELS_SHOWN = 2;

function RowLabels({ task }: { task: Task }) {
  const { number } = useI18n();
  const { labels } = useBoard();
  const own = task.label_ids.flatMap((id) => labels.get(id) ?? []);
  if (own.length === 0) return null;
  return (
    <span className={css.labels} title={own.map((label) => label.name).join(', ')}>
      {own.slice(0, LABELS_SHOWN).map((label) => (
        <span key={label.id} className={css.label}>
          <span className={css.swatch} style={{ background: label.color }} aria-hidden />
          <bdi className={css.cut}>{label.name}</bdi>
        </span>
      ))}
      {own.length > LABELS_SHOWN && (
        <span className={css.label} dir="ltr">
          +{number(own.length - LABELS_SHOWN)}
        </span>
      )}
    </span>
  );
}

function People({ ids }: { ids: readonly Id[] }) {
  const { t } = useI18n();
  const { nameOf } = useBoard();
  if (ids.length === 0) return <span className={css.none}>{t('task.nobody')}</span>;
  const [first] = ids;
  return (
    <>
      <AvatarStack people={ids.map((id) => ({ id, name: nameOf(id) }))} max={3} size="small" />
      {ids.length === 1 && first && <bdi className={`${css.cut} ${css.wide}`}>{nameOf(first)}</bdi>}
    </>
  );
}

function Due({ task }: { task: Task }) {
  const { t, date } = useI18n();
  const due = dueOf(task, new Date());
  if (!task.due_date || !due) return <span className={css.none}>{t('task.no_date')}</span>;
  return (
    <span className={css.due} data-due={due.state}>
      {date(task.due_date, due.format)}
      {due.state === 'overdue' && <span className="visually-hidden">, {t('views.due_overdue')}</span>}
    </span>
  );
}

function Points({ points }: { points: number | null }) {
  const { t, number } = useI18n();
  if (points === null) return null;
  return <span title={t('board.card_points', { count: points })}>{number(points)}</span>;
}

function Updated({ at }: { at: string }) {
  const { ago, date } = useI18n();
  return (
    <time dateTime={at} title={date(at, { dateStyle: 'medium', timeStyle: 'short' })}>
      {ago(at)}
    </time>
  );
}
