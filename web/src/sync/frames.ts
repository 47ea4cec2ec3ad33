/** The frames of the socket, as far as a client reads them. */
import type {
  Ack,
  BoardEvent,
  Code,
  Id,
  Member,
  Moment,
  Person,
  PresenceState,
  Problem,
  Reject,
  RoomEvent,
  Snapshot,
} from './wire';

export type PresenceUpdate =
  | { event: 'join'; session_id: Id; user: Person; state: PresenceState }
  | { event: 'update'; session_id: Id; state: PresenceState }
  | { event: 'leave'; session_id: Id };

export interface Connected {
  type: 'connected';
  session_id: Id;
  user: Person;
  heartbeat_ms: number;
  token_expires_at: Moment;
}

export type Subscribed = { type: 'subscribed'; room: string; presence?: readonly Member[] } & (
  | { seq: number; history: string; recovered: false; snapshot: Snapshot }
  | { seq: number; history: string; recovered: true; events: readonly BoardEvent[] }
  /** A room that is no board's. */
  | { seq?: undefined }
);

export type Frame =
  | Connected
  | Subscribed
  | { type: 'refreshed'; token_expires_at: Moment }
  /** With a `code` where the server did it. */
  | { type: 'unsubscribed'; room: string; code?: Code }
  | ({ type: 'ack' } & Ack)
  | ({ type: 'reject' } & Reject)
  | ({ type: 'error' } & Problem)
  | { type: 'events'; room: string; events: readonly (BoardEvent | RoomEvent)[] }
  | { type: 'presence'; room: string; updates: readonly PresenceUpdate[] }
  | { type: 'token_expiring'; expires_at: Moment }
  | { type: 'bye'; code: string; message: string; reconnect_in_ms?: number }
  | { type: 'pong' };

export type Answer = Frame & { id?: number };
