import { describe, expect, test } from 'vitest';
import { type DragEvent, type DragState, drag, IDLE, type Layout, type Subject, spotOf, stepOf } from './drag';

type Lists = Record<string, string[]>;

function layoutOf(lists: Lists, limits: Record<string, number> = {}): Layout {
  return {
    columns: Object.keys(lists),
    order: (id) => lists[id] ?? [],
    full: (id, ids) => {
      const coming = ids.filter((one) => !lists[id]?.includes(one)).length;
      return coming > 0 && (lists[id]?.length ?? 0) + coming > (limits[id] ?? 99);
    },
  };
}

const LISTS: Lists = { todo: ['a', 'b', 'c'], doing: ['d', 'e'], done: [] };
const card = (lead: string, ...more: string[]): Subject => ({ kind: 'tasks', lead, ids: [lead, ...more] });
const column = (id: string): Subject => ({ kind: 'column', lead: id, ids: [id] });

function run(layout: Layout, ...events: DragEvent[]): DragState {
  return events.reduce((state, event) => drag(state, event, layout), IDLE);
}

const spot = (state: DragState) => ('spot' in state ? state.spot : null);

describe('by mouse', () => {
  const layout = layoutOf(LISTS);
  const press: DragEvent = { type: 'press', subject: card('a'), input: 'mouse', x: 10, y: 10 };

  test('a click is no drag', () => {
    expect(run(layout, press).phase).toBe('pressed');
    expect(run(layout, press, { type: 'move', x: 12, y: 11 }, { type: 'release' })).toEqual(IDLE);
  });

  test('it is dragged once it has gone some way, and dropped where it was aimed at', () => {
    const dragging = run(layout, press, { type: 'move', x: 10, y: 20 });
    expect(dragging).toMatchObject({ phase: 'dragging', from: { column_id: 'todo', after: null, before: 'b' } });
    const aim = { column_id: 'doing', after: 'd', before: 'e' };
    const dropped = drag(drag(dragging, { type: 'aim', spot: aim }, layout), { type: 'release' }, layout);
    expect(dropped).toMatchObject({ phase: 'dropped', spot: aim });
    // What is over can begin anew.
    expect(drag(dropped, press, layout).phase).toBe('pressed');
  });

  test('the same aim gives the same state, so that nothing is drawn for it', () => {
    const dragging = run(layout, press, { type: 'move', x: 10, y: 20 });
    const aim: DragEvent = { type: 'aim', spot: { column_id: 'todo', after: null, before: 'b' } };
    expect(drag(dragging, aim, layout)).toBe(dragging);
  });

  test('Escape puts it back', () => {
    const state = run(layout, press, { type: 'move', x: 10, y: 20 }, { type: 'cancel' });
    expect(state).toMatchObject({ phase: 'cancelled', reason: 'user' });
    expect(run(layout, press, { type: 'cancel' })).toEqual(IDLE);
  });
});

describe('by touch', () => {
  const layout = layoutOf(LISTS);
  const press: DragEvent = { type: 'press', subject: card('a'), input: 'touch', x: 10, y: 10 };

  test('a finger that moves at once scrolls', () => {
    expect(run(layout, press, { type: 'move', x: 10, y: 30 })).toEqual(IDLE);
    expect(run(layout, press, { type: 'move', x: 10, y: 15 }).phase).toBe('pressed');
  });

  test('a long press that moves drags', () => {
    expect(run(layout, press, { type: 'hold' }).phase).toBe('held');
    expect(run(layout, press, { type: 'hold' }, { type: 'move', x: 10, y: 30 }).phase).toBe('dragging');
  });

  test('a long press that does not move chooses', () => {
    expect(run(layout, press, { type: 'hold' }, { type: 'release' })).toEqual({ phase: 'chosen', subject: card('a') });
  });

  test('a mouse that rests does not hold', () => {
    const mouse: DragEvent = { type: 'press', subject: card('a'), input: 'mouse', x: 10, y: 10 };
    expect(run(layout, mouse, { type: 'hold' }).phase).toBe('pressed');
  });
});

describe('by keyboard', () => {
  const layout = layoutOf(LISTS, { doing: 2 });
  const lift: DragEvent = { type: 'lift', subject: card('b') };
  const step = (...steps: ('up' | 'down' | 'before' | 'after' | 'first' | 'last')[]) =>
    steps.map((one): DragEvent => ({ type: 'step', step: one }));

  test('up and down, and no further than the ends', () => {
    expect(spot(run(layout, lift))).toEqual({ column_id: 'todo', after: 'a', before: 'c' });
    expect(spot(run(layout, lift, ...step('up', 'up')))).toEqual({ column_id: 'todo', after: null, before: 'a' });
    expect(spot(run(layout, lift, ...step('down', 'down')))).toEqual({ column_id: 'todo', after: 'c', before: null });
    expect(spot(run(layout, lift, ...step('first')))).toEqual({ column_id: 'todo', after: null, before: 'a' });
  });

  test('a full column says so, and takes nothing', () => {
    const over = run(layout, lift, ...step('after'));
    expect(over).toMatchObject({ spot: { column_id: 'doing', after: 'd', before: 'e' }, full: true });
    expect(drag(over, { type: 'release' }, layout)).toMatchObject({ phase: 'cancelled', reason: 'full' });
  });

  test('an empty column', () => {
    const over = run(layout, lift, ...step('after', 'after', 'after'));
    expect(over).toMatchObject({ spot: { column_id: 'done', after: null, before: null }, full: false });
  });

  test('arrows are mirrored from right to left', () => {
    expect(stepOf('ArrowLeft', 'ltr')).toBe('before');
    expect(stepOf('ArrowLeft', 'rtl')).toBe('after');
    expect(stepOf('ArrowRight', 'rtl')).toBe('before');
    expect(stepOf('x', 'ltr')).toBeNull();
  });

  test('a column among columns', () => {
    const state = run(layout, { type: 'lift', subject: column('todo') }, ...step('after'));
    expect(spot(state)).toEqual({ column_id: null, after: 'doing', before: 'done' });
    expect(spot(run(layout, { type: 'lift', subject: column('todo') }, ...step('up', 'last')))).toEqual({
      column_id: null,
      after: 'done',
      before: null,
    });
  });
});

describe('several at once', () => {
  const layout = layoutOf({ todo: ['a', 'b', 'c', 'd'], doing: [] });

  test('none of them is a neighbour', () => {
    expect(spotOf(card('b', 'c'), layout)).toEqual({ column_id: 'todo', after: 'a', before: 'd' });
    expect(spotOf(card('c', 'a'), layout)).toEqual({ column_id: 'todo', after: 'b', before: 'd' });
  });
});

describe('while others change the board', () => {
  const before = layoutOf(LISTS);
  const dragging = run(
    before,
    { type: 'lift', subject: card('a') },
    { type: 'aim', spot: { column_id: 'doing', after: 'd', before: 'e' } },
  );
  const changed = (lists: Lists, limits = {}) => drag(dragging, { type: 'changed' }, layoutOf(lists, limits));

  test('nothing that matters: the same state', () => {
    expect(changed({ ...LISTS, todo: ['a', 'c'] })).toBe(dragging);
  });

  test('it stays below its neighbour, wherever that goes in the column', () => {
    expect(spot(changed({ ...LISTS, doing: ['e', 'x', 'd'] }))).toEqual({
      column_id: 'doing',
      after: 'd',
      before: null,
    });
  });

  test('where the one above is gone, above the one below', () => {
    expect(spot(changed({ ...LISTS, doing: ['x', 'e'] }))).toEqual({ column_id: 'doing', after: 'x', before: 'e' });
  });

  test('where both are gone, at the end', () => {
    expect(spot(changed({ ...LISTS, doing: ['x'] }))).toEqual({ column_id: 'doing', after: 'x', before: null });
  });

  test('the top stays the top', () => {
    const top = drag(dragging, { type: 'aim', spot: { column_id: 'doing', after: null, before: 'd' } }, before);
    const state = drag(top, { type: 'changed' }, layoutOf({ ...LISTS, doing: ['x', 'd'] }));
    expect(spot(state)).toEqual({ column_id: 'doing', after: null, before: 'x' });
  });

  test('where the column is gone, it aims at home', () => {
    expect(spot(changed({ todo: ['a', 'b'], done: [] }))).toEqual({ column_id: 'todo', after: null, before: 'b' });
  });

  test('where the card is gone, it is over', () => {
    expect(changed({ ...LISTS, todo: ['b', 'c'] })).toMatchObject({ phase: 'cancelled', reason: 'gone' });
  });

  test('a column that has filled up meanwhile refuses', () => {
    expect(changed({ ...LISTS, doing: ['d', 'e', 'x'] }, { doing: 3 })).toMatchObject({ full: true });
  });

  test('of several, those that are left go on', () => {
    const two = run(before, { type: 'lift', subject: card('a', 'b') });
    const state = drag(two, { type: 'changed' }, layoutOf({ ...LISTS, todo: ['b', 'c'] }));
    expect(state).toMatchObject({ phase: 'dragging', subject: { lead: 'b', ids: ['b'] } });
  });
});
