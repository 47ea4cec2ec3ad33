import { describe, expect, it } from 'vitest';
import { Glide } from './glide';
import { contentRect, partsOf, placeAt, pointIn, type Rect } from './pointer-place';

const rect = (left: number, top: number, width: number, height: number): Rect => {
  return { left, top, right: left + width, bottom: top + height };
};
const area = (frame: Rect, scrollLeft: number, scrollWidth: number) => {
  return { scrollLeft, scrollTop: 0, scrollWidth, scrollHeight: 600, getBoundingClientRect: () => frame };
};

describe('the place of a pointer', () => {
  it('is the same on the same card, wherever that stands', () => {
    const here = rect(100, 200, 280, 80);
    const there = rect(700, 40, 240, 120);
    const parts = partsOf({ x: 170, y: 220 }, here, 'ltr');
    expect(parts).toEqual([0.25, 0.25]);
    expect(pointIn(parts, there, 'ltr')).toEqual({ x: 760, y: 70 });
  });

  it('is mirrored where the other reads from right to left', () => {
    const card = rect(100, 0, 200, 100);
    const parts = partsOf({ x: 110, y: 50 }, card, 'ltr');
    expect(pointIn(parts, card, 'rtl')).toEqual({ x: 290, y: 50 });
    expect(partsOf({ x: 290, y: 50 }, card, 'rtl')).toEqual(parts);
  });

  it('counts from where the content begins, at any scroll and in both directions', () => {
    const frame = rect(0, 50, 1_000, 600);
    expect(contentRect(area(frame, 300, 2_000), 'ltr')).toEqual(rect(-300, 50, 2_000, 600));
    // In a right-to-left element scrolling counts below zero.
    expect(contentRect(area(frame, -300, 2_000), 'rtl')).toEqual(rect(-700, 50, 2_000, 600));
    const column = { id: 'c', rect: rect(0, 50, 300, 600) };
    const place = placeAt({ x: 30, y: 350 }, { area: area(frame, 0, 2_000), column, card: null }, 'ltr');
    expect(place).toEqual({ cursor: [0.015, 0.5], over: { column_id: 'c', at: [0.1, 0.5] } });
  });

  it('names the card, and beside all columns only the place on the board', () => {
    const board = area(rect(0, 0, 1_000, 600), 0, 1_000);
    const column = { id: 'c', rect: rect(0, 0, 300, 600) };
    const card = { id: 't', rect: rect(10, 100, 280, 100) };
    const on = placeAt({ x: 150, y: 150 }, { area: board, column, card }, 'ltr');
    expect(on.over).toEqual({ column_id: 'c', task_id: 't', at: [0.5, 0.5] });
    const beside = placeAt({ x: 900, y: 300 }, { area: board, column: null, card: null }, 'ltr');
    expect(beside).toEqual({ cursor: [0.9, 0.5] });
    expect(placeAt({ x: -20, y: 700 }, { area: board, column: null, card: null }, 'ltr').cursor).toEqual([0, 1]);
  });
});

describe('a glide', () => {
  /** Samples every 100 ms at `speed` pixels each; where it is shown each 10 ms. */
  function walk(speed: number, samples: number) {
    const glide = new Glide();
    const shown: number[] = [];
    let target = 0;
    glide.to(null, 0);
    for (let n = 1; n <= samples; n++) {
      const now = n * 100;
      const at = target + glide.at(now).x;
      target += speed;
      glide.to({ x: at - target, y: 0 }, now);
      for (let ms = 0; ms < 100; ms += 10) shown.push(target + glide.at(now + ms).x);
    }
    return { glide, shown, target };
  }

  it('begins where one was and ends at the place', () => {
    const glide = new Glide();
    glide.to(null, 0);
    expect(glide.at(0)).toEqual({ x: 0, y: 0 });
    glide.to({ x: -80, y: 40 }, 100);
    expect(glide.at(100)).toEqual({ x: -80, y: 40 });
    expect(glide.isDone(150)).toBe(false);
    expect(glide.at(200)).toEqual({ x: 0, y: 0 });
    expect(glide.isDone(200)).toBe(true);
  });

  it('goes on in one direction, without standing still and without running back', () => {
    const { shown, target } = walk(50, 12);
    const steps = shown.slice(1).map((x, i) => x - (shown[i] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    // In the middle of a steady way no step is much longer or shorter than the mean of 5.
    const steady = steps.slice(40);
    expect(Math.min(...steady)).toBeGreaterThan(2.5);
    expect(Math.max(...steady)).toBeLessThan(8);
    expect(Math.max(...shown)).toBeLessThanOrEqual(target);
  });

  it('is there at once when the place is far away, or when it was not shown', () => {
    const glide = new Glide();
    glide.to({ x: 5_000, y: 0 }, 0);
    expect(glide.at(0)).toEqual({ x: 0, y: 0 });
  });

  it('takes no longer than samples are apart, and never for ever', () => {
    const glide = new Glide();
    glide.to(null, 0);
    glide.to({ x: 10, y: 0 }, 10_000);
    expect(glide.isDone(10_220)).toBe(true);
    glide.to({ x: 10, y: 0 }, 10_300);
    expect(glide.isDone(10_390)).toBe(false);
    expect(glide.isDone(10_520)).toBe(true);
    glide.to({ x: 10, y: 0 }, 10_310);
    expect(glide.isDone(10_370)).toBe(true);
  });
});
