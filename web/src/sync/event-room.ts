/** A room that is no board's: events without a sequence, and presence. */
import type { BoardStatus, EventRoom } from './api';
import type { Connection } from './connection';
import { Presence } from './presence';
import type { Rooms } from './rooms';
import { createValue, Listeners } from './value';
import type { RoomEvent } from './wire';

/** `onLeft` is called when the last one has closed it. */
export class SharedRoom {
  readonly #name: string;
  readonly #rooms: Rooms;
  readonly #onLeft: () => void;
  readonly #presence: Presence;
  readonly #status = createValue<BoardStatus>('loading');
  readonly #events = new Listeners<readonly RoomEvent[]>();
  readonly #live = new Listeners<void>();
  #users = 0;

  constructor(name: string, rooms: Rooms, connection: Connection, onLeft: () => void) {
    this.#name = name;
    this.#rooms = rooms;
    this.#onLeft = onLeft;
    this.#presence = new Presence((state) => connection.tell({ type: 'presence', room: name, state }));
    this.enter();
  }

  /** Also after the user has changed. */
  enter(): void {
    this.#status.set('loading');
    this.#rooms.enter(this.#name, {
      position: () => ({}),
      onSubscribed: (frame, session) => {
        this.#presence.enter(session, frame.presence ?? []);
        this.#status.set('live');
        this.#live.tell();
      },
      // Only boards have a sequence.
      onEvents: (events) => this.#events.tell(events as readonly RoomEvent[]),
      onPresence: (updates) => this.#presence.update(updates),
      onDown: () => {
        this.#presence.leave();
        if (this.#status.get() === 'live') this.#status.set('stale');
      },
      onGone: () => this.#status.set('gone'),
    });
  }

  open(): EventRoom {
    this.#users += 1;
    let isOpen = true;
    return {
      name: this.#name,
      status: this.#status,
      presence: this.#presence.members,
      setPresence: (state) => this.#presence.set(state),
      onEvents: (listener) => this.#events.add(listener),
      onLive: (listener) => this.#live.add(listener),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#users -= 1;
        if (this.#users > 0) return;
        this.#rooms.leave(this.#name);
        this.#onLeft();
      },
    };
  }
}
