import { expect, test } from 'vitest';
import { limitIn } from './ColumnDialogs';
import { titlesIn } from './text';

test('a list that is pasted gives a title for each line, without its marks', () => {
  const text = '- First\r\n* [x] Second\n\n3. Third  one\n  • Fourth\n#5 stays';
  expect(titlesIn(text)).toEqual(['First', 'Second', 'Third one', 'Fourth', '#5 stays']);
  expect(titlesIn('  \n')).toEqual([]);
  expect(titlesIn('2.5 times faster')).toEqual(['2.5 times faster']);
});

test('a limit in any digits; nothing is none', () => {
  expect(limitIn(' 12 ')).toBe(12);
  expect(limitIn('۱۲')).toBe(12);
  expect(limitIn('')).toBeNull();
  for (const wrong of ['0', '-1', '1.5', 'x', '100001']) expect(limitIn(wrong)).toBeUndefined();
});
