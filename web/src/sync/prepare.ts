/** Makes open ops out of what a view submits. */
import { v7 as uuid } from 'uuid';
import type { Before } from './api';
import { type BoardState, Draft } from './board-state';
import { guarded, isTaskOp, overlaps, targetOf } from './fields';
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

/** What an author knows who does not go by what is shown. */
export interface Sight {
  /** What no view shows. */
  before?: Before | undefined;
  /** The versions that the ops go back to. */
  seen?: readonly (number | undefined)[];
}

export interface Prepared {
  pending: readonly PendingOp[];
  /** The same, for the undo stack. */
  done: readonly Done[];
}

/** What the last view was made of: nobody has seen what came since. */
export interface Shown {
  committed: BoardState;
  /** With what was open on top. */
  board: BoardState;
  open: readonly PendingOp[];
}

export function prepare(
  ops: readonly Op[],
  author: Author,
  shown: Shown | null,
  { before, seen = [] }: Sight,
): Prepared {
  const at = new Date().toISOString();
  const gesture = ops.length > 1 ? uuid() : null;
  // Each op is looked at as the ones before it leave the board.
  const draft = shown && new Draft(shown.board);
  const earlier: PendingOp[] = [];
  const prepared = ops.map((op, i) => {
    const hidden = hiddenBehind([...(shown?.open ?? []), ...earlier], op);
    const pending: PendingOp = {
      ...author,
      op_id: uuid(),
      position: nextPosition(),
      op: withoutVersion(op),
      isSettled: false,
      seen: Math.min(
        seen[i] ?? ('version' in op ? op.version : undefined) ?? versionSeen(op, shown?.committed ?? null, draft),
        hidden.seen ?? Number.POSITIVE_INFINITY,
      ),
      over: hidden.over,
      at,
      gesture,
    };
    earlier.push(pending);
    const { op_id } = pending;
    const done: Done = { op_id, op, inverse: draft ? inverse(draft.finish(), op, before) : [], version: null };
    const event = draft && predict(draft, { op, op_id, at, actor_id: author.user_id });
    if (event) applyEvent(draft, event);
    return done;
  });
  return { pending: earlier, done: prepared };
}

/** What stands before an author's eyes in place of what is committed: open ops, and the version that the first saw. */
function hiddenBehind(open: readonly PendingOp[], op: Op): { seen: number | undefined; over: readonly Id[] } {
  const fields = guarded(op);
  const hiding = open.filter((one) => targetOf(one.op) === targetOf(op) && overlaps(guarded(one.op), fields));
  // The last one is what is seen, and what was seen when it was made. Of what is deleted, nothing is.
  const last = fields.map((field) => hiding.findLast((one) => guarded(one.op).includes(field)));
  const over = new Set(last.flatMap((one) => (one && 'set' in one.op ? [one.op_id, ...one.over] : [])));
  return { seen: hiding.find((one) => one.seen > 0)?.seen, over: [...over] };
}

/**
 * Of what is committed. What only open ops bring is at the version that they bring it with: those that come after them may
 * find others in between.
 */
function versionSeen(op: Op, committed: BoardState | null, draft: Draft | null): number {
  const id = targetOf(op);
  if (!isTaskOp(op)) {
    const column = committed?.columns.find((one) => one.id === id);
    return column?.version ?? (draft?.column(id) ? 1 : 0);
  }
  const removed = committed?.removed.get(id);
  return committed?.tasks.get(id)?.version ?? (removed ? removed.version + 1 : draft?.task(id) ? 1 : 0);
}

let last = 0;

/** Growing, also over tabs and reloads. */
function nextPosition(): number {
  last = Math.max(last + 1, Date.now() * 1_000);
  return last;
}
