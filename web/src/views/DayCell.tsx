import { Popover } from '@base-ui/react/popover';
import type { CalendarDate } from '@internationalized/date';
import { useStore } from '@/app/client';
import { useTask } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import { atNoon, dayTitle } from '@/ui/calendar';
import css from './calendar.module.css';
import { useCalendar, useLift } from './calendar-context';
import { DayTask } from './DayTask';
import { fitting } from './days';

/** More than this many are told by a number alone where there is no room for titles. */
const DOTS = 3;

interface Props {
  day: CalendarDate;
  iso: string;
  tasks: readonly Task[];
  /** Of another month than the one that is shown. */
  isOther: boolean;
  isToday: boolean;
  /** How many tasks there is room for. */
  lines: number;
  compact: boolean;
}

export function DayCell({ day, iso, tasks, isOther, isToday, lines, compact }: Props) {
  const { t, date, number } = useI18n();
  const { at, setAt } = useCalendar();
  const lift = useLift();
  const over = lift?.over === iso;
  const active = iso === at;
  const count = fitting(tasks.length, lines);
  const full = dayTitle(day, date);
  const first = day.day === 1 && !compact ? date(atNoon(day), { month: 'short', timeZone: 'UTC' }) : null;
  return (
    <td
      className={css.day}
      data-day={iso}
      data-other={isOther || undefined}
      data-today={isToday || undefined}
      data-over={over || undefined}
      data-chosen={(compact && active) || undefined}
    >
      <button
        type="button"
        className={css.number}
        data-day-number
        tabIndex={active ? 0 : -1}
        aria-current={isToday ? 'date' : undefined}
        aria-pressed={compact ? active : undefined}
        aria-label={tasks.length > 0 ? `${full}, ${t('views.tasks', { count: tasks.length })}` : full}
        onFocus={() => setAt(iso)}
        onClick={() => setAt(iso)}
      >
        <span className={css.numeral}>{number(day.day)}</span>
        {first && <span className={css.monthName}>{first}</span>}
        {compact && <Dots tasks={tasks} />}
      </button>
      {!compact && (
        <>
          {over && lift.by === 'keys' && <Carried id={lift.id} />}
          {tasks.slice(0, count).map((task) => (
            <DayTask key={task.id} task={task} reachable={active} />
          ))}
          {count < tasks.length && <More {...{ tasks, full, active }} hidden={tasks.length - count} />}
        </>
      )}
    </td>
  );
}

/** What is carried by keys, where it would be put. */
function Carried({ id }: { id: string }) {
  const task = useTask(id);
  return <div className={`${css.task} ${css.carried}`}>{task?.title}</div>;
}

function Dots({ tasks }: { tasks: readonly Task[] }) {
  const { number } = useI18n();
  if (tasks.length > DOTS) return <span className={css.count}>{number(tasks.length)}</span>;
  return (
    <span className={css.dots}>
      {tasks.map((task) => (
        <span key={task.id} className={css.mark} data-done={task.completed_at !== null || undefined} />
      ))}
    </span>
  );
}

/** "+3": all of the day, in a window of their own. */
function More(props: { tasks: readonly Task[]; full: string; hidden: number; active: boolean }) {
  const { t, number } = useI18n();
  const lifting = useStore(useCalendar().lift) !== null;
  return (
    <Popover.Root>
      <Popover.Trigger
        className={css.more}
        data-more
        tabIndex={props.active ? 0 : -1}
        aria-label={t('views.cal_more', { count: props.hidden, date: props.full })}
      >
        <span dir="ltr">+{number(props.hidden)}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} collisionPadding={8} className={css.positioner}>
          <Popover.Popup className={css.popup} data-lifting={lifting || undefined}>
            <Popover.Title className={css.popupTitle}>{props.full}</Popover.Title>
            {props.tasks.map((task) => (
              <DayTask key={task.id} task={task} reachable />
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
