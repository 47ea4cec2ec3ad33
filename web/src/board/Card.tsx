/** A task on the board. Drawn again only when it is another, or when what the hand does concerns it. */
import { AlarmClock, CalendarDays, Check, Ellipsis, ListTodo, MessageSquare, Paperclip } from 'lucide-react';
import { memo, useLayoutEffect, useRef } from 'react';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import type { Id, Task } from '@/sync/wire';
import { CardMarks } from '@/together/CardMarks';
import { AvatarStack } from '@/ui/Avatar';
import { UnsyncedDot } from '@/ui/UnsyncedDot';
import { CardTitleEdit } from './CardTitleEdit';
import css from './card.module.css';
import { useBoard, useTask, useUnsynced, useView } from './context';
import type { DragState } from './drag';
import { dueOf } from './due';
import { useHands, usePart } from './interaction-context';
import { PriorityMark } from './PriorityMark';

const AVATARS_MAX = 3;

interface Props {
  id: Id;
  /** It stays although the filter does not let it through any more. */
  dim: boolean;
  /** Tab leads to it. */
  entry: boolean;
}

export const Card = memo(function Card({ id, dim, entry }: Props) {
  const { hands } = useHands();
  const task = useTask(id);
  const unsynced = useUnsynced(id);
  const selected = usePart(hands.selection, (selection) => selection.ids.has(id));
  const active = usePart(hands.active, (active) => active === id);
  const grasp = usePart(hands.drag, (state) => graspOf(state, id));
  const renaming = usePart(hands.renaming, (renaming) => renaming === id);
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = root.current;
    return () => {
      if (element?.contains(document.activeElement)) hands.orphaned(id);
    };
  }, [hands, id]);
  if (!task) return null;
  return (
    <div
      ref={root}
      className={css.card}
      data-task-id={id}
      data-grip="task"
      data-selected={selected || undefined}
      data-grasp={grasp}
      data-dim={dim || undefined}
    >
      <Head {...{ task, unsynced, selected, active }} />
      {renaming ? <CardTitleEdit task={task} /> : <Title task={task} entry={entry} />}
      <Facts task={task} />
      <CardMarks taskId={id} />
    </div>
  );
});

function graspOf(state: DragState, id: Id): 'held' | 'lifted' | 'keys' | undefined {
  if (state.phase !== 'held' && state.phase !== 'dragging') return undefined;
  if (state.subject.kind !== 'tasks' || !state.subject.ids.includes(id)) return undefined;
  if (state.phase === 'held') return 'held';
  return state.input === 'keys' ? 'keys' : 'lifted';
}

function Head(props: { task: Task; unsynced: boolean; selected: boolean; active: boolean }) {
  const { task, unsynced, selected, active } = props;
  const { t } = useI18n();
  const { act } = useHands();
  const { nameOf } = useBoard();
  const key = useView((view) => view?.board.project_key);
  return (
    <div className={css.head}>
      {selected && (
        <span className={css.check}>
          <Check role="img" aria-label={t('board.card_selected')} />
        </span>
      )}
      <PriorityMark priority={task.priority} />
      <span className={css.key} id={`card-${task.id}`}>
        {task.number > 0 && (
          <bdi>
            {key}-{task.number}
          </bdi>
        )}
      </span>
      {unsynced && <UnsyncedDot />}
      <button
        type="button"
        className={css.more}
        data-no-drag
        tabIndex={active ? 0 : -1}
        aria-haspopup="menu"
        aria-label={t('board.card_menu', { title: task.title })}
        onClick={(event) => act.menu(task.id, event.currentTarget)}
      >
        <Ellipsis aria-hidden />
      </button>
      {task.assignee_ids.length > 0 && (
        <AvatarStack
          people={task.assignee_ids.map((id) => ({ id, name: nameOf(id) }))}
          max={AVATARS_MAX}
          size="small"
        />
      )}
    </div>
  );
}

function Title({ task, entry }: { task: Task; entry: boolean }) {
  const { room } = useBoard();
  const { hands } = useHands();
  const link = useRef<HTMLAnchorElement>(null);
  useLayoutEffect(() => {
    if (link.current) hands.mounted(task.id, link.current);
  }, [hands, task.id]);
  return (
    <a
      ref={link}
      className={css.title}
      href={`${paths.board(room.id)}?task=${task.id}`}
      data-card-focus
      tabIndex={entry ? 0 : -1}
      aria-describedby={`card-${task.id} card-hint`}
      draggable={false}
      onFocus={() => hands.activate(task.id)}
    >
      <bdi>{task.title}</bdi>
    </a>
  );
}

/** What else there is to know, where there is something. */
function Facts({ task }: { task: Task }) {
  const { t, number } = useI18n();
  const { labels } = useBoard();
  const own = task.label_ids.map((id) => labels.get(id)).filter((label) => label !== undefined);
  // They come after the board: until then their place is kept, so that nothing moves when they do.
  const coming = labels.size === 0 ? task.label_ids : [];
  const counted = task.comment_count + task.attachment_count + task.subtask_count > 0;
  if (own.length + coming.length === 0 && task.due_date === null && task.story_points === null && !counted) return null;
  return (
    <div className={css.facts}>
      {coming.map((id) => (
        <span key={id} className={css.coming} aria-hidden />
      ))}
      {own.map((label) => (
        <span key={label.id} className={css.label}>
          <span className={css.dot} style={{ background: label.color }} aria-hidden />
          <bdi>{label.name}</bdi>
        </span>
      ))}
      <DueFact task={task} />
      {task.story_points !== null && (
        <span className={css.points} title={t('board.card_points', { count: task.story_points })}>
          <span aria-hidden>{t('board.card_points_short', { count: task.story_points })}</span>
          <span className="visually-hidden">{t('board.card_points', { count: task.story_points })}</span>
        </span>
      )}
      {task.subtask_count > 0 && (
        <Fact
          icon={<ListTodo aria-hidden />}
          text={`${number(task.subtask_done_count)}/${number(task.subtask_count)}`}
          label={t('board.card_subtasks', { done: task.subtask_done_count, total: task.subtask_count })}
        />
      )}
      {task.comment_count > 0 && (
        <Fact
          icon={<MessageSquare aria-hidden />}
          text={number(task.comment_count)}
          label={t('board.card_comments', { count: task.comment_count })}
        />
      )}
      {task.attachment_count > 0 && (
        <Fact
          icon={<Paperclip aria-hidden />}
          text={number(task.attachment_count)}
          label={t('board.card_files', { count: task.attachment_count })}
        />
      )}
    </div>
  );
}

function Fact(props: { icon: React.ReactNode; text: string; label: string }) {
  return (
    <span className={css.fact} title={props.label}>
      {props.icon}
      <span aria-hidden>{props.text}</span>
      <span className="visually-hidden">{props.label}</span>
    </span>
  );
}

function DueFact({ task }: { task: Task }) {
  const { t, date } = useI18n();
  const due = dueOf(task, new Date());
  if (!due || task.due_date === null) return null;
  const day = date(task.due_date, due.format);
  const label =
    due.state === 'overdue'
      ? t('board.card_overdue', { date: day })
      : due.state === 'today'
        ? t('board.card_due_today')
        : t('board.card_due', { date: day });
  const Icon = due.state === 'overdue' ? AlarmClock : CalendarDays;
  return (
    <span className={css.fact} data-due={due.state} title={label}>
      <Icon aria-hidden />
      <span aria-hidden>
        {due.state === 'overdue' ? label : due.state === 'today' ? t('board.card_due_today') : day}
      </span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
