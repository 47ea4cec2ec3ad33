/** Who is on which card, and what they do there. */
import { useClient } from '@/app/client';
import { useBoard } from '@/board/context';
import type { Client } from '@/sync/api';
import type { Id, Member, Person } from '@/sync/wire';
import { derived, once, useDerived } from './derived';

export interface Mark {
  user: Person;
  activity: 'viewing' | 'editing' | 'dragging';
  field: string | null;
}

const NONE: readonly Mark[] = [];
const WEIGHT = { dragging: 2, editing: 1, viewing: 0 } as const;

/**
 * By task; those who do most stand first, and each person once. A list that is as before is the same object, so that only
 * the cards are drawn again whose people have changed. `own` is the session that looks.
 */
export function marksOf(
  members: ReadonlyMap<Id, Member>,
  own: Id | null,
  last: ReadonlyMap<Id, readonly Mark[]> | undefined,
): ReadonlyMap<Id, readonly Mark[]> {
  const found = new Map<Id, Mark[]>();
  for (const { session_id, user, state } of members.values()) {
    if (session_id === own || state.task_id === undefined) continue;
    const activity = state.activity ?? 'viewing';
    // A page that nobody looks at views nothing.
    if (state.idle && activity === 'viewing') continue;
    const mark: Mark = { user, activity, field: activity === 'editing' ? (state.field ?? null) : null };
    found.set(state.task_id, [...(found.get(state.task_id) ?? []), mark]);
  }
  let isSame = last !== undefined && last.size === found.size;
  const marks = new Map<Id, readonly Mark[]>();
  for (const [taskId, all] of found) {
    const list = eachOnce(all.toSorted((a, b) => WEIGHT[b.activity] - WEIGHT[a.activity]));
    const before = last?.get(taskId);
    const kept = before && sameMarks(before, list) ? before : list;
    isSame &&= kept === before;
    marks.set(taskId, kept);
  }
  return isSame && last ? last : marks;
}

function eachOnce(marks: readonly Mark[]): readonly Mark[] {
  return marks.filter((mark, i) => marks.findIndex((one) => one.user.id === mark.user.id) === i);
}

function sameMarks(a: readonly Mark[], b: readonly Mark[]): boolean {
  const isSame = (x: Mark, y: Mark | undefined) =>
    x.user.id === y?.user.id && x.activity === y.activity && x.field === y.field;
  return a.length === b.length && a.every((mark, i) => isSame(mark, b[i]));
}

const storesOf = once((connection: Client['connection']) =>
  once((presence: ReturnType<typeof useBoard>['room']['presence']) =>
    derived(presence, (members, last: ReadonlyMap<Id, readonly Mark[]> | undefined) =>
      marksOf(members, connection.get().sessionId, last),
    ),
  ),
);

/** The others on a task, and one's own other windows. */
export function useMarks(taskId: Id): readonly Mark[] {
  const { connection } = useClient();
  const { presence } = useBoard().room;
  return useDerived(storesOf(connection)(presence), (marks) => marks.get(taskId) ?? NONE);
}
