/** Which tabs of this browser live. A closed one's open ops are taken over by another. */
import { v7 as uuid } from 'uuid';
import type { Environment } from './environment';
import type { Storage } from './storage';
import type { Id } from './wire';

const LOCK = 'teamflow-tab-';
const BEAT_MS = 15_000;
/** Timers of a hidden tab run once a minute. */
const DEAD_MS = 150_000;

export class Tabs {
  readonly id: Id = uuid();
  readonly #environment: Environment;
  readonly #storage: Storage;
  readonly #held: Promise<void>;
  #free: () => void = () => undefined;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(environment: Environment, storage: Storage) {
    this.#environment = environment;
    this.#storage = storage;
    const { locks } = environment;
    this.#held = new Promise((held) => {
      if (!locks) return held();
      // Held until the tab is closed, however it is closed.
      void locks.request(LOCK + this.id, () => {
        held();
        return new Promise<void>((free) => {
          this.#free = free;
        });
      });
    });
  }

  /** Calls `sweep` now and then. */
  start(sweep: () => void): void {
    this.#timer = setInterval(sweep, BEAT_MS);
    sweep();
  }

  /** Tells which tabs live, this one included. */
  async alive(): Promise<(tabId: Id) => boolean> {
    await this.#held;
    const { locks } = this.#environment;
    if (locks) {
      const { held = [] } = await locks.query();
      const names = new Set(held.map((lock) => lock.name));
      return (tabId) => names.has(LOCK + tabId);
    }
    const now = Date.now();
    const ids = new Set(await this.#storage.beat(this.id, now, now - DEAD_MS));
    return (tabId) => ids.has(tabId);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#free();
    if (!this.#environment.locks) void this.#storage.forgetTab(this.id);
  }
}
