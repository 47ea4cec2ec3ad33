/** The socket: made, kept alive, made again. */
import { beforeEach, describe, expect, test } from 'vitest';
import { backoff, Connection } from './connection';
import type { Environment, Socket } from './environment';
import { Session } from './session';
import { Storage } from './storage';
import { pass, windClock } from './testing/clock';
import { userNamed } from './testing/world';

windClock();

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  isClosed = false;
  readonly sent: { id?: number; type: string; token?: string }[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
  }

  /** As far as `connected`. */
  async enter(): Promise<void> {
    this.onopen?.(new Event('open'));
    const { id } = this.sent.at(-1) ?? {};
    this.say({ id, type: 'connected', session_id: 'session', user: {}, token_expires_at: '' });
    await pass(0);
  }

  end(code: number): void {
    this.onclose?.({ code } as CloseEvent);
  }
}

class World {
  isOnline = true;
  isSignedIn = true;
  refreshes = 0;
  readonly sockets: FakeSocket[] = [];
  readonly #listeners = new Map<string, (() => void)[]>();
  readonly session: Session;
  readonly connection: Connection;

  constructor() {
    const environment: Environment = {
      origin: 'https://teamflow.test',
      fetch: async (url) => this.#answer(url),
      openSocket: (url) => {
        expect(url).toBe('wss://teamflow.test/api/v1/ws');
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      locks: null,
      channel: null,
      indexedDB: null,
      isOnline: () => this.isOnline,
      on: (what, listener) => {
        this.#listeners.set(what, [...(this.#listeners.get(what) ?? []), listener]);
        return () => undefined;
      },
      onFrame: (callback) => callback(),
      random: () => 1,
    };
    this.session = new Session(environment, new Storage(null));
    this.connection = new Connection(environment, this.session);
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  }

  get state() {
    return this.connection.state.get();
  }

  signal(what: string): void {
    for (const listener of this.#listeners.get(what) ?? []) listener();
  }

  async connect(): Promise<void> {
    await this.session.resume();
    await pass(0);
    await this.socket.enter();
  }

  #answer(url: string): Response {
    if (!this.isSignedIn) return Response.json({ error: { code: 'UNAUTHORIZED', message: '' } }, { status: 401 });
    if (url.endsWith('/auth/refresh')) {
      this.refreshes += 1;
      return Response.json({ access_token: `token ${this.refreshes}`, expires_in: 900 });
    }
    return Response.json({ user: userNamed('ada'), workspaces: [] });
  }
}

let world: World;
beforeEach(() => {
  world = new World();
  return () => world.connection.stop();
});

test('waits until it is known who is signed in, and then connects with their token', async () => {
  expect(world.state.state).toBe('connecting');
  expect(world.sockets).toHaveLength(0);
  await world.connect();
  expect(world.socket.sent[0]).toMatchObject({ type: 'connect', token: 'token 1' });
  expect(world.state).toMatchObject({ state: 'connected', lostAt: null, sessionId: 'session' });
});

test('nobody is signed in', async () => {
  world.isSignedIn = false;
  await world.session.resume();
  expect(world.state.state).toBe('needs_sign_in');
  expect(world.sockets).toHaveLength(0);
});

test('the back-off doubles up to half a minute, and at least half of it is waited', () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((n) => backoff(n, 1))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(backoff(3, 0)).toBe(4000);
});

describe('lost', () => {
  beforeEach(() => world.connect());

  test('comes again after the back-off', async () => {
    world.socket.end(1006);
    expect(world.state).toMatchObject({ state: 'reconnecting', lostAt: Date.now(), retryAt: Date.now() + 1000 });
    await pass(999);
    expect(world.sockets).toHaveLength(1);
    await pass(1);
    expect(world.sockets).toHaveLength(2);
    world.socket.end(1006);
    await pass(2_000);
    expect(world.sockets).toHaveLength(3);
    await world.socket.enter();
    expect(world.state).toMatchObject({ state: 'connected', lostAt: null, retryAt: null });
  });

  test.each(['online', 'visible'])('comes at once when the page is %s', async (what) => {
    world.socket.end(1006);
    world.signal(what);
    await pass(0);
    expect(world.sockets).toHaveLength(2);
  });

  test('is offline when the browser says so, and tries all the same', async () => {
    world.isOnline = false;
    world.signal('offline');
    expect(world.state.state).toBe('offline');
    await pass(1_000);
    await world.socket.enter();
    expect(world.state.state).toBe('connected');
  });

  test('what was asked is answered by its loss', async () => {
    const asked = world.connection.request({ type: 'subscribe', room: 'board:1' });
    world.socket.end(1006);
    await expect(asked).rejects.toThrow();
    await expect(world.connection.request({ type: 'subscribe', room: 'board:1' })).rejects.toThrow();
  });

  test('the server says when to come', async () => {
    world.socket.say({ type: 'bye', code: 'DRAINING', message: '', reconnect_in_ms: 200 });
    expect(world.state.draining).toBe(true);
    world.socket.end(1001);
    await pass(250);
    expect(world.sockets).toHaveLength(2);
  });

  test('4401: with another token', async () => {
    world.socket.end(4401);
    await pass(1_000);
    expect(world.refreshes).toBe(2);
    world.socket.onopen?.(new Event('open'));
    expect(world.socket.sent[0]).toMatchObject({ token: 'token 2' });
  });

  test('4401, and the sign-in has ended', async () => {
    world.isSignedIn = false;
    world.socket.end(4401);
    await pass(0);
    expect(world.state.state).toBe('needs_sign_in');
  });

  test('4403 ends the sign-in', async () => {
    world.socket.end(4403);
    await pass(60_000);
    expect(world.state.state).toBe('needs_sign_in');
    expect(world.sockets).toHaveLength(1);
  });

  test.each([4400, 4429])('%i: not so soon', async (code) => {
    world.socket.end(code);
    await pass(29_000);
    expect(world.sockets).toHaveLength(1);
    await pass(10_000);
    expect(world.sockets).toHaveLength(2);
  });
});

describe('alive', () => {
  beforeEach(() => world.connect());

  test('silence is asked for a sign of life, and lost where none comes', async () => {
    await pass(20_000);
    expect(world.socket.sent.at(-1)).toEqual({ type: 'ping' });
    world.socket.say({ type: 'pong' });
    await pass(20_000);
    expect(world.sockets).toHaveLength(1);
    await pass(5_000);
    expect(world.state.state).toBe('reconnecting');
    expect(world.socket.isClosed).toBe(true);
  });

  test('a page that is seen again asks at once', async () => {
    world.signal('visible');
    await pass(0);
    expect(world.socket.sent.at(-1)).toEqual({ type: 'ping' });
  });

  test('a token that ends is renewed on the same connection', async () => {
    world.socket.say({ type: 'token_expiring', expires_at: '' });
    await pass(0);
    expect(world.socket.sent.at(-1)).toMatchObject({ type: 'refresh', token: 'token 2' });
    expect(world.sockets).toHaveLength(1);
  });

  test('no more frames than the server takes', () => {
    let sent = 0;
    while (world.connection.tell({ type: 'presence' })) sent += 1;
    expect(sent).toBe(120);
    expect(world.connection.takeTicket()).toBeGreaterThan(0);
  });
});

test('a connection that is never answered is given up', async () => {
  await world.session.resume();
  await pass(10_000);
  expect(world.sockets[0]?.isClosed).toBe(true);
  expect(world.state.state).toBe('reconnecting');
});
