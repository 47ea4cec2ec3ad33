import { expect, test } from 'vitest';
import { firstThatFits, middleOf } from './picture';

test('the middle square is cut out of a picture', () => {
  expect(middleOf(300, 100)).toEqual({ x: 100, y: 0, side: 100 });
  expect(middleOf(101, 200)).toEqual({ x: 0, y: 49, side: 101 });
  expect(middleOf(50, 50)).toEqual({ x: 0, y: 0, side: 50 });
});

test('no smaller form is made than is needed', () => {
  const made: number[] = [];
  function* forms() {
    for (const length of [9, 5, 3]) {
      made.push(length);
      yield 'x'.repeat(length);
    }
  }
  expect(firstThatFits(forms(), 6)).toBe('xxxxx');
  expect(made).toEqual([9, 5]);
  expect(firstThatFits(forms(), 2)).toBeUndefined();
});
