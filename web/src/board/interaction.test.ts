import { expect, test } from 'vitest';
import type { BoardRoom, BoardView } from '@/sync/api';
import { createValue } from '@/sync/value';
import type { Column, Task } from '@/sync/wire';
import { Interaction, type Surface } from './interaction';
import { neighbourOf } from './keys';
import { toggled } from './selection';

type Lists = Record<string, string[]>;

function viewOf(lists: Lists): BoardView {
  const tasks = Object.entries(lists).flatMap(([column_id, ids]) => ids.map((id) => ({ id, column_id }) as Task));
  return {
    columns: Object.keys(lists).map((id) => ({ id, name: id, wip_limit: null }) as Column),
    tasks: new Map(tasks.map((task) => [task.id, task])),
    order: new Map(Object.entries(lists)),
  } as unknown as BoardView;
}

/** A board without a page: cards are 50 high, and all in sight. */
function handsOn(lists: Lists) {
  const view = createValue<BoardView | null>(null);
  const hands = new Interaction({ view } as unknown as BoardRoom);
  const show = (next: Lists) => {
    hands.surfaces.clear();
    for (const [id, shown] of Object.entries(next)) {
      const items = shown.map((_, index) => ({ index, start: index * 50, end: index * 50 + 50 }));
      hands.surfaces.set(id, {
        shown,
        scroller: { clientHeight: 120, scrollTop: 0, getBoundingClientRect: () => ({ top: 0 }) },
        virtualizer: {
          measurementsCache: items,
          getVirtualItemForOffset: (offset: number) => items[Math.min(items.length - 1, Math.floor(offset / 50))],
        },
      } as unknown as Surface);
    }
    view.set(viewOf(next));
    hands.follow();
  };
  show(lists);
  return { hands, show };
}

const LISTS: Lists = { todo: ['a', 'b', 'c', 'd'], doing: [], done: ['e', 'f'] };

test('Tab leads to the first card, until one is active', () => {
  const { hands } = handsOn(LISTS);
  expect(hands.active.get()).toBe('a');
  expect(handsOn({ todo: [] }).hands.active.get()).toBeNull();
});

test('the active card stays active wherever others move it', () => {
  const { hands, show } = handsOn(LISTS);
  hands.activate('b');
  show({ ...LISTS, todo: ['a', 'c', 'd'], done: ['e', 'b', 'f'] });
  expect(hands.active.get()).toBe('b');
});

test('where it is deleted, what stands in its place is active', () => {
  const { hands, show } = handsOn(LISTS);
  hands.activate('b');
  show({ ...LISTS, todo: ['a', 'c', 'd'] });
  expect(hands.active.get()).toBe('c');
  hands.activate('d');
  show({ ...LISTS, todo: ['a', 'c'] });
  expect(hands.active.get()).toBe('c');
  show({ ...LISTS, todo: [] });
  expect(hands.active.get()).toBe('e');
});

test('what is chosen and gone is not chosen any more', () => {
  const { hands, show } = handsOn(LISTS);
  hands.selection.set(toggled(toggled(hands.selection.get(), 'f'), 'a'));
  expect(hands.selected()).toEqual(['a', 'f']);
  expect(hands.withSelected('f')).toEqual(['a', 'f']);
  expect(hands.withSelected('b')).toEqual(['b']);
  show({ ...LISTS, done: ['e'] });
  expect(hands.selected()).toEqual(['a']);
});

test('a drag follows the board that changes under it', () => {
  const { hands, show } = handsOn(LISTS);
  hands.send({ type: 'lift', subject: { kind: 'tasks', lead: 'a', ids: ['a'] } });
  hands.send({ type: 'aim', spot: { column_id: 'done', after: 'e', before: 'f' } });
  show({ ...LISTS, done: ['f'] });
  expect(hands.drag.get()).toMatchObject({ spot: { column_id: 'done', after: null, before: 'f' } });
});

test('arrows go from card to card, over columns without any', () => {
  const { hands } = handsOn(LISTS);
  const to = (id: string, key: string, dir: 'ltr' | 'rtl' = 'ltr', whole = false) =>
    neighbourOf(hands, id, key, dir, whole);
  expect(to('a', 'ArrowDown')).toBe('b');
  expect(to('a', 'ArrowUp')).toBeNull();
  expect(to('a', 'ArrowRight')).toBe('e');
  expect(to('e', 'ArrowRight', 'rtl')).toBe('a');
  expect(to('a', 'ArrowLeft')).toBeNull();
  expect(to('b', 'End')).toBe('d');
  expect(to('b', 'End', 'ltr', true)).toBe('f');
  expect(to('a', 'PageDown')).toBe('c');
  expect(to('d', 'PageUp')).toBe('a');
  expect(to('a', 'x')).toBeUndefined();
});
