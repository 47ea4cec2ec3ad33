/** Which words about the connection are shown, as it comes and goes. */
import type { Connection, SignIn } from '@/sync/api';

export type Banner =
  | 'offline'
  | 'reconnecting'
  | 'draining'
  /** It is back: what was done meanwhile goes out. */
  | 'sending'
  /** All of it has arrived. Shown for a moment, as is the next. */
  | 'synced'
  /** It is back, and nothing had waited. */
  | 'back'
  | 'ended';

export interface BannerState {
  banner: Banner | 'none';
  /** While the connection was lost, something waited to be sent. */
  hadWaiting: boolean;
}

export const CALM: BannerState = { banner: 'none', hadWaiting: false };

export interface Situation {
  connection: Connection;
  signIn: SignIn;
  /** Ops that are not answered yet. */
  open: number;
  /** The connection is lost for longer than is nobody's concern. */
  lost: boolean;
}

export function bannerOf(before: BannerState, { connection, signIn, open, lost }: Situation): BannerState {
  if (signIn.state === 'signed_out') {
    // Whoever went by their own wish knows it, and nothing of theirs waits.
    return signIn.ended || open > 0 ? { banner: 'ended', hadWaiting: false } : CALM;
  }
  if (signIn.state !== 'signed_in') return CALM;
  if (lost) return { banner: lossOf(connection), hadWaiting: open > 0 || (isLoss(before) && before.hadWaiting) };
  if (isLoss(before)) {
    // Between the loss and its end there is a moment without either.
    if (connection.state !== 'connected') return CALM;
    if (open > 0) return { banner: 'sending', hadWaiting: true };
    return { banner: before.hadWaiting ? 'synced' : 'back', hadWaiting: false };
  }
  if (before.banner === 'sending') return open > 0 ? before : { banner: 'synced', hadWaiting: false };
  return before.banner === 'ended' ? CALM : before;
}

function lossOf({ state, draining }: Connection): 'offline' | 'reconnecting' | 'draining' {
  if (state === 'offline') return 'offline';
  return draining ? 'draining' : 'reconnecting';
}

function isLoss({ banner }: BannerState): boolean {
  return banner === 'offline' || banner === 'reconnecting' || banner === 'draining';
}
