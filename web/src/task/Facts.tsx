/** All of a task that is chosen rather than written: column, people, priority, points, due date, labels. */
import { AlarmClock, CircleUserRound, Columns3, Flag, Gauge, Tag } from 'lucide-react';
import { type ComponentProps, type ReactNode, useEffect, useState } from 'react';
import { assignOps, endOf, isFull, moveOps, send } from '@/board/actions';
import { useBoard, useColumns, useView } from '@/board/context';
import { dueOf } from '@/board/due';
import { PriorityMark } from '@/board/PriorityMark';
import { fold, PRIORITIES } from '@/filter/filter';
import { useI18n } from '@/i18n';
import type { Id, Priority, Task, TaskSet } from '@/sync/wire';
import { Avatar } from '@/ui/Avatar';
import { DatePicker } from '@/ui/DatePicker';
import { dueDay, dueMoment } from '@/ui/day';
import { Menu, MenuItem } from '@/ui/Menu';
import { Pick } from '@/ui/Pick';
import { StatusDot } from '@/ui/StatusDot';
import css from './task-panel.module.css';

const POINTS_MAX = 21;

export function Facts({ task }: { task: Task }) {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const mayWrite = rights.writeTask(task);
  const set = (fields: TaskSet) => void room.submit({ kind: 'task.update', task_id: task.id, set: fields });
  return (
    <dl className={css.facts}>
      <Fact icon={<Columns3 />} name={t('task.column')}>
        <ColumnFact task={task} mayWrite={mayWrite} />
      </Fact>
      <Fact icon={<CircleUserRound />} name={t('task.assignees')}>
        <Assignees task={task} mayWrite={mayWrite} />
      </Fact>
      <Fact icon={<Flag />} name={t('task.priority')}>
        <Choice mayWrite={mayWrite} label={t('task.priority')} shown={<PriorityName priority={task.priority} />}>
          {PRIORITIES.map((priority) => (
            <MenuItem key={priority} onSelect={() => priority !== task.priority && set({ priority })}>
              <PriorityName priority={priority} />
            </MenuItem>
          ))}
        </Choice>
      </Fact>
      <Fact icon={<AlarmClock />} name={t('task.due')}>
        <Due task={task} mayWrite={mayWrite} onChange={(due_date) => set({ due_date })} />
      </Fact>
      <Fact icon={<Gauge />} name={t('task.points')}>
        <Points task={task} mayWrite={mayWrite} onChange={(story_points) => set({ story_points })} />
      </Fact>
      <Fact icon={<Tag />} name={t('task.labels')}>
        <Labels task={task} mayWrite={mayWrite} />
      </Fact>
    </dl>
  );
}

function Fact(props: { icon: ReactNode; name: string; children: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>
        {props.icon}
        {props.name}
      </dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** A value that opens what changes it. */
function Trigger({ label, children, ...rest }: ComponentProps<'button'> & { label: string }) {
  return (
    <button type="button" className={css.value} title={label} {...rest}>
      <span className="visually-hidden">{label}: </span>
      {children}
    </button>
  );
}

/** What is chosen, which opens what can be chosen; for who may only read, the former alone. */
function Choice(props: { mayWrite: boolean; label: string; shown: ReactNode; children: ReactNode }) {
  const { mayWrite, label, shown, children } = props;
  if (!mayWrite) return <span className={css.value}>{shown}</span>;
  return (
    <Menu trigger={<Trigger label={label}>{shown}</Trigger>} align="start">
      {children}
    </Menu>
  );
}

function PriorityName({ priority }: { priority: Priority }) {
  const { t } = useI18n();
  return (
    <span className={css.option}>
      <PriorityMark priority={priority} />
      {t(`common.priority_${priority}`)}
    </span>
  );
}

function ColumnFact({ task, mayWrite }: { task: Task; mayWrite: boolean }) {
  const { t } = useI18n();
  const { room } = useBoard();
  const columns = useColumns();
  const view = useView((now) => now);
  const move = (column: Id) => {
    const now = room.view.get();
    if (now && column !== task.column_id) send(room, moveOps(now, [task.id], endOf(now, column, [task.id])));
  };
  const now = columns.find((column) => column.id === task.column_id);
  const shown = (
    <span className={css.option}>
      <StatusDot status={now?.status} />
      <bdi>{now?.name}</bdi>
    </span>
  );
  return (
    <Choice mayWrite={mayWrite} label={t('task.column')} shown={shown}>
      {columns.map((column) => {
        const full = view !== null && column.id !== task.column_id && isFull(view, column.id, [task.id]);
        return (
          <MenuItem
            key={column.id}
            icon={<StatusDot status={column.status} />}
            disabled={full}
            onSelect={() => move(column.id)}
          >
            <bdi>{full ? t('board.select_no_room', { name: column.name }) : column.name}</bdi>
          </MenuItem>
        );
      })}
    </Choice>
  );
}

function Assignees({ task, mayWrite }: { task: Task; mayWrite: boolean }) {
  const { t } = useI18n();
  const { room, colleagues, nameOf } = useBoard();
  const shown =
    task.assignee_ids.length === 0 ? (
      <span className={css.none}>{t('task.nobody')}</span>
    ) : (
      <span className={css.many}>
        {task.assignee_ids.map((id) => (
          <span key={id} className={css.option}>
            <Avatar person={{ id, name: nameOf(id) }} size="small" decorative />
            <bdi>{nameOf(id)}</bdi>
          </span>
        ))}
      </span>
    );
  if (!mayWrite) return <span className={css.value}>{shown}</span>;
  const options = [...colleagues.values()].map(({ user_id: id, name }) => ({
    id,
    name,
    icon: <Avatar person={{ id, name }} size="small" decorative />,
  }));
  return (
    <Pick
      trigger={<Trigger label={t('task.assignees')}>{shown}</Trigger>}
      label={t('task.assignees')}
      options={options}
      chosen={task.assignee_ids}
      onToggle={(id, on) => send(room, assignOps([task.id], id, on))}
    />
  );
}

function Labels({ task, mayWrite }: { task: Task; mayWrite: boolean }) {
  const { t } = useI18n();
  const { room, labels } = useBoard();
  const own = task.label_ids.flatMap((id) => labels.get(id) ?? []);
  const shown =
    own.length === 0 ? (
      <span className={css.none}>{t('task.no_labels')}</span>
    ) : (
      <span className={css.many}>
        {own.map((label) => (
          <span key={label.id} className={css.label}>
            <span className={css.swatch} style={{ '--swatch': label.color } as Record<string, string>} />
            <bdi>{label.name}</bdi>
          </span>
        ))}
      </span>
    );
  if (!mayWrite || labels.size === 0) return <span className={css.value}>{shown}</span>;
  const toggle = (id: Id, on: boolean) =>
    void room.submit({
      kind: 'task.update',
      task_id: task.id,
      ...(on ? { add_label_ids: [id] } : { remove_label_ids: [id] }),
    });
  const options = [...labels.values()].map(({ id, name, color }) => ({
    id,
    name,
    icon: <span className={css.swatch} style={{ '--swatch': color } as Record<string, string>} />,
  }));
  return (
    <Pick
      trigger={<Trigger label={t('task.labels')}>{shown}</Trigger>}
      label={t('task.labels')}
      options={options}
      chosen={task.label_ids}
      onToggle={toggle}
    />
  );
}

function Due(props: { task: Task; mayWrite: boolean; onChange(due: string | null): void }) {
  const { task, mayWrite, onChange } = props;
  const { t, date } = useI18n();
  const due = dueOf(task, new Date());
  const shown =
    task.due_date && due ? (
      <span className={due.state === 'overdue' ? css.overdue : undefined}>
        {date(task.due_date, { ...due.format, year: 'numeric' })}
        {due.state === 'overdue' && ` · ${t('views.due_overdue')}`}
      </span>
    ) : (
      <span className={css.none}>{t('task.no_date')}</span>
    );
  if (!mayWrite) return <span className={css.value}>{shown}</span>;
  return (
    <DatePicker
      trigger={<Trigger label={t('task.due')}>{shown}</Trigger>}
      label={t('task.due')}
      value={task.due_date ? dueDay(task.due_date) : null}
      onChange={(day) => onChange(day ? dueMoment(day) : null)}
    />
  );
}

function Points(props: { task: Task; mayWrite: boolean; onChange(points: number | null): void }) {
  const { task, mayWrite, onChange } = props;
  const { t, number } = useI18n();
  const [typed, setTyped] = useState<string | null>(null);
  // Somebody else's change shows at once where nothing is being typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another task's points begin anew
  useEffect(() => setTyped(null), [task.id]);
  if (!mayWrite) {
    return <span className={css.value}>{task.story_points === null ? '–' : number(task.story_points)}</span>;
  }
  const text = typed ?? (task.story_points === null ? '' : number(task.story_points));
  // In Persian digits too.
  const wanted = text.trim() === '' ? null : Number(fold(text));
  const wrong = wanted !== null && (!Number.isInteger(wanted) || wanted < 1 || wanted > POINTS_MAX);
  const leave = () => {
    if (wrong) return;
    if (wanted !== task.story_points) onChange(wanted);
    setTyped(null);
  };
  return (
    <>
      <input
        className={css.points}
        inputMode="numeric"
        aria-label={t('task.points')}
        aria-invalid={wrong || undefined}
        placeholder="–"
        value={text}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={leave}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
          if (event.key === 'Escape' && typed !== null) {
            event.preventDefault();
            setTyped(null);
          }
        }}
      />
      {wrong && (
        <span role="alert" className={css.error}>
          {t('task.points_wrong', { max: POINTS_MAX })}
        </span>
      )}
    </>
  );
}
