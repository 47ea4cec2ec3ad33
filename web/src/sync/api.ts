/**
 * What the client offers: the shape of `@teamflow/client`. It knows no React; views read its stores.
 */
import type {
  Ack,
  BoardInfo,
  Column,
  FieldConflict,
  Id,
  Member,
  Moment,
  Op,
  PresenceState,
  Problem,
  Reject,
  RoomEvent,
  Task,
  User,
  WorkspaceRole,
} from './wire';

/** A value that changes. `get` gives the same object until it does: fit for `useSyncExternalStore`. */
export interface Store<T> {
  get(): T;
  /** Calls `listener` after each change; the function that comes back stops it. */
  subscribe(listener: () => void): () => void;
}

/**
 * - `connecting`: the first attempt runs;
 * - `connected`;
 * - `reconnecting`: it was lost, or could not be made, and comes again by itself;
 * - `offline`: the browser says that there is no network: it comes again when there is;
 * - `needs_sign_in`: nobody is signed in, or the sign-in has ended.
 */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'needs_sign_in';

export interface Connection {
  state: ConnectionState;
  /** When it was lost, in milliseconds since 1970; null while connected. */
  lostAt: number | null;
  /** When the next attempt begins; null where none is planned. */
  retryAt: number | null;
  /** How often it was tried to make it again since it was lost. */
  attempt: number;
  /** The server has said that it goes away; it comes again, or another takes its place. */
  draining: boolean;
  /** Of this connection; null while there is none. */
  sessionId: Id | null;
}

export type SignIn =
  | { state: 'unknown' }
  /** `ended`: not by the user's own wish, but by the server's. */
  | { state: 'signed_out'; ended?: boolean }
  /** `offline`: who it is was read from this device; the sign-in could not be renewed yet. */
  | { state: 'signed_in'; user: User; workspaces: readonly WorkspaceRole[]; offline: boolean };

export interface Auth {
  readonly signIn: Store<SignIn>;
  /** Finds out, by the cookie, whether somebody is signed in. Call it once, at the start. */
  resume(): Promise<void>;
  /** Rejects with {@link ApiError}. */
  signUp(fields: { email: string; password: string; name: string }): Promise<void>;
  logIn(fields: { email: string; password: string; remember_me?: boolean }): Promise<void>;
  /** A guest on a server that shows the demonstration (`serve --demo`): a board of their own, in this language. */
  visitDemo(locale?: string): Promise<{ board_id: Id }>;
  /** Also forgets all that this device keeps of the user. */
  logOut(): Promise<void>;
  /** Reads user and workspaces again. */
  reload(): Promise<void>;
}

/** What the server refused, or that it could not be reached (`status` 0, code `UNAVAILABLE`). */
export interface ApiErrorShape extends Problem {
  status: number;
}

export interface Page<T> {
  items: readonly T[];
  next_cursor: string | null;
}

/** REST with the access token, which is renewed once where it has ended. Paths are below `/api/v1`. */
export interface Rest {
  get<T>(path: string, query?: Record<string, string | number | boolean | undefined>): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
  /** All pages of a list, at most `max` items (1,000). */
  all<T>(path: string, query?: Record<string, string | number | boolean | undefined>, max?: number): Promise<T[]>;
}

/**
 * A board as it is to be shown: what is committed, with the ops that are still open put on top. Immutable; what has not
 * changed is the same object as before.
 */
export interface BoardView {
  board: BoardInfo;
  /** The last event that is in it. */
  seq: number;
  /** From left to right. */
  columns: readonly Column[];
  /** A task's `number` is 0 until the server has given it one. */
  tasks: ReadonlyMap<Id, Task>;
  /** A column's tasks from top to bottom. */
  order: ReadonlyMap<Id, readonly Id[]>;
  /** Tasks and columns that an open op touches. */
  unsynced: ReadonlySet<Id>;
  /** Whether it is what the device kept, and not yet what the server says. */
  cached: boolean;
}

export type BoardStatus =
  | 'loading'
  | 'live'
  /** Shown from what the device kept, or the connection is lost. */
  | 'stale'
  /** There is no such board, or not for this user (any more). */
  | 'gone';

/** What became of an op. */
export type Outcome =
  | { status: 'applied'; ack: Ack }
  | { status: 'rejected'; reject: Reject }
  /** Taken back by its author before it was sent. */
  | { status: 'dropped' };

export interface Submission {
  op_id: Id;
  /** Never rejects; stays open while the device is offline, and is forgotten when the page closes (the op is not). */
  done: Promise<Outcome>;
}

/**
 * A rejected edit that its author has to decide on. It survives a closed tab, as its op does. An op that lost against
 * others but can be put on top without asking (the same value; other fields only) never becomes one.
 */
export interface Conflict {
  op_id: Id;
  op: Op;
  task_id: Id | null;
  column_id: Id | null;
  reject: Reject;
  /** One for each field that both changed. For a deletion, `field` is `deleted`. */
  fields: readonly { field: string; mine: unknown; theirs: unknown; by: FieldConflict | null }[];
  at: number;
}

/** `key` says which sentence to show; `values` what stands in it. */
export interface Notice {
  id: number;
  /** An op that was refused for a reason that needs no decision, or an undo that came too late. */
  kind: 'rejected' | 'undo_refused' | 'moved_meanwhile';
  op: Op;
  reject: Reject | null;
}

export interface History {
  /** What can be taken back, and what can be done again: the label is the kind of the op that would be undone. */
  readonly state: Store<{ undo: { op: Op } | null; redo: { op: Op } | null }>;
  /** Sends the inverse of one's last op, or of all ops of one gesture. False where there is none, or it was superseded. */
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
}

/** What an op changes that no view shows: without it, that part of the op can't be undone. */
export interface Before {
  description?: string;
}

export interface BoardRoom {
  readonly id: Id;
  readonly status: Store<BoardStatus>;
  /** Null until something can be shown. */
  readonly view: Store<BoardView | null>;
  /** Who is here, oneself included. */
  readonly presence: Store<ReadonlyMap<Id, Member>>;
  readonly conflicts: Store<readonly Conflict[]>;
  readonly history: History;

  /** Shows `op` at once and sends it. Versions that are left out are filled in from what is shown. */
  submit(op: Op, before?: Before): Submission;
  /** The same for one gesture: undone as one. Sent as one REST request (`POST /boards/{id}/ops`). */
  submitAll(ops: readonly Op[]): readonly Submission[];
  /** Keep mine (sent again on top of what stands there), take theirs, or send `edited` in its place. */
  resolve(op_id: Id, choice: 'mine' | 'theirs' | { edited: Op }): void;
  /** What an open op will make of a task's description, which is in no view; undefined where none does. */
  openDescription(task_id: Id): string | undefined;
  /** Tells the others where one is. Merged with what was told before, throttled to 10 a second; `null` takes a key away. */
  setPresence(state: { [K in keyof PresenceState]?: PresenceState[K] | null }): void;

  /** Each event as it arrives from others or from oneself, for toasts and animation. Not those of a snapshot. */
  onEvents(listener: (events: readonly import('./wire').BoardEvent[]) => void): () => void;
  onNotice(listener: (notice: Notice) => void): () => void;
  /** Every open of a room is followed by one close; the last one leaves it. */
  close(): void;
}

/** A room that is no board's: `workspace:…`, `project:…`, `task:…`, `user:…`. */
export interface EventRoom {
  readonly name: string;
  readonly status: Store<BoardStatus>;
  readonly presence: Store<ReadonlyMap<Id, Member>>;
  setPresence(state: PresenceState): void;
  onEvents(listener: (events: readonly RoomEvent[]) => void): () => void;
  /** After each (re)subscription: what was missed is to be read again by REST. */
  onLive(listener: () => void): () => void;
  close(): void;
}

/** Ops that are not answered yet, over all boards. */
export interface PendingCount {
  open: number;
  /** Those that wait for a decision. */
  conflicts: number;
}

export interface About {
  version: string;
  /** Whether {@link Auth.visitDemo} works. */
  demo: boolean;
  /** Whether anybody may sign up. */
  sign_up: boolean;
}

export interface Client {
  readonly auth: Auth;
  readonly rest: Rest;
  readonly connection: Store<Connection>;
  /** Tries to connect now, where it would wait for a while. */
  retry(): void;
  readonly pending: Store<PendingCount>;
  /** All edits that wait for a decision, over all boards; the board's room takes it. */
  readonly conflicts: Store<readonly (Conflict & { board_id: Id })[]>;
  openBoard(id: Id): BoardRoom;
  openRoom(name: string): EventRoom;
  /** What the server tells everybody about itself. */
  about(): Promise<About>;
  /** Boards that this device keeps and can show offline. */
  keptBoards(): Promise<readonly { board: BoardInfo; seen_at: Moment }[]>;
  /** Ends connection and timers. */
  stop(): void;
}

export interface ClientOptions {
  /** Of the server; the page's own by default. */
  origin?: string;
}
