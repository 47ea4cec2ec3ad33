/** Says that the connection is lost, two seconds after it was, and what waits to be sent. */
import { CloudOff, KeyRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import css from './banner.module.css';
import { useClient, useStore } from './client';
import { paths } from './paths';

/** A loss that is over sooner is nobody's concern. */
const PATIENCE_MS = 2_000;

export function Banner() {
  const { t } = useI18n();
  const client = useClient();
  const connection = useStore(client.connection);
  const signIn = useStore(client.auth.signIn);
  const { open } = useStore(client.pending);
  const lost = useLasting(connection.lostAt);
  const [location, go] = useLocation();
  const waiting = open > 0 ? <span className={css.count}>{t('common.pending', { count: open })}</span> : null;
  if (signIn.state === 'signed_out' && open > 0) {
    const to = () => go(`${paths.signIn}?to=${encodeURIComponent(location)}`);
    return (
      <div className={css.banner} role="status">
        <KeyRound aria-hidden />
        <span>{t('common.sign_in_again')}</span>
        {waiting}
        {location !== paths.signIn && (
          <Button small onClick={to}>
            {t('common.sign_in')}
          </Button>
        )}
      </div>
    );
  }
  if (signIn.state !== 'signed_in' || !lost) return null;
  return (
    <div className={css.banner} role="status" data-testid="offline-banner">
      <CloudOff aria-hidden />
      <span>{t(connection.state === 'offline' ? 'common.offline_banner' : 'common.reconnecting_banner')}</span>
      {waiting}
    </div>
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
