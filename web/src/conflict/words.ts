/** What a conflict is about, in kinds that the texts are chosen by. */
import type { I18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import type { Op } from '@/sync/wire';

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

/** The refused op with other texts in it. */
export function edited({ op }: Conflict, texts: Readonly<Record<string, string>>): Op {
  if (op.kind === 'task.update' || op.kind === 'column.update') return { ...op, set: { ...op.set, ...texts } } as Op;
  return { ...op, ...texts } as Op;
}
