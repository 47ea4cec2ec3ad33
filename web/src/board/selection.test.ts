import { expect, test } from 'vitest';
import { NOTHING_SELECTED, pruned, ranged, toggled, toggledAll } from './selection';

const ORDER = ['a', 'b', 'c', 'd', 'e'];
const ids = (selection: { ids: ReadonlySet<string> }) => [...selection.ids].sort().join('');

test('a click with Ctrl adds and takes away', () => {
  const one = toggled(NOTHING_SELECTED, 'b');
  expect(ids(one)).toBe('b');
  expect(ids(toggled(toggled(one, 'd'), 'b'))).toBe('d');
});

test('a range goes from the anchor, both ways, and is drawn anew each time', () => {
  const one = toggled(NOTHING_SELECTED, 'c');
  const down = ranged(one, 'e', ORDER);
  expect(ids(down)).toBe('cde');
  expect(ids(ranged(down, 'a', ORDER))).toBe('abc');
  expect(ids(ranged(NOTHING_SELECTED, 'b', ORDER))).toBe('b');
});

test('all of a column, and none of it', () => {
  const all = toggledAll(toggled(NOTHING_SELECTED, 'x'), ['a', 'b']);
  expect(ids(all)).toBe('abx');
  expect(ids(toggledAll(all, ['a', 'b']))).toBe('x');
});

test('what is gone is not chosen; where all is there, nothing changes', () => {
  const two = toggled(toggled(NOTHING_SELECTED, 'a'), 'b');
  expect(pruned(two, () => true)).toBe(two);
  expect(pruned(two, (id) => id === 'a')).toEqual({ ids: new Set(['a']), anchor: null });
});
