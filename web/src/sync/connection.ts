/** The one socket of a page: made, kept alive, and made again when it is lost. */
import type { Connection as ConnectionInfo, Store } from './api';
import type { Environment, Socket } from './environment';
import type { Answer, Frame } from './frames';
import { ApiError } from './rest';
import type { Session } from './session';
import { createValue, Listeners } from './value';
import type { Id } from './wire';

const BACKOFF_MAX_MS = 30_000;
const BACKOFF_MS = 1_000;
/** From the attempt to `connected`. */
const ENTER_MS = 10_000;
/** Silence after which the peer is asked for a sign of life. */
const QUIET_MS = 20_000;
const PONG_MS = 5_000;
/** A connection that lasted so long is no failed attempt. */
const STABLE_MS = 10_000;
/** The server allows 100 frames a second, with bursts of 200 (LIMIT-1). */
const BURST = 120;
const FRAMES_PER_MS = 0.06;

/** Nothing is lost. */
const WHOLE = { lostAt: null, retryAt: null, attempt: 0, draining: false } as const;

/** min(1000·2ⁿ, 30000), of which at least one half. */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(BACKOFF_MS * 2 ** attempt, BACKOFF_MAX_MS);
  return Math.round(full * (0.5 + random / 2));
}

/** The connection was lost before the answer came. */
export class Lost extends Error {}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class Connection {
  readonly state: Store<ConnectionInfo>;
  /** Frames that answer nothing. */
  readonly frames = new Listeners<Frame>();
  readonly up = new Listeners<Id>();
  readonly down = new Listeners<void>();
  readonly #state = createValue<ConnectionInfo>({ state: 'connecting', ...WHOLE, sessionId: null });
  readonly #environment: Environment;
  readonly #session: Session;
  readonly #stops: (() => void)[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | null = null;
  #attempts = 0;
  #upAt = 0;
  #nextId = 1;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #alarm: ReturnType<typeof setTimeout> | null = null;
  /** How soon the server wants to see us again. */
  #asked: number | null = null;
  #trying = false;
  #stopped = false;
  #tickets = BURST;
  #ticketsAt = 0;

  constructor(environment: Environment, session: Session) {
    this.#environment = environment;
    this.#session = session;
    this.state = this.#state;
    this.#stops.push(
      environment.on('online', () => this.comeBack()),
      environment.on('visible', () => this.comeBack()),
      environment.on('offline', () => this.#lose(1006)),
      session.signIn.subscribe(() => this.#signInChanged()),
    );
    this.#signInChanged();
  }

  get isUp(): boolean {
    return this.#state.get().state === 'connected';
  }

  /** Asks, and waits for the answer. Rejects with {@link Lost}. */
  request(frame: object): Promise<Answer> {
    const socket = this.#socket;
    if (!socket || !this.isUp) return Promise.reject(new Lost());
    return this.#ask(socket, frame);
  }

  /** Tells, and waits for nothing. False where that can't be done now. */
  tell(frame: object): boolean {
    if (!this.#socket || !this.isUp || this.takeTicket() > 0) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** How long to wait until one more frame may be sent, so that the server's rate is kept. Zero takes the right. */
  takeTicket(): number {
    const now = Date.now();
    this.#tickets = Math.min(BURST, this.#tickets + (now - this.#ticketsAt) * FRAMES_PER_MS);
    this.#ticketsAt = now;
    if (this.#tickets < 1) return Math.ceil((1 - this.#tickets) / FRAMES_PER_MS);
    this.#tickets -= 1;
    return 0;
  }

  /** Something is wrong with this connection: another one. */
  renew(): void {
    this.#lose(1006);
  }

  /** The network, or the user, is back: at once, not when the back-off says so. */
  comeBack(): void {
    if (this.isUp && this.#socket) this.#listenForLife(this.#socket, 0);
    else if (this.#retry !== null) {
      this.#attempts = 0;
      void this.#attempt();
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    this.#drop();
    this.#clear();
  }

  #signInChanged(): void {
    const { state } = this.#session.signIn.get();
    if (state === 'signed_in') {
      if (!this.#socket && !this.#trying && this.#retry === null) void this.#attempt();
    } else if (state === 'signed_out') this.#needSignIn();
  }

  #needSignIn(): void {
    this.#clear();
    this.#drop();
    this.#attempts = 0;
    this.#state.set({ state: 'needs_sign_in', ...WHOLE, sessionId: null });
  }

  async #attempt(): Promise<void> {
    this.#clear();
    this.#trying = true;
    const before = this.#state.get();
    if (before.state === 'needs_sign_in') this.#state.set({ ...before, state: 'connecting' });
    else if (before.retryAt !== null) this.#state.set({ ...before, retryAt: null, attempt: before.attempt + 1 });
    try {
      const token = await this.#session.token();
      if (this.#stopped || this.#session.signIn.get().state !== 'signed_in') return;
      this.#open(token);
    } catch (error) {
      // Whoever is not signed in any more was told so by the session.
      if (error instanceof ApiError && error.status === 401) return;
      this.#later(error instanceof ApiError ? error.retry_after_ms : undefined);
    } finally {
      this.#trying = false;
    }
  }

  #open(token: string): void {
    const url = `${this.#environment.origin.replace(/^http/, 'ws')}/api/v1/ws`;
    const socket = this.#environment.openSocket(url);
    this.#socket = socket;
    this.#alarm = setTimeout(() => this.#lose(1006), ENTER_MS);
    socket.onopen = () => {
      this.#ask(socket, { type: 'connect', token }).then(
        (answer) => this.#entered(socket, token, answer),
        () => undefined,
      );
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#read(socket, JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lose(code);
    };
  }

  #entered(socket: Socket, token: string, answer: Answer): void {
    if (answer.type === 'connected') {
      this.#upAt = Date.now();
      this.#tickets = BURST;
      this.#ticketsAt = this.#upAt;
      this.#listenForLife(socket);
      this.#state.set({ state: 'connected', ...WHOLE, sessionId: answer.session_id });
      this.up.tell(answer.session_id);
    } else if (answer.type === 'error' && answer.code === 'UNAUTHORIZED') {
      // Refused though it has not ended: another one, or none.
      this.#session.renewed(token).then(
        () => this.#lose(4401),
        () => this.#lose(1006),
      );
    } else this.#lose(1006);
  }

  #ask(socket: Socket, frame: object): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, ...frame }));
    });
  }

  #read(socket: Socket, frame: Answer): void {
    if (this.isUp) this.#listenForLife(socket);
    const waiting = frame.id === undefined ? undefined : this.#waiting.get(frame.id);
    if (waiting && frame.id !== undefined) {
      this.#waiting.delete(frame.id);
      waiting.resolve(frame);
    } else if (frame.type === 'bye') {
      this.#asked = frame.reconnect_in_ms ?? null;
      if (frame.code === 'DRAINING') this.#state.set({ ...this.#state.get(), draining: true });
    } else if (frame.type === 'token_expiring') this.#refresh();
    else this.frames.tell(frame);
  }

  #refresh(): void {
    // `token` alone would give the old one as long as it is good.
    this.#session
      .token()
      .then((token) => this.#session.renewed(token))
      .then((token) => this.request({ type: 'refresh', token }))
      .catch(() => undefined);
  }

  /** Any frame is a sign of life. Where none comes for long, one is asked for. */
  #listenForLife(socket: Socket, quiet = QUIET_MS): void {
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => {
      socket.send('{"type":"ping"}');
      this.#alarm = setTimeout(() => this.#lose(1006), PONG_MS);
    }, quiet);
  }

  #lose(code: number): void {
    if (this.#stopped) return;
    const wasUp = this.isUp;
    if (!this.#socket) {
      this.#markLost();
      return;
    }
    this.#drop();
    if (wasUp && Date.now() - this.#upAt > STABLE_MS) this.#attempts = 0;
    if (code === 4403) {
      void this.#session.end();
      return;
    }
    if (code === 4401 && wasUp) {
      // The sign-in may have been ended: only a refresh tells.
      this.#session
        .token()
        .then((token) => this.#session.renewed(token))
        .catch(() => undefined);
    }
    const mustWait = code >= 4400 && code < 4500 && code !== 4401;
    this.#later(mustWait ? BACKOFF_MAX_MS : (this.#asked ?? undefined));
    this.#asked = null;
  }

  #later(askedMs?: number): void {
    if (this.#stopped || this.#session.signIn.get().state === 'signed_out') return;
    const jitter = this.#environment.random();
    const wait = askedMs === undefined ? backoff(this.#attempts, jitter) : Math.round(askedMs * (1 + jitter / 4));
    this.#attempts += 1;
    this.#clear();
    this.#retry = setTimeout(() => void this.#attempt(), wait);
    this.#markLost(Date.now() + wait);
  }

  #markLost(retryAt?: number): void {
    const before = this.#state.get();
    if (before.state === 'needs_sign_in') return;
    this.#state.set({
      ...before,
      state: this.#environment.isOnline() ? 'reconnecting' : 'offline',
      lostAt: before.lostAt ?? Date.now(),
      retryAt: retryAt ?? before.retryAt,
      sessionId: null,
    });
  }

  #drop(): void {
    const socket = this.#socket;
    if (!socket) return;
    const wasUp = this.isUp;
    this.#socket = null;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    if (wasUp) {
      this.#state.set({ ...this.#state.get(), state: 'reconnecting', sessionId: null, lostAt: Date.now() });
    }
    for (const one of waiting) one.reject(new Lost());
    if (wasUp) this.down.tell();
  }

  #clear(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    if (!this.#socket && this.#alarm !== null) clearTimeout(this.#alarm);
  }
}
