/** Waits a little for more before it tells, and does not tell again too soon: so that a lively board stays calm. */

export interface Pace {
  /** From the first that is to be told. */
  wait: number;
  /** From one telling to the next. */
  gap: number;
}

/** What one looks at closely is told soon; what happens elsewhere on the board, now and then. */
export const CLOSE: Pace = { wait: 1_200, gap: 2_500 };
export const WIDE: Pace = { wait: 4_000, gap: 20_000 };

export class Paced {
  readonly #pace: Pace;
  readonly #tell: () => void;
  #toldAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** It is time, but nobody would see it. */
  #isDue = false;
  #isHidden = false;

  constructor(pace: Pace, tell: () => void) {
    this.#pace = pace;
    this.#tell = tell;
  }

  /** There is something to tell. */
  note(): void {
    if (this.#timer !== undefined || this.#isDue) return;
    const now = Date.now();
    const at = Math.max(now + this.#pace.wait, this.#toldAt + this.#pace.gap);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#tellIfSeen();
    }, at - now);
  }

  /** In a page that is not seen, all waits until it is. */
  hide(isHidden: boolean): void {
    this.#isHidden = isHidden;
    this.#tellIfSeen();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tellIfSeen(): void {
    if (!this.#isDue || this.#isHidden) return;
    this.#isDue = false;
    this.#toldAt = Date.now();
    this.#tell();
  }
}
