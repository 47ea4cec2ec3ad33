/** What a device keeps: who is signed in, the last boards, ops that are not answered yet, conflicts. Never tokens. */
import { type DBSchema, type IDBPDatabase, wrap } from 'idb';
import type { Conflict } from './api';
import type { BoardInfo, Id, Moment, Op, Snapshot, User, WorkspaceRole } from './wire';

/** An op that is not known to be applied. */
export interface PendingOp {
  op_id: Id;
  board_id: Id;
  user_id: Id;
  /** The tab that sends it. */
  tab_id: Id;
  /** Ops of one board are sent in this order. */
  position: number;
  /** With its version, once that is settled: from then on it is sent in these words only (P4). */
  op: Op;
  isSettled: boolean;
  /** The version that its author saw; 0 where there was none. */
  seen: number;
  /** Open ops with another value for the same field, which its author saw. */
  over: readonly Id[];
  at: Moment;
  /** Ops of one gesture. */
  gesture: Id | null;
  purpose: 'edit' | 'undo' | 'redo';
}

export interface KeptConflict extends Conflict {
  board_id: Id;
  user_id: Id;
}

export interface KeptBoard {
  id: Id;
  user_id: Id;
  snapshot: Snapshot;
  seq: number;
  history: string;
  seen_at: Moment;
}

export interface Who {
  user: User;
  workspaces: readonly WorkspaceRole[];
}

interface Schema extends DBSchema {
  who: { key: string; value: Who };
  boards: { key: Id; value: KeptBoard };
  pending: { key: Id; value: PendingOp };
  conflicts: { key: Id; value: KeptConflict };
  /** Where there are no locks: when each tab was last seen, in milliseconds since 1970. */
  tabs: { key: Id; value: { tab_id: Id; beatAt: number } };
}

const STORES = ['who', 'boards', 'pending', 'conflicts', 'tabs'] as const;
const BOARDS_MAX = 20;
const WHO = 'who';

export class Storage {
  readonly #open: Promise<IDBPDatabase<Schema> | null>;

  /** Without a database nothing outlives the page, and all else goes on. */
  constructor(factory: IDBFactory | null) {
    this.#open = factory ? openDatabase(factory) : Promise.resolve(null);
  }

  async who(): Promise<Who | null> {
    return (await this.#try((db) => db.get('who', WHO))) ?? null;
  }

  async putWho(who: Who | null): Promise<void> {
    await this.#try(async (db) => {
      if (who) await db.put('who', who, WHO);
      else await db.delete('who', WHO);
    });
  }

  async board(id: Id, userId: Id): Promise<KeptBoard | null> {
    const board = await this.#try((db) => db.get('boards', id));
    return board?.user_id === userId ? board : null;
  }

  async boards(userId: Id): Promise<readonly { board: BoardInfo; seen_at: Moment }[]> {
    const boards = (await this.#try((db) => db.getAll('boards'))) ?? [];
    return boards
      .filter((board) => board.user_id === userId)
      .sort((a, b) => (a.seen_at < b.seen_at ? 1 : -1))
      .map(({ snapshot, seen_at }) => ({ board: snapshot.board, seen_at }));
  }

  /** Also forgets the boards that were seen longest ago. */
  async putBoard(board: KeptBoard): Promise<void> {
    await this.#try(async (db) => {
      const tx = db.transaction('boards', 'readwrite');
      await tx.store.put(board);
      const all = await tx.store.getAll();
      const old = all.sort((a, b) => (a.seen_at < b.seen_at ? 1 : -1)).slice(BOARDS_MAX);
      for (const { id } of old) await tx.store.delete(id);
      await tx.done;
    });
  }

  async forgetBoard(id: Id): Promise<void> {
    await this.#try((db) => db.delete('boards', id));
  }

  async pending(userId: Id): Promise<readonly PendingOp[]> {
    const all = (await this.#try((db) => db.getAll('pending'))) ?? [];
    return all.filter((op) => op.user_id === userId).sort((a, b) => a.position - b.position);
  }

  async putPending(ops: readonly PendingOp[]): Promise<void> {
    await this.#try(async (db) => {
      const tx = db.transaction('pending', 'readwrite');
      for (const op of ops) await tx.store.put(op);
      await tx.done;
    });
  }

  async dropPending(id: Id): Promise<void> {
    await this.#try((db) => db.delete('pending', id));
  }

  /** Puts `again` in the place of `id`, in one step. */
  async replacePending(id: Id, again: PendingOp): Promise<void> {
    await this.#try(async (db) => {
      const tx = db.transaction('pending', 'readwrite');
      await tx.store.delete(id);
      await tx.store.put(again);
      await tx.done;
    });
  }

  /** Makes the ops of tabs that are gone `tabId`'s: those that still are theirs. */
  async adopt(tabId: Id, userId: Id, isAlive: (tabId: Id) => boolean): Promise<readonly PendingOp[]> {
    const adopted = await this.#try(async (db) => {
      const tx = db.transaction('pending', 'readwrite');
      const orphans = (await tx.store.getAll()).filter((op) => op.user_id === userId && !isAlive(op.tab_id));
      const mine = orphans.map((op) => ({ ...op, tab_id: tabId }));
      for (const op of mine) await tx.store.put(op);
      await tx.done;
      return mine;
    });
    return (adopted ?? []).sort((a, b) => a.position - b.position);
  }

  /** Leaves a tab's ops to whoever finds them: its user is another now. */
  async release(tabId: Id): Promise<void> {
    await this.#try(async (db) => {
      const tx = db.transaction('pending', 'readwrite');
      for (const op of await tx.store.getAll()) if (op.tab_id === tabId) await tx.store.put({ ...op, tab_id: '' });
      await tx.done;
    });
  }

  async conflicts(userId: Id): Promise<readonly KeptConflict[]> {
    const all = (await this.#try((db) => db.getAll('conflicts'))) ?? [];
    return all.filter((conflict) => conflict.user_id === userId).sort((a, b) => a.at - b.at);
  }

  /** An op becomes a conflict, in one step. False where it could not be kept. */
  async putConflict(conflict: KeptConflict): Promise<boolean> {
    const isKept = await this.#try(async (db) => {
      const tx = db.transaction(['pending', 'conflicts'], 'readwrite');
      await tx.objectStore('pending').delete(conflict.op_id);
      await tx.objectStore('conflicts').put(conflict);
      await tx.done;
      return true;
    });
    return isKept ?? false;
  }

  async dropConflict(id: Id): Promise<void> {
    await this.#try((db) => db.delete('conflicts', id));
  }

  /** Tells that this tab lives, and forgets those that were last seen before `since`; the others come back. */
  async beat(tabId: Id, now: number, since: number): Promise<readonly Id[]> {
    const alive = await this.#try(async (db) => {
      const tx = db.transaction('tabs', 'readwrite');
      await tx.store.put({ tab_id: tabId, beatAt: now });
      const all = await tx.store.getAll();
      for (const tab of all) if (tab.beatAt < since) await tx.store.delete(tab.tab_id);
      await tx.done;
      return all.filter((tab) => tab.beatAt >= since).map((tab) => tab.tab_id);
    });
    return alive ?? [tabId];
  }

  async forgetTab(tabId: Id): Promise<void> {
    await this.#try((db) => db.delete('tabs', tabId));
  }

  /** All that it keeps of whoever was signed in. */
  async forgetAll(): Promise<void> {
    await this.#try(async (db) => {
      const tx = db.transaction(STORES, 'readwrite');
      for (const store of STORES) if (store !== 'tabs') await tx.objectStore(store).clear();
      await tx.done;
    });
  }

  async close(): Promise<void> {
    (await this.#open)?.close();
  }

  /** A full disk or a private window must not stop the page: what fails is as if it were not kept. */
  async #try<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T | undefined> {
    try {
      const db = await this.#open;
      return db ? await work(db) : undefined;
    } catch {
      return undefined;
    }
  }
}

async function openDatabase(factory: IDBFactory): Promise<IDBPDatabase<Schema> | null> {
  try {
    const request = factory.open('teamflow', 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore('who');
      db.createObjectStore('boards', { keyPath: 'id' });
      db.createObjectStore('pending', { keyPath: 'op_id' });
      db.createObjectStore('conflicts', { keyPath: 'op_id' });
      db.createObjectStore('tabs', { keyPath: 'tab_id' });
    };
    // What `wrap` gives for a request to open is the opened database, wrapped too.
    const opened = await wrap(request);
    return opened as unknown as IDBPDatabase<Schema>;
  } catch {
    return null;
  }
}
