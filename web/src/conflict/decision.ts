/** What becomes of a refused op, by what its author has chosen for each field. */
import type { Conflict } from '@/sync/api';
import type { Id, Op } from '@/sync/wire';
import { isText, textOf } from './words';

export type Choice = { take: 'mine' | 'theirs' | 'both' } | { text: string };
export type Choices = Readonly<Record<string, Choice>>;
type Field = Conflict['fields'][number];

/** Lists of people or labels: those of both can stand side by side. */
export const isList = (field: string) => field === 'assignee_ids' || field === 'label_ids';

/** To begin with: one's own text, to be edited; of lists those of both. */
export function firstChoices({ fields }: Conflict): Choices {
  return Object.fromEntries(fields.map((field) => [field.field, firstChoice(field)]));
}

function firstChoice({ field, mine }: Field): Choice {
  if (isText(field)) return { text: textOf(mine) };
  return { take: isList(field) ? 'both' : 'mine' };
}

/** Whether text stands in the choices that stands nowhere else. */
export function isTyped({ fields }: Conflict, choices: Choices): boolean {
  return fields.some(({ field, mine, theirs }) => {
    const choice = choices[field];
    return choice !== undefined && 'text' in choice && ![textOf(mine), textOf(theirs)].includes(choice.text);
  });
}

/** `columnId` is where a new task goes in place of the column that refused it. */
export function decide(
  conflict: Conflict,
  choices: Choices,
  columnId: Id | null = null,
): 'mine' | 'theirs' | { edited: Op } {
  const { op, fields } = conflict;
  const values = fields.map((field) => ({ field, value: chosen(field, choices[field.field]) }));
  const isMoved = op.kind === 'task.create' && columnId !== null && columnId !== op.column_id;
  if (!isMoved && values.every(({ field, value }) => isSame(value, field.mine))) return 'mine';
  const isUpdate = op.kind === 'task.update' || op.kind === 'column.update';
  if (!isUpdate) {
    const texts = Object.fromEntries(values.map(({ field, value }) => [field.field, value]));
    if (!isMoved) return { edited: { ...op, ...texts } as Op };
    // Its neighbours are in the other column.
    const { after: _, before: __, ...rest } = op;
    return { edited: { ...rest, ...texts, column_id: columnId } as Op };
  }
  if (values.every(({ field, value }) => isSame(value, field.theirs))) return 'theirs';
  const set: Record<string, unknown> = { ...op.set };
  for (const { field, value } of values) {
    if (isSame(value, field.theirs)) delete set[field.field];
    else set[field.field] = value;
  }
  return { edited: { ...op, set } as Op };
}

function chosen({ mine, theirs }: Field, choice: Choice | undefined): unknown {
  if (choice && 'text' in choice) return choice.text;
  switch (choice?.take) {
    case 'theirs':
      return theirs;
    case 'both':
      return [...new Set([...idsOf(theirs), ...idsOf(mine)])];
    default:
      return mine;
  }
}

function idsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
