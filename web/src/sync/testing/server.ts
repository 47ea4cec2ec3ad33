/** A server of one board in memory, behind a network that loses, delays and repeats. */
import type { Socket } from '../environment';
import type { BoardEvent, Code, Id, Member, Op, Snapshot, User } from '../wire';
import type { FakeBrowser } from './browser';
import type { Dice } from './dice';
import { ModelBoard } from './model-board';

export interface Faults {
  /** Parts of all ops: not judged, or judged and not told. */
  unavailable: number;
  /** Parts of all frames of events that come twice. */
  repeated: number;
}

interface Peer {
  user: Id | null;
  session: Id;
  rooms: Set<string>;
  presence: Map<string, Member>;
  /** The op that has to come again before any later one is judged (REQ-4). */
  stalledBy: { op_id: Id; until: number } | null;
  send(frame: object): void;
  close(code: number): void;
}

interface Sent {
  id?: number;
  type: string;
  room: string;
  token: string;
  since?: number;
  history?: string;
  op_id: Id;
  op: Op;
  state: Member['state'];
}

const LATENCY_MS = 40;

export class ModelServer {
  readonly board: ModelBoard;
  readonly faults: Faults = { unavailable: 0, repeated: 0 };
  /** Events that are still told one by one; older ones need a snapshot. */
  replayMax = 1_000;
  isRunning = true;
  isGone = false;
  readonly users = new Map<Id, User>();
  /** Tokens that are good, and whose they are. */
  readonly #tokens = new Map<string, Id>();
  readonly #peers = new Set<Peer>();
  readonly #dice: Dice;
  #sessions = 0;

  constructor(snapshot: Snapshot, dice: Dice) {
    this.board = new ModelBoard(snapshot);
    this.#dice = dice;
  }

  get room(): string {
    return `board:${this.board.state.board.id}`;
  }

  /** All connections are lost, and what is under way with them. */
  restart(downMs: number): void {
    this.isRunning = false;
    for (const peer of [...this.#peers]) peer.close(1001);
    setTimeout(() => {
      this.isRunning = true;
    }, downMs);
  }

  /** Some connection is lost. */
  cut(): void {
    this.#dice.pick([...this.#peers])?.close(1006);
  }

  endTokens(): void {
    this.#tokens.clear();
  }

  /** The board is deleted, or everybody is shut out. */
  evict(code: Code): void {
    this.isGone = true;
    for (const peer of this.#peers) {
      if (peer.rooms.delete(this.room)) peer.send({ type: 'unsubscribed', room: this.room, code });
    }
  }

  async fetch(browser: FakeBrowser, url: string, init: RequestInit): Promise<Response> {
    const path = new URL(url).pathname.replace('/api/v1', '');
    const isLost = await this.#travels(browser);
    if (isLost) throw new TypeError('lost');
    const answer = this.#rest(browser, path, init);
    if (await this.#travels(browser)) throw new TypeError('lost');
    return answer;
  }

  openSocket(isReachable: () => boolean): Socket {
    const socket: Socket = {
      send: () => undefined,
      close: () => undefined,
      onopen: null,
      onmessage: null,
      onclose: null,
    };
    let isOpen = true;
    let [toServer, toClient] = [0, 0];
    const later = (previous: number, work: () => void) => {
      const at = Math.max(previous, Date.now() + this.#dice.below(LATENCY_MS));
      setTimeout(() => {
        if (isOpen && isReachable()) work();
      }, at - Date.now());
      return at;
    };
    const peer: Peer = {
      user: null,
      session: `session-${++this.#sessions}`,
      rooms: new Set(),
      presence: new Map(),
      stalledBy: null,
      send: (frame) => {
        const text = JSON.stringify(frame);
        toClient = later(toClient, () => socket.onmessage?.({ data: text } as MessageEvent));
      },
      close: (code) => {
        if (!isOpen) return;
        isOpen = false;
        this.#peers.delete(peer);
        this.#left(peer);
        setTimeout(() => socket.onclose?.({ code } as CloseEvent), this.#dice.below(LATENCY_MS));
      },
    };
    socket.send = (text) => {
      toServer = later(toServer, () => this.#read(peer, JSON.parse(text)));
    };
    socket.close = () => {
      isOpen = false;
      this.#peers.delete(peer);
      this.#left(peer);
    };
    setTimeout(() => {
      if (!this.isRunning || !isReachable()) peer.close(1006);
      else if (isOpen) {
        this.#peers.add(peer);
        socket.onopen?.(new Event('open'));
      }
    }, this.#dice.below(LATENCY_MS));
    return socket;
  }

  #rest(browser: FakeBrowser, path: string, init: RequestInit): Response {
    const token = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    const caller = this.#tokens.get(token);
    if (path === '/auth/refresh' || path === '/auth/login') {
      if (path === '/auth/login') browser.user = JSON.parse(String(init.body)).email;
      if (browser.user === null) return problem(401, 'UNAUTHORIZED');
      return json(200, { access_token: this.#newToken(browser.user), token_type: 'Bearer', expires_in: 900 });
    }
    if (path === '/auth/logout') {
      browser.user = null;
      return new Response(null, { status: 204 });
    }
    if (caller === undefined) return problem(401, 'UNAUTHORIZED');
    if (path === '/auth/me') return json(200, { user: this.users.get(caller), workspaces: [] });
    if (path.endsWith('/ops')) {
      if (this.isGone) return problem(404, 'NOT_FOUND');
      const { ops } = JSON.parse(String(init.body)) as { ops: (Op & { op_id: Id })[] };
      const results = ops.map(({ op_id, ...op }) => this.#apply(caller, op_id, op as Op));
      return json(200, { results });
    }
    return problem(404, 'NOT_FOUND');
  }

  #newToken(user: Id): string {
    const token = `token-${this.#tokens.size}-${this.#dice.below(1e9)}`;
    this.#tokens.set(token, user);
    return token;
  }

  #read(peer: Peer, frame: Sent): void {
    const answer = this.#answer(peer, frame);
    if (answer) peer.send({ ...(frame.id !== undefined && { id: frame.id }), ...answer });
  }

  /** Null where there is none, or it was sent in its place among other frames. */
  #answer(peer: Peer, frame: Sent): object | null {
    const { user } = peer;
    if (frame.type === 'ping') return { type: 'pong' };
    if (frame.type === 'connect' || frame.type === 'refresh') return this.#authenticate(peer, frame);
    if (user === null) return { type: 'error', code: 'UNAUTHORIZED', message: 'connect first' };
    switch (frame.type) {
      case 'subscribe':
        return this.#subscribe(peer, user, frame);
      case 'unsubscribe':
        peer.rooms.delete(frame.room);
        this.#leftRoom(peer, frame.room);
        return { type: 'unsubscribed', room: frame.room };
      case 'op':
        return this.#op(peer, user, frame);
      default:
        this.#presence(peer, frame);
        return null;
    }
  }

  #authenticate(peer: Peer, { type, token }: Sent): object {
    const user = this.#tokens.get(token);
    if (user === undefined) return { type: 'error', code: 'UNAUTHORIZED', message: 'a bad token' };
    peer.user = user;
    const token_expires_at = new Date(Date.now() + 900_000).toISOString();
    if (type === 'refresh') return { type: 'refreshed', token_expires_at };
    return { type: 'connected', session_id: peer.session, user: { id: user, name: user }, token_expires_at };
  }

  #subscribe(peer: Peer, id: Id, { room, since, history }: Sent): object {
    if (room === this.room && this.isGone) return { type: 'error', code: 'NOT_FOUND', message: 'no such room' };
    peer.rooms.add(room);
    if (room === this.room) peer.stalledBy = null;
    const own = peer.presence.get(room) ?? { session_id: peer.session, user: { id, name: id }, state: {} };
    peer.presence.set(room, own);
    this.#tellOthers(peer, room, { event: 'join', ...own });
    const presence = [...this.#peers].flatMap((other) => other.presence.get(room) ?? []);
    if (room !== this.room) return { type: 'subscribed', room, presence };
    const { seq } = this.board.state;
    const answer = { type: 'subscribed', room, seq, history: this.board.history, presence };
    const isKnown = since !== undefined && since > 0 && since <= seq && history === this.board.history;
    if (!isKnown || seq - since > this.replayMax) {
      return { ...answer, recovered: false, snapshot: this.board.snapshot() };
    }
    return { ...answer, recovered: true, events: this.board.log.filter((event) => event.seq > since) };
  }

  #presence(peer: Peer, { room, state }: Sent): void {
    const own = peer.presence.get(room);
    if (!own) return;
    peer.presence.set(room, { ...own, state });
    this.#tellOthers(peer, room, { event: 'update', session_id: peer.session, state });
  }

  #op(peer: Peer, user: Id, { id, op_id, op }: Sent): object | null {
    const unavailable = { type: 'reject', op_id, code: 'UNAVAILABLE', message: 'try again', retry_after_ms: 100 };
    const { stalledBy } = peer;
    if (stalledBy && stalledBy.op_id !== op_id && stalledBy.until > Date.now()) return unavailable;
    peer.stalledBy = null;
    if (this.#dice.chance(this.faults.unavailable)) {
      peer.stalledBy = { op_id, until: Date.now() + 5_000 };
      // It may have been applied all the same.
      if (this.#dice.chance(0.5)) this.#apply(user, op_id, op);
      return unavailable;
    }
    if (this.isGone) return { type: 'reject', op_id, code: 'NOT_FOUND', message: 'no such board' };
    // Ack and event come in either order.
    const isAckFirst = this.#dice.chance(0.5);
    const fate = this.board.judge(user, op_id, op);
    const answer = 'reject' in fate ? { type: 'reject', ...fate.reject } : { type: 'ack', ...fate.ack };
    if (isAckFirst) peer.send({ id, ...answer });
    if ('event' in fate && fate.event) this.#tellAll([fate.event]);
    return isAckFirst ? null : answer;
  }

  #apply(user: Id, op_id: Id, op: Op): object {
    const fate = this.board.judge(user, op_id, op);
    if ('reject' in fate) return { status: 'rejected', ...fate.reject };
    if (fate.event) this.#tellAll([fate.event]);
    return { status: 'applied', ...fate.ack };
  }

  #tellAll(events: readonly BoardEvent[]): void {
    for (const peer of this.#peers) {
      if (!peer.rooms.has(this.room)) continue;
      const times = this.#dice.chance(this.faults.repeated) ? 2 : 1;
      for (let i = 0; i < times; i++) peer.send({ type: 'events', room: this.room, events });
    }
  }

  #left(peer: Peer): void {
    for (const room of peer.rooms) this.#leftRoom(peer, room);
  }

  #leftRoom(peer: Peer, room: string): void {
    peer.presence.delete(room);
    this.#tellOthers(peer, room, { event: 'leave', session_id: peer.session });
  }

  #tellOthers(peer: Peer, room: string, update: object): void {
    for (const other of this.#peers) {
      if (other !== peer && other.rooms.has(room)) other.send({ type: 'presence', room, updates: [update] });
    }
  }

  /** One way. Tells whether it was lost. */
  async #travels(browser: FakeBrowser): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, this.#dice.below(LATENCY_MS)));
    return !browser.isOnline || !this.isRunning || this.#dice.chance(this.faults.unavailable / 2);
  }
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

function problem(status: number, code: Code): Response {
  return json(status, { error: { code, message: code } });
}
