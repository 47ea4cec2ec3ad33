/** Where one is signed in, and how to end it there. */
import { MonitorSmartphone } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { isProblem } from '@/app/problem';
import { useRead } from '@/app/read';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id, Moment } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import { showToast } from '@/ui/toast';
import { agentName } from './agent';
import { Problem } from './Problem';
import css from './page.module.css';

/** The rest is shown when it is wanted. */
const SHOWN = 6;

/** One sign-in of one's own. */
interface Session {
  id: Id;
  user_agent: string | null;
  ip: string | null;
  created_at: Moment;
  last_used_at: Moment;
  is_current: boolean;
}

export function Sessions() {
  const { t, ago, date } = useI18n();
  const { rest } = useClient();
  const ending = useAction();
  const sessions = useRead(useCallback((reader: Rest) => reader.all<Session>('/auth/sessions'), []));
  const [all, setAll] = useState(false);
  // This one first, then those that were used last.
  const sorted = sessions.value?.toSorted(
    (a, b) => Number(b.is_current) - Number(a.is_current) || (b.last_used_at < a.last_used_at ? -1 : 1),
  );
  const hidden = all ? 0 : Math.max(0, (sorted?.length ?? 0) - SHOWN);
  const others = sessions.value?.filter((session) => !session.is_current) ?? [];
  const end = async (which: readonly Session[]) => {
    const done = await ending.run(() =>
      Promise.all(which.map(({ id }) => rest.delete(`/auth/sessions/${id}`).catch(unlessGone))),
    );
    sessions.reload();
    if (done) showToast({ text: t('account.session_ended') });
  };
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('account.sessions_section')}</h2>
        {others.length > 1 && (
          <Button small busy={ending.busy} onClick={() => void end(others)}>
            {t('account.sessions_end')}
          </Button>
        )}
      </div>
      <Problem error={sessions.error ?? ending.error} />
      {sessions.value === undefined && sessions.error === null && <Skeleton lines={2} label={t('common.loading')} />}
      {sorted && (
        <ul className={css.list}>
          {sorted.slice(0, sorted.length - hidden).map((session) => (
            <li key={session.id} className={css.row}>
              <MonitorSmartphone aria-hidden size={18} />
              <div className={css.grow}>
                <span>
                  <bdi>{agentName(session.user_agent) ?? t('account.session_unknown')}</bdi>{' '}
                  {session.ip && <bdi className={css.faint}>{session.ip}</bdi>}
                </span>
                <span className={css.faint}>
                  {t('account.session_used', { ago: ago(session.last_used_at), date: date(session.created_at) })}
                </span>
              </div>
              {session.is_current ? (
                <span className={css.tag}>{t('account.session_current')}</span>
              ) : (
                <Button small busy={ending.busy} onClick={() => void end([session])}>
                  {t('account.session_end')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {hidden > 0 && (
        <div>
          <Button small look="quiet" onClick={() => setAll(true)}>
            {t('account.sessions_more', { count: hidden })}
          </Button>
        </div>
      )}
    </section>
  );
}

/** One that has ended by itself meanwhile is as was wanted. */
function unlessGone(error: unknown) {
  if (!isProblem(error) || error.code !== 'NOT_FOUND') throw error;
}
