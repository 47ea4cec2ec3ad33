/** Who is in a room, and what one tells them of oneself. */

import type { Store } from './api';
import type { PresenceUpdate } from './frames';
import { createValue, type Value } from './value';
import type { Id, Member, PresenceState } from './wire';

/** Ten a second. */
const THROTTLE_MS = 100;

type Patch = { [K in keyof PresenceState]?: PresenceState[K] | null };

export class Presence {
  readonly members: Store<ReadonlyMap<Id, Member>>;
  readonly #members: Value<ReadonlyMap<Id, Member>> = createValue<ReadonlyMap<Id, Member>>(new Map());
  readonly #send: (state: PresenceState) => boolean;
  #own: PresenceState = {};
  #session: Id | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sentAt = 0;
  #told = '{}';

  /** `send` tells whether it could: where not, it is tried again. */
  constructor(send: (state: PresenceState) => boolean) {
    this.#send = send;
    this.members = this.#members;
  }

  /** The room was entered, as this session; what was told before is told again where the session is another. */
  enter(session: Id | null, list: readonly Member[]): void {
    if (session !== this.#session) this.#told = '{}';
    this.#session = session;
    this.#members.set(new Map(list.map((member) => [member.session_id, member])));
    this.#showOwn();
    this.#tell();
  }

  /** The connection is lost: nobody is known to be here. */
  leave(): void {
    this.#session = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#members.get().size > 0) this.#members.set(new Map());
  }

  update(updates: readonly PresenceUpdate[]): void {
    const members = new Map(this.#members.get());
    for (const update of updates) {
      const before = members.get(update.session_id);
      if (update.event === 'leave') members.delete(update.session_id);
      else if (update.event === 'join') {
        members.set(update.session_id, { session_id: update.session_id, user: update.user, state: update.state });
      } else if (before) members.set(update.session_id, { ...before, state: update.state });
    }
    this.#members.set(members);
  }

  set(patch: Patch): void {
    const next = Object.entries({ ...this.#own, ...patch }).filter(
      ([, value]) => value !== null && value !== undefined,
    );
    this.#own = Object.fromEntries(next) as PresenceState;
    this.#showOwn();
    this.#tell();
  }

  #showOwn(): void {
    const own = this.#session === null ? undefined : this.#members.get().get(this.#session);
    if (!own || JSON.stringify(own.state) === JSON.stringify(this.#own)) return;
    this.#members.set(new Map(this.#members.get()).set(own.session_id, { ...own, state: this.#own }));
  }

  #tell(): void {
    if (this.#session === null || this.#timer !== null || JSON.stringify(this.#own) === this.#told) return;
    const wait = this.#sentAt + THROTTLE_MS - Date.now();
    if (wait > 0) {
      this.#tellIn(wait);
      return;
    }
    this.#sentAt = Date.now();
    if (this.#send(this.#own)) this.#told = JSON.stringify(this.#own);
    else this.#tellIn(THROTTLE_MS);
  }

  #tellIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tell();
    }, ms);
  }
}
