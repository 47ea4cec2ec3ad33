/** A browser as the client sees it, with tabs, locks, a database and a network that can be taken away. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import type { Channel, Environment } from '../environment';
import type { Id } from '../wire';
import type { Dice } from './dice';
import type { ModelServer } from './server';

type Signal = Parameters<Environment['on']>[0];

export interface Options {
  withDatabase?: boolean;
  withLocks?: boolean;
}

/** Environment of one tab, and what a test does to it. */
export interface Tab {
  environment: Environment;
  signal(what: Signal): void;
  /** As when a tab is closed: its locks are free, nothing reaches it any more. */
  crash(): void;
}

export class FakeBrowser {
  /** Whose cookie it holds. */
  user: Id | null;
  isOnline = true;
  readonly #server: ModelServer;
  readonly #dice: Dice;
  readonly #database: IDBFactory | null;
  readonly #locks: FakeLocks | null;
  readonly #tabs = new Set<{ hear(message: unknown): void; signal(what: Signal): void }>();

  constructor(server: ModelServer, user: Id | null, dice: Dice, options: Options = {}) {
    this.#server = server;
    this.user = user;
    this.#dice = dice;
    this.#database = options.withDatabase === false ? null : new IDBFactory();
    this.#locks = options.withLocks === false ? null : new FakeLocks();
  }

  setOnline(isOnline: boolean): void {
    if (this.isOnline === isOnline) return;
    this.isOnline = isOnline;
    for (const tab of [...this.#tabs]) tab.signal(isOnline ? 'online' : 'offline');
  }

  openTab(): Tab {
    const listeners = new Map<Signal, Set<() => void>>();
    const heard = new Set<(message: unknown) => void>();
    const owner = {};
    let isAlive = true;
    const tab = {
      hear: (message: unknown) => {
        for (const listener of [...heard]) listener(message);
      },
      signal: (what: Signal) => {
        if (isAlive) for (const listener of [...(listeners.get(what) ?? [])]) listener();
      },
    };
    this.#tabs.add(tab);
    const channel: Channel = {
      post: (message) => {
        const copy = structuredClone(message);
        const others = [...this.#tabs].filter((other) => other !== tab);
        setTimeout(() => {
          for (const other of others) if (this.#tabs.has(other)) other.hear(copy);
        }, 1);
      },
      listen(listener) {
        heard.add(listener);
        return () => heard.delete(listener);
      },
    };
    const environment: Environment = {
      origin: 'http://teamflow.test',
      fetch: (url, init) =>
        isAlive && this.isOnline ? this.#server.fetch(this, url, init) : Promise.reject(new TypeError('no network')),
      openSocket: () => this.#server.openSocket(() => isAlive && this.isOnline),
      locks: this.#locks?.of(owner) ?? null,
      channel,
      indexedDB: this.#database,
      isOnline: () => this.isOnline,
      on(what, listener) {
        const all = listeners.get(what) ?? new Set();
        listeners.set(what, all.add(listener));
        return () => all.delete(listener);
      },
      onFrame: (callback) => setTimeout(callback, 16),
      random: () => this.#dice.roll(),
    };
    return {
      environment,
      signal: tab.signal,
      crash: () => {
        isAlive = false;
        this.#tabs.delete(tab);
        this.#locks?.free(owner);
      },
    };
  }
}

interface Held {
  name: string;
  owner: object;
  done(): void;
}

/** Web Locks of one browser: exclusive ones, in the order of asking. */
class FakeLocks {
  #held: Held[] = [];
  #waiting: { name: string; owner: object; begin(): void }[] = [];

  of(owner: object): LockManager {
    const request = (name: string, work: () => unknown) =>
      new Promise((resolve, reject) => {
        const begin = () => {
          const held: Held = { name, owner, done: () => this.#release(held) };
          this.#held.push(held);
          Promise.resolve(work())
            .then(resolve, reject)
            .finally(() => this.#release(held));
        };
        this.#waiting.push({ name, owner, begin });
        queueMicrotask(() => this.#next());
      });
    const query = async () => ({ held: this.#held.map(({ name }) => ({ name })), pending: [] });
    return { request, query } as unknown as LockManager;
  }

  free(owner: object): void {
    this.#waiting = this.#waiting.filter((one) => one.owner !== owner);
    for (const held of this.#held.filter((one) => one.owner === owner)) held.done();
  }

  #release(held: Held): void {
    this.#held = this.#held.filter((one) => one !== held);
    this.#next();
  }

  #next(): void {
    const at = this.#waiting.findIndex((one) => !this.#held.some((held) => held.name === one.name));
    const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (!next) return;
    next.begin();
    this.#next();
  }
}
