/** What a conflict is about, in kinds that the texts are chosen by. */
import { problemText } from '@/app/problem';
import type { I18n } from '@/i18n';
import type { BoardView, Conflict } from '@/sync/api';
import type { Id } from '@/sync/wire';

/**
 * - `changed`: others changed the same fields;
 * - `deleting`: one deleted what others have changed since;
 * - `deleted`: what one wrote into was deleted;
 * - `refused`: anything else, such as a column that is full.
 */
export type Story = 'changed' | 'deleting' | 'deleted' | 'refused';

export function storyOf(conflict: Conflict): Story {
  if (conflict.op.kind === 'task.delete' || conflict.op.kind === 'column.delete') return 'deleting';
  if (conflict.reject.code === 'VERSION_CONFLICT') return 'changed';
  return conflict.reject.code === 'NOT_FOUND' && conflict.op.kind === 'task.update' ? 'deleted' : 'refused';
}

/** Whether there are two values, and not only one's own that stands nowhere else. */
export function isTwofold(conflict: Conflict): boolean {
  const story = storyOf(conflict);
  return story === 'changed' || story === 'deleting' || conflict.reject.current !== undefined;
}

const TEXTS = ['title', 'description', 'name'];

/** Whether a field is typed, so that both can be merged by hand. */
export const isText = (field: string) => TEXTS.includes(field);

export const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

const FIELDS = [
  'title',
  'description',
  'name',
  'priority',
  'story_points',
  'due_date',
  'assignee_ids',
  'label_ids',
  'status',
  'wip_limit',
  'position',
  'deleted',
] as const;

export function fieldName(field: string, t: I18n['t']): string {
  const known = FIELDS.find((one) => one === field);
  return known ? t(`conflict.field_${known}`) : field;
}

/** What the task or column is called now; what one wanted to call it, where it is not there. */
export function subjectOf({ op, task_id, column_id, reject, fields }: Conflict, view: BoardView | null, t: I18n['t']) {
  if (task_id === null || op.kind.startsWith('column.')) {
    const column = view?.columns.find((one) => one.id === column_id);
    if (column) return column.name;
  }
  const task = task_id === null ? undefined : view?.tasks.get(task_id);
  if (task) return task.title;
  const { current } = reject;
  if (current) return 'title' in current ? current.title : current.name;
  const mine = fields.find(({ field }) => field === 'title' || field === 'name')?.mine;
  return textOf(mine) || t('conflict.new_thing');
}

/** Who has made what stands there now; null where that is not known. */
export function authorOf({ fields }: Conflict): Id | null {
  return fields.find((field) => field.by?.actor_id)?.by?.actor_id ?? null;
}

/** Why an op was refused, where it is no matter of who was first. */
export function reasonOf({ op, reject }: Conflict, view: BoardView | null, t: I18n['t']): string {
  const column = 'column_id' in op ? view?.columns.find((one) => one.id === op.column_id)?.name : undefined;
  if (reject.code === 'WIP_LIMIT' && column) return t('conflict.reason_full', { column });
  if (reject.code === 'NOT_FOUND' && op.kind === 'task.create') return t('conflict.reason_column_gone');
  return problemText(reject, t);
}
