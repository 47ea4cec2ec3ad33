/** Which fields of which task or column an op is about. Versions guard fields (P6). */
import type { Id, Op } from './wire';

/** All that a version can guard; deleting touches each. */
export const TASK_FIELDS = [
  'title',
  'description',
  'priority',
  'story_points',
  'due_date',
  'assignee_ids',
  'label_ids',
  'position',
] as const;
export const COLUMN_FIELDS = ['name', 'status', 'wip_limit', 'position'] as const;

/** The task or column that an op is about. */
export function targetOf(op: Op): Id {
  return op.kind.startsWith('task.') && 'task_id' in op ? op.task_id : (op as { column_id: Id }).column_id;
}

export function isTaskOp(op: Op): op is Extract<Op, { task_id: Id }> {
  return 'task_id' in op;
}

/** The fields whose version the server compares. None where an op can't conflict. */
export function guarded(op: Op): readonly string[] {
  switch (op.kind) {
    case 'task.create':
    case 'task.restore':
    case 'column.create':
      return [];
    case 'task.update':
    case 'column.update':
      return Object.keys(op.set ?? {});
    case 'task.move':
    case 'column.move':
      return ['position'];
    case 'task.delete':
      return TASK_FIELDS;
    case 'column.delete':
      return COLUMN_FIELDS;
  }
}

/** The fields that an op changes of its own target. */
export function written(op: Op): readonly string[] {
  switch (op.kind) {
    case 'task.create':
    case 'task.restore':
      return TASK_FIELDS;
    case 'column.create':
      return COLUMN_FIELDS;
    case 'task.update': {
      const fields = new Set(guarded(op));
      if (op.add_assignee_ids?.length || op.remove_assignee_ids?.length) fields.add('assignee_ids');
      if (op.add_label_ids?.length || op.remove_label_ids?.length) fields.add('label_ids');
      return [...fields];
    }
    default:
      return guarded(op);
  }
}

export function overlaps(some: readonly string[], others: readonly string[]): boolean {
  return some.some((field) => others.includes(field));
}

/** The text that its author has typed into an op: it must not be lost. */
export function typedText(op: Op): Readonly<Record<string, string>> {
  const text: Record<string, string> = {};
  const note = (field: string, value: string | null | undefined) => {
    if (value) text[field] = value;
  };
  switch (op.kind) {
    case 'task.create':
      note('title', op.title);
      note('description', op.description);
      break;
    case 'task.update':
      note('title', op.set?.title);
      note('description', op.set?.description);
      break;
    case 'column.create':
      note('name', op.name);
      break;
    case 'column.update':
      note('name', op.set.name);
      break;
  }
  return text;
}
