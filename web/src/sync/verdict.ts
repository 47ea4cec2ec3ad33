/** What to make of an op that the server has refused. */
import type { Conflict } from './api';
import { isTaskOp, typedText, written } from './fields';
import type { Column, FieldConflict, Id, Op, Reject, Task } from './wire';

export type Verdict =
  /** Nobody has to be asked: again, as another op. */
  | { verdict: 'rebase'; op: Op; seen: number }
  | { verdict: 'conflict'; fields: Conflict['fields'] }
  | { verdict: 'notice'; kind: 'rejected' | 'undo_refused' | 'moved_meanwhile' };

type Current = (Task & { description?: string }) | Column;

/** It was not judged at all: the same again, later. */
export function isPassing(reject: Reject): boolean {
  return reject.code === 'UNAVAILABLE' || reject.code === 'RATE_LIMIT_EXCEEDED' || reject.code === 'UNAUTHORIZED';
}

/** `isOwn` tells whether nobody but this client has changed a field since it was seen, up to that version. */
export function judge(
  op: Op,
  isUndo: boolean,
  reject: Reject,
  isOwn: (field: string, version: number) => boolean,
): Verdict {
  return reject.code === 'VERSION_CONFLICT' ? judgeVersion(op, isUndo, reject, isOwn) : refused(op, isUndo, reject);
}

function judgeVersion(
  op: Op,
  isUndo: boolean,
  reject: Reject,
  isOwn: (field: string, version: number) => boolean,
): Verdict {
  const { current } = reject;
  if (!current) return refused(op, isUndo, reject);
  const foreign = (reject.conflicts ?? []).filter(({ field, version }) => !isOwn(field, version));
  const rebased: Verdict = { verdict: 'rebase', op: withoutVersion(op), seen: current.version };
  if (op.kind === 'task.delete' || op.kind === 'column.delete') {
    if (foreign.length === 0) return rebased;
    if (isUndo) return { verdict: 'notice', kind: 'undo_refused' };
    const last = foreign.reduce((a, b) => (b.version > a.version ? b : a));
    return { verdict: 'conflict', fields: [{ field: 'deleted', mine: true, theirs: false, by: last }] };
  }
  const differing = foreign.filter(({ field }) => !isSame(field, mineOf(op, field), fieldOf(current, field)));
  if (differing.length === 0) return rebased;
  if (isUndo) return { verdict: 'notice', kind: 'undo_refused' };
  if (op.kind === 'task.move' || op.kind === 'column.move') return { verdict: 'notice', kind: 'moved_meanwhile' };
  const fields = differing.map((by: FieldConflict) => ({
    field: by.field,
    mine: mineOf(op, by.field),
    theirs: fieldOf(current, by.field),
    by,
  }));
  return { verdict: 'conflict', fields };
}

/** Refused for good. Whoever has typed something is asked what shall become of it. */
function refused(op: Op, isUndo: boolean, reject: Reject): Verdict {
  if (isUndo) return { verdict: 'notice', kind: 'undo_refused' };
  const typed = Object.entries(typedText(op));
  if (typed.length === 0) return { verdict: 'notice', kind: 'rejected' };
  const { current } = reject;
  return {
    verdict: 'conflict',
    fields: typed.map(([field, mine]) => ({ field, mine, theirs: current ? fieldOf(current, field) : null, by: null })),
  };
}

function mineOf(op: Op, field: string): unknown {
  if (field === 'position') return op.kind === 'task.move' ? op.column_id : null;
  const set: Record<string, unknown> = op.kind === 'task.update' || op.kind === 'column.update' ? { ...op.set } : {};
  return set[field] ?? null;
}

function fieldOf(current: Current, field: string): unknown {
  if (field === 'position') return 'column_id' in current ? current.column_id : current.rank;
  const fields: Record<string, unknown> = { ...current };
  return fields[field] ?? null;
}

function isSame(field: string, mine: unknown, theirs: unknown): boolean {
  if (Array.isArray(mine) && Array.isArray(theirs)) {
    return mine.length === theirs.length && mine.every((id) => theirs.includes(id));
  }
  if (field === 'due_date' && typeof mine === 'string' && typeof theirs === 'string') {
    return Date.parse(mine) === Date.parse(theirs);
  }
  return (mine ?? '') === (theirs ?? '');
}

export function withoutVersion(op: Op): Op {
  if (!('version' in op)) return op;
  const { version: _, ...rest } = op;
  return rest;
}

/** Ops to be sent, in sight of a version. */
interface Again {
  ops: readonly Op[];
  seen: number | undefined;
}

/** The ops that put one's own value on top of what others have made. */
export function keepMine({ op, reject }: Conflict): Again {
  const again = withoutVersion(op);
  // Its task is deleted: what was typed comes back with it.
  if (reject.code === 'NOT_FOUND' && op.kind === 'task.update') {
    return { ops: [{ kind: 'task.restore', task_id: op.task_id }, again], seen: undefined };
  }
  return { ops: [again], seen: reject.current?.version };
}

/** What is left of an op when the fields in question go to the others. */
export function takeTheirs({ op, fields, reject }: Conflict): Again {
  const seen = reject.current?.version;
  if (reject.code !== 'VERSION_CONFLICT') return { ops: [], seen };
  if (op.kind !== 'task.update' && op.kind !== 'column.update') return { ops: [], seen };
  const given = new Set(fields.map((field) => field.field));
  const set = Object.fromEntries(Object.entries(op.set ?? {}).filter(([field]) => !given.has(field)));
  const { set: _, version: __, ...rest } = op;
  const left = (Object.keys(set).length > 0 ? { ...rest, set } : rest) as Op;
  return { ops: written(left).length > 0 ? [left] : [], seen };
}

export function placeOf(op: Op): { task_id: Id | null; column_id: Id | null } {
  return { task_id: isTaskOp(op) ? op.task_id : null, column_id: 'column_id' in op ? op.column_id : null };
}
