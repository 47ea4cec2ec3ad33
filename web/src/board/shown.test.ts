import { expect, test } from 'vitest';
import type { Task } from '@/sync/wire';
import { shownOf } from './shown';

const task = (id: string, title: string) => [id, { id, title } as Task] as const;
const matches = ({ title }: Task) => title.includes('x');

test('what passes is shown; what passed before stays, dimmed; what never did is not shown', () => {
  const passed = new Set<string>();
  const before = shownOf(['a', 'b'], new Map([task('a', 'ax'), task('b', 'b')]), matches, passed);
  expect(before).toEqual({ ids: ['a'], dim: new Set() });
  const after = shownOf(['b', 'a'], new Map([task('a', 'a'), task('b', 'bx')]), matches, passed);
  expect(after).toEqual({ ids: ['b', 'a'], dim: new Set(['a']) });
  // In another column too: it was carried there.
  expect(shownOf(['a'], new Map([task('a', 'a')]), matches, passed)).toEqual({ ids: ['a'], dim: new Set(['a']) });
});
