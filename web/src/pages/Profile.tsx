/** Oneself: name, language, appearance, and where one is signed in. */
import { MonitorSmartphone } from 'lucide-react';
import { type FormEvent, useCallback, useId, useState } from 'react';
import { useAction } from '@/app/action';
import { useClient, useMe, useStore } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { fieldError } from '@/app/problem';
import { useRead } from '@/app/read';
import { type Locale, useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id, Moment } from '@/sync/wire';
import { setTheme, type Theme, theme } from '@/theme/theme';
import { Button } from '@/ui/Button';
import { SelectField, TextField } from '@/ui/Field';
import { showToast } from '@/ui/toast';
import { Problem } from './Problem';
import css from './page.module.css';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export default function Profile() {
  const { t } = useI18n();
  return (
    <Frame title={t('common.profile')} crumbs={[{ name: t('common.home'), to: paths.home }]}>
      <div className={css.stack}>
        <You />
        <Look />
        <Sessions />
      </div>
    </Frame>
  );
}

function You() {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user } = useMe();
  const action = useAction();
  const zones = useId();
  const [name, setName] = useState(user.name);
  const [timezone, setTimezone] = useState(user.timezone);
  const changed = name.trim() !== user.name || timezone !== user.timezone;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await action.run(async () => {
      await rest.patch('/auth/me', { name: name.trim(), timezone });
      await auth.reload();
    });
    if (saved) showToast({ text: t('account.saved') });
  };
  const wrong = {
    name: fieldError(action.error, 'name'),
    timezone: fieldError(action.error, 'timezone'),
  };
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('account.you_section')}</h2>
      </div>
      <form className={css.panel} onSubmit={save}>
        <TextField
          label={t('account.name')}
          autoComplete="name"
          value={name}
          maxLength={100}
          error={wrong.name && t('account.name_wrong')}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField label={t('account.email')} dir="ltr" value={user.email} readOnly />
        <TextField
          label={t('account.timezone')}
          dir="ltr"
          list={zones}
          value={timezone}
          error={wrong.timezone}
          onChange={(event) => setTimezone(event.target.value)}
        />
        <datalist id={zones}>
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        {!wrong.name && !wrong.timezone && <Problem error={action.error} />}
        <div>
          <Button look="primary" type="submit" busy={action.busy} disabled={!changed || name.trim() === ''}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function Look() {
  const { t, locale, setLocale } = useI18n();
  const { rest, auth } = useClient();
  const chosen = useStore(theme);
  const speak = (next: Locale) => {
    setLocale(next);
    // The device speaks it at once; the account follows, for messages and other devices.
    rest.patch('/auth/me', { locale: next }).then(
      () => auth.reload(),
      () => undefined,
    );
  };
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('account.look_section')}</h2>
      </div>
      <div className={css.panel}>
        <SelectField
          label={t('account.language')}
          value={locale}
          onChange={(event) => speak(event.target.value as Locale)}
        >
          <option value="en">English</option>
          <option value="fa">فارسی</option>
        </SelectField>
        <SelectField
          label={t('account.theme')}
          value={chosen}
          onChange={(event) => setTheme(event.target.value as Theme)}
        >
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {t(`account.theme_${one}`)}
            </option>
          ))}
        </SelectField>
      </div>
    </section>
  );
}

/** One sign-in of one's own. */
interface Session {
  id: Id;
  user_agent: string | null;
  ip: string | null;
  created_at: Moment;
  last_used_at: Moment;
  is_current: boolean;
}

function Sessions() {
  const { t, ago } = useI18n();
  const { rest } = useClient();
  const ending = useAction();
  const sessions = useRead(useCallback((reader: Rest) => reader.all<Session>('/auth/sessions'), []));
  const end = async (session: Session) => {
    if (await ending.run(() => rest.delete(`/auth/sessions/${session.id}`))) {
      showToast({ text: t('account.session_ended') });
      sessions.reload();
    }
  };
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('account.sessions_section')}</h2>
      </div>
      <Problem error={sessions.error ?? ending.error} />
      <ul className={css.list}>
        {sessions.value?.map((session) => (
          <li key={session.id} className={css.row}>
            <MonitorSmartphone aria-hidden size={18} />
            <div className={css.grow}>
              <bdi>
                {agentName(session.user_agent)} {session.ip && <span className={css.faint}>{session.ip}</span>}
              </bdi>
              <span className={css.faint}>{t('account.session_used', { ago: ago(session.last_used_at) })}</span>
            </div>
            {session.is_current ? (
              <span className={css.tag}>{t('account.session_current')}</span>
            ) : (
              <Button small busy={ending.busy} onClick={() => void end(session)}>
                {t('account.session_end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'];
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'];
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS' };

/** "Firefox, Linux" out of what a browser says of itself; the first words of a program. */
export function agentName(agent: string | null): string {
  const text = agent ?? '';
  const known = [BROWSERS, SYSTEMS].flatMap((names) => names.find((name) => text.includes(name)) ?? []);
  if (known.length === 0) return text.slice(0, 40) || '–';
  return known.map((name) => NAMES[name] ?? name).join(', ');
}
