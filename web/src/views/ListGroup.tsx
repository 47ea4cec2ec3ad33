import { ChevronDown } from 'lucide-react';
import { memo } from 'react';
import { useBoard, useColumns } from '@/board/context';
import { PriorityMark } from '@/board/PriorityMark';
import { useI18n } from '@/i18n';
import type { Id, Priority } from '@/sync/wire';
import { Avatar } from '@/ui/Avatar';
import { StatusDot } from '@/ui/StatusDot';
import { type Grouping, NOBODY } from './list';
import css from './list.module.css';

interface Props {
  rowKey: string;
  grouping: Grouping;
  /** A column, a person, or a priority. */
  group: string;
  count: number;
  place: number;
  /** Where it begins, and its height: pixels. */
  start: number;
  size: number;
  open: boolean;
  reachable: boolean;
  onToggle(rowKey: string): void;
}

/** The head of a group of tasks, which opens and closes it. */
export const ListGroup = memo(function ListGroup(props: Props) {
  const { rowKey, grouping, group, count, place, start, size, open, reachable, onToggle } = props;
  const { number } = useI18n();
  return (
    <tr
      className={css.groupRow}
      style={{ transform: `translateY(${start}px)`, blockSize: size }}
      aria-rowindex={place + 1}
      data-row={rowKey}
    >
      <th scope="rowgroup" colSpan={8} className={css.groupCell}>
        <button
          type="button"
          className={css.group}
          data-cell={0}
          tabIndex={reachable ? 0 : -1}
          aria-expanded={open}
          onClick={() => onToggle(rowKey)}
        >
          <ChevronDown className={css.chevron} aria-hidden />
          {grouping === 'column' && <ColumnHead id={group} />}
          {grouping === 'assignee' && <PersonHead id={group} />}
          {grouping === 'priority' && <PriorityHead priority={group as Priority} />}
          <span className={css.groupCount}>{number(count)}</span>
        </button>
      </th>
    </tr>
  );
});

function ColumnHead({ id }: { id: Id }) {
  const column = useColumns().find((one) => one.id === id);
  return (
    <>
      <StatusDot status={column?.status} />
      <bdi>{column?.name}</bdi>
    </>
  );
}

function PersonHead({ id }: { id: Id }) {
  const { t } = useI18n();
  const { nameOf } = useBoard();
  if (id === NOBODY) return <span>{t('task.nobody')}</span>;
  return (
    <>
      <Avatar person={{ id, name: nameOf(id) }} size="small" decorative />
      <bdi>{nameOf(id)}</bdi>
    </>
  );
}

function PriorityHead({ priority }: { priority: Priority }) {
  const { t } = useI18n();
  return (
    <>
      <PriorityMark priority={priority} />
      <span>{t(`common.priority_${priority}`)}</span>
    </>
  );
}
