import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createValue } from '@/sync/value';
import type { Member, PresenceState } from '@/sync/wire';
import { derived } from './derived';
import { IDLE_MS, watchIdle } from './idle';
import { marksOf } from './marks';
import { peopleIn, samePeople } from './people';

const me = { id: 'me', name: 'Ada' };
const sara = { id: 'sara', name: 'Sara' };
let sessions = 0;
const member = (
  user: { id: string; name: string },
  state: PresenceState = {},
  session_id = `s${++sessions}`,
): Member => {
  return { session_id, user, state };
};
const mapOf = (...members: Member[]) => new Map(members.map((one) => [one.session_id, one]));

describe('who is here', () => {
  it('has oneself first, also while nobody is known', () => {
    expect(peopleIn([], me).map((one) => one.user.id)).toEqual(['me']);
    expect(peopleIn([member(sara), member(me)], me).map((one) => one.user.id)).toEqual(['me', 'sara']);
  });

  it('has each person once, with what they do in the window in which they do most', () => {
    const [, one] = peopleIn(
      [
        member(sara, { task_id: 'a', activity: 'viewing' }),
        member(sara, { task_id: 'b', activity: 'editing', field: 'title' }),
        member(sara, { task_id: 'c', activity: 'editing', field: 'title', idle: true }),
      ],
      me,
    );
    expect(one).toMatchObject({ taskId: 'b', activity: 'editing', field: 'title', idle: false });
  });

  it('calls somebody idle only where all of their windows are', () => {
    const idle = (...states: PresenceState[]) =>
      peopleIn(
        states.map((state) => member(sara, state)),
        me,
      )[1]?.idle;
    expect(idle({ idle: true }, {})).toBe(false);
    expect(idle({ idle: true }, { idle: true })).toBe(true);
  });

  it('stays the same while only pointers move', () => {
    const before = peopleIn([member(sara, { cursor: [0, 0] })], me);
    expect(samePeople(peopleIn([member(sara, { cursor: [1, 1] })], me), before)).toBe(before);
    expect(samePeople(peopleIn([member(sara, { task_id: 'a' })], me), before)).not.toBe(before);
  });
});

describe('marks on cards', () => {
  it('leave out the session that looks, and pages that nobody looks at', () => {
    const members = mapOf(
      member(me, { task_id: 'a', activity: 'editing' }, 'own'),
      member(sara, { task_id: 'a', activity: 'viewing', idle: true }),
    );
    expect(marksOf(members, 'own', undefined).size).toBe(0);
  });

  it('name first who does most, and each person once', () => {
    const members = mapOf(
      member(sara, { task_id: 'a', activity: 'viewing' }),
      member(me, { task_id: 'a', activity: 'dragging' }),
      member(sara, { task_id: 'a', activity: 'editing', field: 'title' }),
    );
    const marks = marksOf(members, 'own', undefined).get('a');
    expect(marks?.map((mark) => [mark.user.id, mark.activity])).toEqual([
      ['me', 'dragging'],
      ['sara', 'editing'],
    ]);
  });

  it('are the same objects for the cards that nothing changes for', () => {
    const first = member(sara, { task_id: 'a', activity: 'editing' });
    const second = member(me, { task_id: 'b', activity: 'dragging', cursor: [0, 0] });
    const before = marksOf(mapOf(first, second), null, undefined);
    const moved = { ...second, state: { ...second.state, cursor: [1, 1] as const } };
    expect(marksOf(mapOf(first, moved), null, before)).toBe(before);
    const gone = marksOf(mapOf(first), null, before);
    expect(gone).not.toBe(before);
    expect(gone.get('a')).toBe(before.get('a'));
  });
});

describe('a derived store', () => {
  it('tells only when what it makes is another', () => {
    const source = createValue(1);
    const store = derived(source, (value) => value % 2);
    const told = vi.fn();
    store.subscribe(told);
    source.set(3);
    expect(told).not.toHaveBeenCalled();
    source.set(4);
    expect(told).toHaveBeenCalledOnce();
    expect(store.get()).toBe(0);
  });
});

describe('idleness', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const page = () => Object.assign(new EventTarget(), { hidden: false });

  it('begins when nothing was done for a while, and ends with the next sign', () => {
    const [document, tell] = [page(), vi.fn()];
    watchIdle(document, tell);
    vi.advanceTimersByTime(IDLE_MS - 1_000);
    document.dispatchEvent(new Event('keydown'));
    vi.advanceTimersByTime(IDLE_MS - 1_000);
    expect(tell).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(tell).toHaveBeenLastCalledWith(true);
    document.dispatchEvent(new Event('pointermove'));
    expect(tell).toHaveBeenLastCalledWith(false);
  });

  it('is there at once where the page is hidden', () => {
    const [document, tell] = [page(), vi.fn()];
    const stop = watchIdle(document, tell);
    document.hidden = true;
    document.dispatchEvent(new Event('visibilitychange'));
    expect(tell).toHaveBeenLastCalledWith(true);
    document.hidden = false;
    document.dispatchEvent(new Event('visibilitychange'));
    expect(tell).toHaveBeenLastCalledWith(false);
    stop();
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(tell).toHaveBeenCalledTimes(2);
  });
});
