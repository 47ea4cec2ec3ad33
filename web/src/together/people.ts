/** Who is on a board, each person once, however many windows they have open. */
import type { Id, Member, Person, PresenceState } from '@/sync/wire';

export interface Present {
  user: Person;
  isMe: boolean;
  /** Nowhere has this person done anything for a while. */
  idle: boolean;
  activity: 'viewing' | 'editing' | 'dragging' | null;
  taskId: Id | null;
  /** The field that is edited. */
  field: string | null;
  /** Under the pointer. */
  columnId: Id | null;
}

/** Oneself first, the others as they came. Oneself is here also while the connection is lost and nobody else is known. */
export function peopleIn(members: Iterable<Member>, me: Person): readonly Present[] {
  const states = new Map<Id, { user: Person; states: PresenceState[] }>([[me.id, { user: me, states: [] }]]);
  for (const { user, state } of members) {
    const known = states.get(user.id);
    if (known) known.states.push(state);
    else states.set(user.id, { user, states: [state] });
  }
  return [...states.values()].map(({ user, states }) => present(user, user.id === me.id, states));
}

function present(user: Person, isMe: boolean, states: readonly PresenceState[]): Present {
  const idle = states.length > 0 && states.every((state) => state.idle === true);
  const busiest = states.toSorted((a, b) => weight(b) - weight(a))[0] ?? {};
  const taskId = busiest.task_id ?? null;
  return {
    user,
    isMe,
    idle,
    activity: taskId === null ? null : (busiest.activity ?? 'viewing'),
    taskId,
    field: busiest.activity === 'editing' ? (busiest.field ?? null) : null,
    columnId: busiest.over?.column_id ?? null,
  };
}

function weight(state: PresenceState): number {
  const busy = state.activity === 'dragging' || state.activity === 'editing' ? 2 : state.task_id ? 1 : 0;
  return busy + (state.idle ? 0 : 4);
}

/** `next`, or `last` where nothing that is shown differs: pointers move all the time. */
export function samePeople(next: readonly Present[], last: readonly Present[] | undefined): readonly Present[] {
  return last && last.length === next.length && next.every((one, i) => isSame(one, last[i])) ? last : next;
}

function isSame(a: Present, b: Present | undefined): boolean {
  return (
    b !== undefined &&
    a.user.id === b.user.id &&
    a.user.name === b.user.name &&
    a.idle === b.idle &&
    a.activity === b.activity &&
    a.taskId === b.taskId &&
    a.field === b.field &&
    a.columnId === b.columnId
  );
}
