import { describe, expect, it } from 'vitest';
import type { BoardEvent } from '@/sync/wire';
import { type LogPage, withNewest, withOlder } from './log';

const page = (seqs: readonly number[], next: string | null): LogPage => ({
  events: seqs.map((seq) => ({ seq }) as BoardEvent),
  next,
});
const seqs = (log: LogPage) => log.events.map((event) => event.seq);

describe('a log', () => {
  it('grows at its end', () => {
    const log = withOlder(page([9, 8], 'a'), page([5, 3], null));
    expect([seqs(log), log.next]).toEqual([[9, 8, 5, 3], null]);
  });

  it('keeps the older ones that were read, when newer ones come', () => {
    const log = withNewest(page([8, 7, 5, 3], 'b'), page([9, 8], 'a'));
    expect([seqs(log), log.next]).toEqual([[9, 8, 7, 5, 3], 'b']);
  });

  it('begins anew where the pages do not meet', () => {
    const log = withNewest(page([5, 3], 'b'), page([20, 19], 'a'));
    expect([seqs(log), log.next]).toEqual([[20, 19], 'a']);
  });
});
