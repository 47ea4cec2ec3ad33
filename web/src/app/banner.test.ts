import { describe, expect, it } from 'vitest';
import type { Connection, SignIn } from '@/sync/api';
import { bannerOf, CALM, type Situation } from './banner-state';

const whole: Connection = {
  state: 'connected',
  lostAt: null,
  retryAt: null,
  attempt: 0,
  draining: false,
  sessionId: 's',
};
const gone: Connection = { ...whole, state: 'reconnecting', lostAt: 1, sessionId: null };
const signedIn = { state: 'signed_in', user: {}, workspaces: [], offline: false } as unknown as SignIn;
const fine: Situation = { connection: whole, signIn: signedIn, open: 0, lost: false };

/** What is shown after each of these. */
function shown(...situations: Partial<Situation>[]) {
  let state = CALM;
  return situations.map((one) => {
    state = bannerOf(state, { ...fine, ...one });
    return state.banner;
  });
}

describe('the banner', () => {
  it('says nothing while all is well, nor of a short loss', () => {
    expect(shown({}, { open: 3 }, { connection: gone }, {})).toEqual(['none', 'none', 'none', 'none']);
  });

  it('says what kind of loss it is', () => {
    const lost = (connection: Partial<Connection>) => ({ connection: { ...gone, ...connection }, lost: true });
    expect(shown(lost({}), lost({ state: 'offline' }), lost({ draining: true }))).toEqual([
      'reconnecting',
      'offline',
      'draining',
    ]);
  });

  it('sends what waits, and then says that all has arrived', () => {
    const lost = { connection: gone, lost: true, open: 2 };
    expect(shown(lost, { open: 2 }, { open: 1 }, {}, {})).toEqual([
      'reconnecting',
      'sending',
      'sending',
      'synced',
      'synced',
    ]);
    // It may all be sent before one looks.
    expect(shown(lost, {})).toEqual(['reconnecting', 'synced']);
  });

  it('says that it is back where nothing waited', () => {
    expect(shown({ connection: gone, lost: true }, {})).toEqual(['reconnecting', 'back']);
  });

  it('tells who was signed out by the server, or has something to send; not who went', () => {
    const out = (ended: boolean): SignIn => ({ state: 'signed_out', ended });
    expect(shown({ signIn: out(true) })).toEqual(['ended']);
    expect(shown({ signIn: out(false) })).toEqual(['none']);
    expect(shown({ signIn: out(false), open: 1 }, {})).toEqual(['ended', 'none']);
  });
});
