/** A clock that tests wind on, for all that waits: timers, the network and the database. */
import { afterEach, beforeEach, vi } from 'vitest';

export function windClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'Date'],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
