/** A task on its day, or among those without one: a line that opens it, and that can be carried to another day. */

import type { KeyboardEvent, MouseEvent } from 'react';
import { paths } from '@/app/paths';
import { useBoard, useOpenTask, useUnsynced, useView } from '@/board/context';
import { dueOf } from '@/board/due';
import type { Task } from '@/sync/wire';
import { StatusDot } from '@/ui/StatusDot';
import { UnsyncedDot } from '@/ui/UnsyncedDot';
import css from './calendar.module.css';
import { useCalendar, useLift } from './calendar-context';

export function DayTask({ task, reachable }: { task: Task; reachable: boolean }) {
  const { room, rights } = useBoard();
  const { onLift } = useCalendar();
  const open = useOpenTask();
  const unsynced = useUnsynced(task.id);
  const lifted = useLift()?.id === task.id;
  const status = useView((view) => view?.columns.find((column) => column.id === task.column_id)?.status);
  const mayWrite = rights.writeTask(task);
  const click = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(task.id);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key !== ' ' || !mayWrite) return;
    event.preventDefault();
    onLift(task.id);
  };
  return (
    <div
      className={css.task}
      data-task-id={task.id}
      data-day-task={mayWrite ? task.id : undefined}
      data-lifted={lifted || undefined}
      data-done={task.completed_at !== null || undefined}
      data-due={dueOf(task, new Date())?.state}
    >
      <a
        href={`${paths.board(room.id, 'calendar')}?task=${task.id}`}
        className={css.link}
        data-card-focus
        draggable={false}
        tabIndex={reachable ? 0 : -1}
        title={task.title}
        aria-describedby={mayWrite ? 'day-hint' : undefined}
        onClick={click}
        onKeyDown={key}
      >
        <StatusDot status={status} />
        <span className={css.taskTitle} dir="auto">
          {task.title}
        </span>
        {unsynced && <UnsyncedDot />}
      </a>
    </div>
  );
}
