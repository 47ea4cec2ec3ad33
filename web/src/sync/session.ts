/** Who is signed in. The access token is held in memory only; the refresh token is a cookie that no script can read. */
import type { Auth, SignIn, Store } from './api';
import type { Environment } from './environment';
import { ApiError, call, callAs, type Tokens } from './rest';
import type { Storage, Who } from './storage';
import { createValue, Listeners } from './value';
import type { Id, User, WorkspaceRole } from './wire';

interface TokenAnswer {
  user?: User;
  workspaces?: readonly WorkspaceRole[];
  access_token: string;
  /** Seconds. */
  expires_in: number;
}

interface AccessToken {
  text: string;
  endsAt: number;
}

/** What tabs tell each other. */
type Told = { type: 'token'; token: AccessToken } | { type: 'signed_in'; user_id: Id } | { type: 'signed_out' };

/** A token that ends within this time is renewed before it is used. */
const MARGIN_MS = 30_000;
/** What is told reaches the other tabs within this time. */
const HEARD_MS = 30;
/** Between two attempts to find out who is signed in. */
const AGAIN_MS = 5_000;
const LOCK = 'teamflow-refresh';

export class Session implements Auth, Tokens {
  readonly signIn: Store<SignIn>;
  /** The user wants nothing of theirs to stay. */
  readonly loggedOut = new Listeners<void>();
  readonly #signIn = createValue<SignIn>({ state: 'unknown' });
  readonly #environment: Environment;
  readonly #storage: Storage;
  readonly #stops: (() => void)[] = [];
  #token: AccessToken | null = null;
  #renewing: Promise<string> | null = null;
  #resuming: Promise<void> | null = null;
  /** Set where it is not known whether somebody is signed in. */
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, storage: Storage) {
    this.#environment = environment;
    this.#storage = storage;
    this.signIn = this.#signIn;
    const heard = (message: unknown) => this.#heard(message as Told);
    if (environment.channel) this.#stops.push(environment.channel.listen(heard));
    this.#stops.push(environment.on('online', () => this.#again()));
  }

  /** Null where nobody is. */
  get userId(): Id | null {
    const signIn = this.#signIn.get();
    return signIn.state === 'signed_in' ? signIn.user.id : null;
  }

  resume(): Promise<void> {
    this.#resuming ??= this.#resume().finally(() => {
      this.#resuming = null;
    });
    return this.#resuming;
  }

  async signUp(fields: { email: string; password: string; name: string }): Promise<void> {
    await this.#enter('/auth/signup', fields);
  }

  async logIn(fields: { email: string; password: string; remember_me?: boolean }): Promise<void> {
    await this.#enter('/auth/login', fields);
  }

  async visitDemo(locale?: string): Promise<{ board_id: Id }> {
    const answer = await this.#enter('/auth/demo', locale === undefined ? {} : { locale });
    const { board_id } = answer as TokenAnswer & { board_id: Id };
    return { board_id };
  }

  async logOut(): Promise<void> {
    const token = this.#token?.text;
    await call(this.#environment, 'POST', '/auth/logout', token === undefined ? {} : { token }).catch((error) => {
      // Not signed in is what is wanted. Unreachable: the cookie can't be taken away now.
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    });
    this.#tell({ type: 'signed_out' });
    await this.#storage.forgetAll();
    await this.#leave();
  }

  async reload(): Promise<void> {
    await this.#readMe();
  }

  async token(): Promise<string> {
    if (this.#token && this.#token.endsAt - MARGIN_MS > Date.now()) return this.#token.text;
    return this.renewed(this.#token?.text ?? '');
  }

  renewed(refused: string): Promise<string> {
    if (this.#token && this.#token.text !== refused && this.#token.endsAt - MARGIN_MS > Date.now()) {
      return Promise.resolve(this.#token.text);
    }
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** The server has ended the sign-in: the account is disabled, or signed out everywhere. */
  async end(): Promise<void> {
    await this.#forget(this.#signIn.get().state === 'signed_in');
  }

  async #forget(ended: boolean): Promise<void> {
    this.#token = null;
    if (this.#signIn.get().state === 'signed_out') return;
    await this.#storage.putWho(null);
    this.#signIn.set({ state: 'signed_out', ended });
  }

  /** By the user's own wish, here or in another tab. */
  async #leave(): Promise<void> {
    this.loggedOut.tell();
    await this.#forget(false);
  }

  stop(): void {
    clearTimeout(this.#retry);
    for (const stop of this.#stops) stop();
  }

  async #resume(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const kept = await this.#storage.who();
    if (kept && this.#signIn.get().state !== 'signed_in') {
      this.#signIn.set({ state: 'signed_in', ...kept, offline: true });
    }
    try {
      await this.#readMe();
    } catch (error) {
      if (this.#signIn.get().state === 'signed_in' || (error instanceof ApiError && error.status === 401)) return;
      // Nobody known, and the server can't be asked: that is signed out, until it answers.
      this.#signIn.set({ state: 'signed_out' });
      this.#retry = setTimeout(() => this.#again(), AGAIN_MS);
    }
  }

  async #enter(path: string, fields: object): Promise<unknown> {
    const answer = await call(this.#environment, 'POST', path, { body: { ...fields, cookie: true } });
    const { user, workspaces, ...token } = answer as TokenAnswer;
    this.#take(token);
    if (user && workspaces) await this.#welcome(user, workspaces);
    else await this.#readMe();
    if (this.userId !== null) this.#tell({ type: 'signed_in', user_id: this.userId });
    return answer;
  }

  async #readMe(): Promise<void> {
    const me = (await callAs(this.#environment, this, 'GET', '/auth/me')) as Who;
    await this.#welcome(me.user, me.workspaces);
  }

  async #welcome(user: User, workspaces: readonly WorkspaceRole[]): Promise<void> {
    await this.#storage.putWho({ user, workspaces });
    this.#signIn.set({ state: 'signed_in', user, workspaces, offline: false });
  }

  #take(answer: TokenAnswer): string {
    this.#token = { text: answer.access_token, endsAt: Date.now() + answer.expires_in * 1_000 };
    this.#tell({ type: 'token', token: this.#token });
    return answer.access_token;
  }

  /** One tab at a time: whoever waited finds what the one before has got. */
  async #renew(refused: string): Promise<string> {
    const renew = async () => {
      if (this.#token && this.#token.text !== refused && this.#token.endsAt - MARGIN_MS > Date.now()) {
        return this.#token.text;
      }
      const answer = await call(this.#environment, 'POST', '/auth/refresh', { body: {} });
      return this.#take(answer as TokenAnswer);
    };
    try {
      const token = await this.#alone(renew);
      this.#confirm();
      return token;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) await this.end();
      throw error;
    }
  }

  /** With the lock of all tabs, which goes on until they have heard of what was done. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const { locks } = this.#environment;
    if (!locks) return work();
    return new Promise((resolve, reject) => {
      void locks.request(LOCK, async () => {
        await work().then(resolve, reject);
        await new Promise((heard) => setTimeout(heard, HEARD_MS));
      });
    });
  }

  /** Started offline, and the server has just been reached. */
  #confirm(): void {
    const signIn = this.#signIn.get();
    if (signIn.state !== 'signed_in' || !signIn.offline || this.#resuming) return;
    this.#readMe().catch(() => undefined);
  }

  #again(): void {
    const signIn = this.#signIn.get();
    const isOpen = signIn.state === 'signed_in' ? signIn.offline : this.#retry !== undefined;
    if (isOpen) void this.resume();
  }

  #tell(told: Told): void {
    this.#environment.channel?.post(told);
  }

  #heard(told: Told): void {
    if (told.type === 'token') this.#token = told.token;
    else if (told.type === 'signed_in' && told.user_id !== this.userId) void this.resume();
    else if (told.type === 'signed_out') void this.#leave();
  }
}
