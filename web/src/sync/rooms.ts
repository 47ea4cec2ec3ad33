/** The rooms that one is in: entered again after each loss of the connection. */
import type { Connection } from './connection';
import type { Answer, Frame, PresenceUpdate, Subscribed } from './frames';
import type { BoardEvent, Code, Id, RoomEvent } from './wire';

const AGAIN_MS = 1_000;
const REFUSED_MS = 10_000;

/** What a room does with what comes. */
export interface Inhabitant {
  /** Where to go on, as far as that is known. */
  position(): { since?: number; history?: string };
  onSubscribed(frame: Subscribed, session: Id): void;
  onEvents(events: readonly (BoardEvent | RoomEvent)[]): void;
  onPresence(updates: readonly PresenceUpdate[]): void;
  onDown(): void;
  /** There is no such room, or not for this user any more. */
  onGone(code: Code): void;
}

interface Room {
  inhabitant: Inhabitant;
  isLive: boolean;
  /** Which of its subscriptions counts. */
  turn: number;
  timer: ReturnType<typeof setTimeout> | null;
}

export class Rooms {
  readonly #connection: Connection;
  readonly #rooms = new Map<string, Room>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.up.add(() => {
      for (const name of this.#rooms.keys()) this.#subscribe(name);
    });
    connection.down.add(() => {
      for (const room of this.#rooms.values()) this.#rest(room);
    });
    connection.frames.add((frame) => this.#read(frame));
  }

  enter(name: string, inhabitant: Inhabitant): void {
    this.#rooms.set(name, { inhabitant, isLive: false, turn: 0, timer: null });
    if (this.#connection.isUp) this.#subscribe(name);
  }

  leave(name: string): void {
    const room = this.#rooms.get(name);
    if (!room) return;
    this.#rest(room);
    this.#rooms.delete(name);
    if (this.#connection.isUp) this.#connection.request({ type: 'unsubscribe', room: name }).catch(() => undefined);
  }

  /** Something is missing: from the last known position once more. */
  again(name: string): void {
    if (this.#connection.isUp) this.#subscribe(name);
  }

  isLive(name: string): boolean {
    return this.#rooms.get(name)?.isLive ?? false;
  }

  #subscribe(name: string): void {
    const room = this.#rooms.get(name);
    const session = this.#connection.state.get().sessionId;
    if (!room || session === null) return;
    room.isLive = false;
    const turn = ++room.turn;
    if (room.timer !== null) clearTimeout(room.timer);
    room.timer = null;
    this.#connection.request({ type: 'subscribe', room: name, ...room.inhabitant.position() }).then(
      (answer) => {
        if (room.turn === turn) this.#answered(name, room, answer, session);
      },
      () => undefined,
    );
  }

  #answered(name: string, room: Room, answer: Answer, session: Id): void {
    if (answer.type === 'subscribed') {
      room.isLive = true;
      room.inhabitant.onSubscribed(answer, session);
    } else if (answer.type === 'error') {
      if (answer.code === 'NOT_FOUND' || answer.code === 'FORBIDDEN') this.#gone(name, room, answer.code);
      else {
        const isPassing = answer.code === 'UNAVAILABLE' || answer.code === 'RATE_LIMIT_EXCEEDED';
        const wait = answer.retry_after_ms ?? (isPassing ? AGAIN_MS : REFUSED_MS);
        room.timer = setTimeout(() => this.#subscribe(name), wait);
      }
    }
  }

  #read(frame: Frame): void {
    if (!('room' in frame)) return;
    const room = this.#rooms.get(frame.room);
    if (!room) return;
    if (frame.type === 'unsubscribed' && frame.code) this.#gone(frame.room, room, frame.code);
    // What still belongs to an older subscription is in the answer to the newer one.
    else if (frame.type === 'events' && room.isLive) room.inhabitant.onEvents(frame.events);
    else if (frame.type === 'presence' && room.isLive) room.inhabitant.onPresence(frame.updates);
  }

  #gone(name: string, room: Room, code: Code): void {
    this.#rest(room);
    this.#rooms.delete(name);
    room.inhabitant.onGone(code);
  }

  #rest(room: Room): void {
    room.isLive = false;
    room.turn += 1;
    if (room.timer !== null) clearTimeout(room.timer);
    room.timer = null;
    room.inhabitant.onDown();
  }
}
