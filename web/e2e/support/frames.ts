/** How fast it is to the eye: the times between frames while something is done. */
import type { Page } from '@playwright/test';
import type { BoardOn } from './board';

export interface Frames {
  /** Milliseconds between two frames. */
  p50: number;
  p95: number;
  worst: number;
  count: number;
}

/** Counts the frames that the page draws while `act` runs. */
export async function frames(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const times: number[] = [];
    let on = true;
    const frame = (now: number) => {
      times.push(now);
      if (on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(globalThis, {
      endFrames: () => {
        on = false;
        return times;
      },
    });
  });
  await act();
  const times = await page.evaluate(() => (globalThis as unknown as { endFrames(): number[] }).endFrames());
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  gaps.sort((a, b) => a - b);
  const at = (part: number) => gaps[Math.min(gaps.length - 1, Math.floor(part * gaps.length))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), worst: at(1), count: gaps.length };
}

/** Scrolls a column with the wheel for two seconds. */
export async function scrolled(board: BoardOn, column: string): Promise<void> {
  const { page } = board;
  const box = await board.column(column).boundingBox();
  if (!box) throw new Error('no such column');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < 60; turn++) {
    await page.mouse.wheel(0, turn < 40 ? 300 : -400);
    await page.waitForTimeout(16);
  }
}

/** Drags a card over the board for two seconds, and drops it at the end of `column`. */
export async function dragged(board: BoardOn, title: string, column: string): Promise<void> {
  const { page } = board;
  const from = await board.card(title).first().boundingBox();
  const to = await board.column(column).boundingBox();
  if (!from || !to) throw new Error('not on the page');
  const x = from.x + from.width / 2;
  const y = from.y + from.height / 2;
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < 110; step++) {
    const angle = (step / 110) * 4 * Math.PI;
    await page.mouse.move(x + 260 + 250 * Math.sin(angle), y + 180 + 150 * Math.cos(angle));
    await page.waitForTimeout(16);
  }
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 5 });
  await page.mouse.up();
}

/** What the page's script holds, in megabytes. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1e6;
}
