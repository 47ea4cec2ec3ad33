/** Makes open ops out of what a view submits. */
import { v7 as uuid } from 'uuid';
import type { Before } from './api';
import { type BoardState, Draft } from './board-state';
import { isTaskOp, targetOf } from './fields';
import type { Done } from './history';
import { inverse } from './inverse';
import { predict } from './optimistic';
import { applyEvent } from './reducer';
import type { PendingOp } from './storage';
import { withoutVersion } from './verdict';
import type { Id, Op } from './wire';

export interface Author {
  board_id: Id;
  user_id: Id;
  tab_id: Id;
  purpose: PendingOp['purpose'];
}

export interface Prepared {
  pending: readonly PendingOp[];
  /** The same, for the undo stack. */
  done: readonly Done[];
}

/** `seen` holds the versions that the ops go back to, where it isn't what is shown; `before` what no view shows. */
export function prepare(
  ops: readonly Op[],
  author: Author,
  committed: BoardState | null,
  shown: BoardState | null,
  { before, seen = [] }: { before?: Before | undefined; seen?: readonly (number | undefined)[] },
): Prepared {
  const at = new Date().toISOString();
  const gesture = ops.length > 1 ? uuid() : null;
  // Each op is looked at as the ones before it leave the board.
  const draft = shown && new Draft(shown);
  const prepared = ops.map((op, i) => {
    const pending: PendingOp = {
      ...author,
      op_id: uuid(),
      position: nextPosition(),
      op: withoutVersion(op),
      isSettled: false,
      seen: seen[i] ?? ('version' in op ? op.version : undefined) ?? versionSeen(op, committed, draft),
      at,
      gesture,
    };
    const { op_id } = pending;
    const done: Done = { op_id, op, inverse: draft ? inverse(draft.finish(), op, before) : [], version: null };
    const event = draft && predict(draft, { op, op_id, at, actor_id: author.user_id });
    if (event) applyEvent(draft, event);
    return { pending, done };
  });
  return { pending: prepared.map((one) => one.pending), done: prepared.map((one) => one.done) };
}

/** Of what is committed; of what is not yet there at all, the version that it will have. */
function versionSeen(op: Op, committed: BoardState | null, draft: Draft | null): number {
  const id = targetOf(op);
  const target = isTaskOp(op)
    ? (committed?.tasks.get(id) ?? draft?.task(id))
    : (committed?.columns.find((column) => column.id === id) ?? draft?.column(id));
  return target?.version ?? 0;
}

let last = 0;

/** Growing, also over tabs and reloads. */
function nextPosition(): number {
  last = Math.max(last + 1, Date.now() * 1_000);
  return last;
}
