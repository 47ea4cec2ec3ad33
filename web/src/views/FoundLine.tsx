import { Link } from 'wouter';
import { paths } from '@/app/paths';
import type { Project } from '@/app/shapes';
import { dueOf } from '@/board/due';
import { PriorityMark } from '@/board/PriorityMark';
import { useI18n } from '@/i18n';
import { StatusDot } from '@/ui/StatusDot';
import { type FoundTask, marked } from './found';
import css from './search.module.css';

interface Props {
  task: FoundTask;
  search: string;
  /** Undefined until it is known. */
  project: Project | undefined;
  /** The name of its workspace, where there are several. */
  workspace: string | undefined;
}

/** A task that was found, which opens on its board. */
export function FoundLine({ task, search, project, workspace }: Props) {
  const { t, ago, date } = useI18n();
  const due = dueOf(task, new Date());
  return (
    <li>
      <Link href={`${paths.board(task.board_id)}?task=${task.id}`} className={css.line}>
        <PriorityMark priority={task.priority} />
        <span className={css.main}>
          <span className={css.name} dir="auto" data-done={task.completed_at !== null || undefined}>
            {marked(task.title, search).map((piece, place) =>
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name than their place
              place % 2 === 1 ? <mark key={place}>{piece}</mark> : piece,
            )}
          </span>
          <span className={css.where}>
            {project && (
              <bdi>
                {project.key}-{task.number}
              </bdi>
            )}
            <bdi>{project?.name}</bdi>
            {workspace && <bdi>{workspace}</bdi>}
          </span>
        </span>
        <span className={css.facts}>
          {task.due_date && due && (
            <span className={css.due} data-due={due.state}>
              {t('board.card_due', { date: date(task.due_date, due.format) })}
            </span>
          )}
          <span className={css.status}>
            <StatusDot status={task.status} />
            {t(`common.status_${task.status}`)}
          </span>
          <time dateTime={task.updated_at} className={css.updated}>
            {ago(task.updated_at)}
          </time>
        </span>
      </Link>
    </li>
  );
}
