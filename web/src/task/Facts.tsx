/** All of a task that is chosen rather than written: column, people, priority, points, due date, labels. */
import { AlarmClock, CircleUserRound, Columns3, Gauge, SignalMedium, Tag } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { assignOps, endOf, isFull, moveOps, send } from '@/board/actions';
import { useBoard, useColumns, useView } from '@/board/context';
import { dueOf } from '@/board/due';
import { PriorityMark } from '@/board/PriorityMark';
import { useI18n } from '@/i18n';
import type { Id, Priority, Task, TaskSet } from '@/sync/wire';
import { Avatar } from '@/ui/Avatar';
import { DatePicker } from '@/ui/DatePicker';
import { dueDay, dueMoment } from '@/ui/day';
import { Menu, MenuCheck, MenuItem } from '@/ui/Menu';
import css from './task-panel.module.css';

const PRIORITIES: readonly Priority[] = ['critical', 'high', 'medium', 'low'];
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
      <Fact icon={<SignalMedium />} name={t('task.priority')}>
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

/** What is chosen, which opens what can be chosen; for who may only read, the former alone. */
function Choice(props: { mayWrite: boolean; label: string; shown: ReactNode; children: ReactNode }) {
  const { mayWrite, label, shown, children } = props;
  if (!mayWrite) return <span className={css.value}>{shown}</span>;
  const trigger = (
    <button type="button" className={css.value} title={label}>
      <span className="visually-hidden">{label}: </span>
      {shown}
    </button>
  );
  return (
    <Menu trigger={trigger} align="start">
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
  const name = columns.find((column) => column.id === task.column_id)?.name ?? '';
  return (
    <Choice mayWrite={mayWrite} label={t('task.column')} shown={<bdi>{name}</bdi>}>
      {columns.map((column) => {
        const full = view !== null && column.id !== task.column_id && isFull(view, column.id, [task.id]);
        return (
          <MenuItem key={column.id} disabled={full} onSelect={() => move(column.id)}>
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
  const people = [...colleagues.values()];
  return (
    <Choice mayWrite={mayWrite} label={t('task.assignees')} shown={shown}>
      {people.map((person) => (
        <MenuCheck
          key={person.user_id}
          checked={task.assignee_ids.includes(person.user_id)}
          onChange={(checked) => send(room, assignOps([task.id], person.user_id, checked))}
        >
          <span className={css.option}>
            <Avatar person={{ id: person.user_id, name: person.name }} size="small" decorative />
            <bdi>{person.name}</bdi>
          </span>
        </MenuCheck>
      ))}
      {people.length === 0 && (
        <MenuItem disabled onSelect={() => undefined}>
          {t('task.nobody')}
        </MenuItem>
      )}
    </Choice>
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
  if (labels.size === 0) return <span className={css.value}>{shown}</span>;
  const toggle = (id: Id, checked: boolean) =>
    void room.submit({
      kind: 'task.update',
      task_id: task.id,
      ...(checked ? { add_label_ids: [id] } : { remove_label_ids: [id] }),
    });
  return (
    <Choice mayWrite={mayWrite} label={t('task.labels')} shown={shown}>
      {[...labels.values()].map((label) => (
        <MenuCheck
          key={label.id}
          checked={task.label_ids.includes(label.id)}
          onChange={(checked) => toggle(label.id, checked)}
        >
          <span className={css.option}>
            <span className={css.swatch} style={{ '--swatch': label.color } as Record<string, string>} />
            <bdi>{label.name}</bdi>
          </span>
        </MenuCheck>
      ))}
    </Choice>
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
  const trigger = (
    <button type="button" className={css.value} title={t('task.due')}>
      <span className="visually-hidden">{t('task.due')}: </span>
      {shown}
    </button>
  );
  return (
    <DatePicker
      trigger={trigger}
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
  const text = typed ?? (task.story_points === null ? '' : String(task.story_points));
  const wanted = text.trim() === '' ? null : Number(text);
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
