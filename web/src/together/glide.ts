/**
 * Makes a smooth way of places that come some ten times a second. What is kept is not a place but how far one is from it:
 * so what the place is bound to may scroll or move, and the way goes with it at once.
 */

export interface Point {
  x: number;
  y: number;
}

/** As long as samples are apart, within these. */
const SHORTEST_MS = 60;
const LONGEST_MS = 220;
/** Farther than this it does not glide, but is there. */
const FAR = 1_600;
/** How much of its speed it keeps on arrival: with all of it, it would stop as against a wall. */
const KEPT = 0.75;

interface Axis {
  /** How far from the place when the way began, and how fast then, in pixels and pixels a millisecond. */
  from: number;
  speed: number;
}

export class Glide {
  #x: Axis = { from: 0, speed: 0 };
  #y: Axis = { from: 0, speed: 0 };
  #start = 0;
  #length = 0;
  #lastSample: number | null = null;

  /** A new place at `now`; `jump` leads from it to where one is shown. Null where one is not shown yet. */
  to(jump: Point | null, now: number): void {
    const since = this.#lastSample === null ? LONGEST_MS : now - this.#lastSample;
    this.#lastSample = now;
    if (jump === null || Math.hypot(jump.x, jump.y) > FAR) {
      this.#length = 0;
      return;
    }
    const speed = this.#speeds(now);
    this.#length = Math.min(Math.max(since, SHORTEST_MS), LONGEST_MS);
    this.#start = now;
    this.#x = begun(jump.x, speed.x, this.#length);
    this.#y = begun(jump.y, speed.y, this.#length);
  }

  /** How far from the place one is at `now`. */
  at(now: number): Point {
    const part = this.#part(now);
    if (part >= 1) return { x: 0, y: 0 };
    return { x: offset(this.#x, part, this.#length), y: offset(this.#y, part, this.#length) };
  }

  isDone(now: number): boolean {
    return this.#part(now) >= 1;
  }

  #part(now: number): number {
    return this.#length === 0 ? 1 : Math.min(1, Math.max(0, (now - this.#start) / this.#length));
  }

  #speeds(now: number): Point {
    const part = this.#part(now);
    // What arrived a moment ago still has the speed that it arrived with: samples are not on time.
    const isAtRest = this.#length === 0 || now - this.#start > this.#length * 1.5;
    if (isAtRest) return { x: 0, y: 0 };
    return { x: slope(this.#x, part, this.#length), y: slope(this.#y, part, this.#length) };
  }
}

/** Faster than this a curve would run past its end and come back. */
function begun(from: number, speed: number, length: number): Axis {
  const most = (3 * Math.abs(from)) / length;
  return { from, speed: Math.min(most, Math.max(-most, speed)) };
}

/** A cubic curve from `from` to 0, which begins with `speed` and arrives with a part of the mean one (Hermite). */
function offset({ from, speed }: Axis, t: number, length: number): number {
  const end = (-from / length) * KEPT;
  const [t2, t3] = [t * t, t * t * t];
  return (2 * t3 - 3 * t2 + 1) * from + (t3 - 2 * t2 + t) * length * speed + (t3 - t2) * length * end;
}

function slope({ from, speed }: Axis, t: number, length: number): number {
  const end = (-from / length) * KEPT;
  const t2 = t * t;
  return ((6 * t2 - 6 * t) * from) / length + (3 * t2 - 4 * t + 1) * speed + (3 * t2 - 2 * t) * end;
}
