/** Says that the connection is lost, two seconds after it was, what waits to be sent, and that all has arrived. */
import { CloudAlert, CloudCheck, CloudOff, CloudUpload, KeyRound, type LucideIcon, RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { ElsewhereConflicts } from '@/conflict/ElsewhereConflicts';
import { type I18n, useI18n } from '@/i18n';
import type { Connection } from '@/sync/api';
import { Button } from '@/ui/Button';
import css from './banner.module.css';
import { type BannerState, bannerOf, CALM, type Banner as Kind } from './banner-state';
import { useClient, useStore } from './client';
import { paths } from './paths';

/** A loss that is over sooner is nobody's concern. */
const PATIENCE_MS = 2_000;
/** How long good news stays. */
const GOOD_MS = 2_500;

const ICONS: Record<Kind, LucideIcon> = {
  offline: CloudOff,
  reconnecting: CloudAlert,
  draining: RefreshCw,
  sending: CloudUpload,
  synced: CloudCheck,
  back: CloudCheck,
  ended: KeyRound,
};

export function Banner() {
  const client = useClient();
  const connection = useStore(client.connection);
  const signIn = useStore(client.auth.signIn);
  const { open } = useStore(client.pending);
  const lost = useLasting(connection.lostAt);
  const [state, setState] = useState<BannerState>(CALM);
  useEffect(() => {
    setState((before) => bannerOf(before, { connection, signIn, open, lost }));
  }, [connection, signIn, open, lost]);
  const { banner } = state;
  const isGood = banner === 'synced' || banner === 'back';
  useEffect(() => {
    if (!isGood) return;
    const timer = setTimeout(() => setState(CALM), GOOD_MS);
    return () => clearTimeout(timer);
  }, [isGood]);
  return (
    <>
      <div role="status" className={css.place}>
        {banner !== 'none' && <Words key={isGood ? 'good' : 'bad'} {...{ banner, connection, open }} />}
      </div>
      {signIn.state === 'signed_in' && <ElsewhereConflicts />}
    </>
  );
}

function Words({ banner, connection, open }: { banner: Kind; connection: Connection; open: number }) {
  const i18n = useI18n();
  const Icon = ICONS[banner];
  const isLoss = banner === 'offline' || banner === 'reconnecting' || banner === 'draining';
  const isBusy = banner === 'sending' || banner === 'draining';
  const isGood = banner === 'sending' || banner === 'synced' || banner === 'back';
  return (
    <div className={css.banner} data-good={isGood || undefined} data-testid={isLoss ? 'offline-banner' : 'banner'}>
      <Icon aria-hidden className={isBusy ? css.busy : undefined} />
      <span>{textOf(banner, open, i18n)}</span>
      {isLoss && open > 0 && <span className={css.count}>{i18n.t('together.will_send', { count: open })}</span>}
      {isLoss && banner !== 'offline' && <NextTry connection={connection} />}
      {banner === 'ended' && <SignInAgain />}
    </div>
  );
}

function textOf(banner: Kind, open: number, { t }: I18n): string {
  if (banner === 'ended') return open > 0 ? t('together.ended_waiting', { count: open }) : t('together.ended');
  return banner === 'sending' ? t('together.sending', { count: open }) : t(`together.${banner}`);
}

/** Counts down to the next attempt; a screen reader is not told each second of it. */
function NextTry({ connection: { retryAt, attempt } }: { connection: Connection }) {
  const { t } = useI18n();
  const client = useClient();
  const seconds = useSecondsTo(retryAt);
  if (seconds === 0) return <span>{t('together.trying', { count: attempt })}</span>;
  return (
    <>
      <span aria-hidden className={css.next}>
        {t('together.next_try', { count: seconds })}
      </span>
      <Button small look="quiet" className={css.action ?? ''} onClick={client.retry}>
        {t('common.try_now')}
      </Button>
    </>
  );
}

function SignInAgain() {
  const { t } = useI18n();
  const [location, go] = useLocation();
  if (location === paths.signIn) return null;
  return (
    <Button
      small
      className={css.action ?? ''}
      onClick={() => go(`${paths.signIn}?to=${encodeURIComponent(location + globalThis.location.search)}`)}
    >
      {t('common.sign_in')}
    </Button>
  );
}

/** Whether it is so since `PATIENCE_MS`. */
function useLasting(since: number | null): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (since === null) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), Math.max(0, since + PATIENCE_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [since]);
  return lasting && since !== null;
}

/** Whole seconds until `moment`; 0 where there is none. */
function useSecondsTo(moment: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (moment === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [moment]);
  return moment === null ? 0 : Math.max(0, Math.ceil((moment - now) / 1_000));
}
