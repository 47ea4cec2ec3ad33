/** The client: all parts put together. */
import type { About, BoardRoom, Client, EventRoom, PendingCount } from './api';
import { BoardDocument } from './board';
import { Conflicts } from './conflicts';
import { Connection } from './connection';
import type { Core } from './core';
import type { Environment } from './environment';
import { SharedRoom } from './event-room';
import { call, createRest } from './rest';
import { Rooms } from './rooms';
import { Session } from './session';
import { Storage } from './storage';
import { Tabs } from './tabs';
import { createValue } from './value';
import type { Id } from './wire';

/** Whoever goes from one view of a board to another does not leave it. */
const LINGER_MS = 1_000;

interface Opened {
  document: BoardDocument;
  users: number;
}

export function createClientIn(environment: Environment): Client {
  const storage = new Storage(environment.indexedDB);
  const session = new Session(environment, storage);
  const connection = new Connection(environment, session);
  const rooms = new Rooms(connection);
  const conflicts = new Conflicts(environment, storage);
  const tabs = new Tabs(environment, storage);
  const rest = createRest(environment, session);
  const pending = createValue<PendingCount>({ open: 0, conflicts: 0 });
  const boards = new Map<Id, Opened>();
  const others = new Map<string, SharedRoom>();
  let user: Id | null = null;

  const core: Core = {
    environment,
    session,
    connection,
    rooms,
    storage,
    conflicts,
    rest,
    tabId: tabs.id,
    onPending() {
      count();
      for (const id of boards.keys()) leaveIfDone(id);
    },
  };

  function count(): void {
    let open = 0;
    for (const { document } of boards.values()) open += document.unanswered;
    const next = { open, conflicts: conflicts.all.get().length };
    const before = pending.get();
    if (before.open !== next.open || before.conflicts !== next.conflicts) pending.set(next);
  }

  function boardOf(id: Id): Opened {
    let opened = boards.get(id);
    const isNew = !opened;
    opened ??= { document: new BoardDocument(id, core), users: 0 };
    boards.set(id, opened);
    // Whoever lost a board may have got it back.
    if (user !== null && (isNew || opened.document.status.get() === 'gone')) void opened.document.enter();
    return opened;
  }

  /** A board that nobody looks at stays as long as something of it waits to be sent. */
  function leaveIfDone(id: Id): void {
    const opened = boards.get(id);
    if (!opened || opened.users > 0 || opened.document.isBusy) return;
    boards.delete(id);
    opened.document.leave();
  }

  /** Takes over what closed tabs have left. */
  async function sweep(): Promise<void> {
    const owner = user;
    if (owner === null) return;
    const alive = await tabs.alive();
    const orphans = await storage.adopt(tabs.id, owner, alive);
    if (user !== owner) return;
    for (const id of new Set(orphans.map((op) => op.board_id))) {
      boardOf(id).document.adopt(orphans.filter((op) => op.board_id === id));
    }
  }

  function signInChanged(): void {
    const next = session.userId;
    if (next === user) return;
    // Whoever's sign-in has ended and comes back finds all as it was.
    if (next === null) return;
    const isOther = user !== null;
    user = next;
    void conflicts.load(next);
    for (const { document } of boards.values()) {
      if (isOther) document.forget();
      void document.enter();
    }
    if (isOther) for (const room of others.values()) room.enter();
    void (isOther ? storage.release(tabs.id) : Promise.resolve()).then(sweep);
  }

  function loggedOut(): void {
    user = null;
    for (const { document } of boards.values()) document.forget();
    void conflicts.load(null);
    count();
  }

  const stops = [
    session.loggedOut.add(loggedOut),
    session.signIn.subscribe(signInChanged),
    conflicts.all.subscribe(count),
    connection.up.add(() => void sweep()),
    environment.on('hidden', () => {
      for (const { document } of boards.values()) document.keep();
    }),
  ];
  tabs.start(() => void sweep());

  return {
    auth: session,
    rest,
    connection: connection.state,
    retry: () => connection.comeBack(),
    pending,
    conflicts: conflicts.all,
    openBoard: (id) => openBoard(boardOf(id), () => setTimeout(() => leaveIfDone(id), LINGER_MS)),
    openRoom(name): EventRoom {
      let room = others.get(name);
      if (!room) {
        room = new SharedRoom(name, rooms, connection, () => others.delete(name));
        others.set(name, room);
      }
      return room.open();
    },
    about: () => call(environment, 'GET', '/about') as Promise<About>,
    keptBoards: async () => (user === null ? [] : storage.boards(user)),
    stop() {
      for (const stop of stops) stop();
      for (const { document } of boards.values()) document.leave();
      connection.stop();
      session.stop();
      conflicts.stop();
      tabs.stop();
      void storage.close();
    },
  };
}

function openBoard(opened: Opened, onClosed: () => void): BoardRoom {
  const { document } = opened;
  opened.users += 1;
  let isOpen = true;
  return {
    id: document.id,
    status: document.status,
    view: document.view,
    presence: document.presence.members,
    conflicts: document.conflicts,
    history: {
      state: document.undoStack.state,
      undo: () => document.turn('undo'),
      redo: () => document.turn('redo'),
    },
    submit(op, before) {
      const [submission] = document.submit([op], 'edit', { before });
      if (!submission) throw new Error('an op gives a submission');
      return submission;
    },
    submitAll: (ops) => document.submit(ops),
    resolve: (op_id, choice) => document.resolve(op_id, choice),
    openDescription: (task_id) => document.openDescription(task_id),
    setPresence: (state) => document.presence.set(state),
    onEvents: (listener) => document.events.add(listener),
    onNotice: (listener) => document.notices.add(listener),
    close() {
      if (!isOpen) return;
      isOpen = false;
      opened.users -= 1;
      onClosed();
    },
  };
}
