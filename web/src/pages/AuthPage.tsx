/** What sign-in and sign-up have in common: a card, the live demonstration, and the language one reads it in. */
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { type Action, useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { problemText } from '@/app/problem';
import { type Locale, useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import css from './auth-page.module.css';

interface Props {
  title: string;
  /** What the button says. */
  submit: string;
  action: Action;
  /** Whether the error is shown at a field already. */
  placed: boolean;
  onSubmit(): void;
  children: ReactNode;
  /** The way to the other page. */
  aside: ReactNode;
}

export function AuthPage({ title, submit, action, placed, onSubmit, children, aside }: Props) {
  const { t } = useI18n();
  useEffect(() => {
    document.title = `${title} · ${t('common.app')}`;
  }, [title, t]);
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <main className={css.page}>
      <div className={css.card}>
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1 className={css.title}>{title}</h1>
        <form className={css.form} onSubmit={send} noValidate>
          {children}
          {action.error !== null && !placed && (
            <p role="alert" className={css.error}>
              {problemText(action.error, t)}
            </p>
          )}
          <Button type="submit" look="primary" busy={action.busy}>
            {submit}
          </Button>
        </form>
        <Demonstration />
        <p className={css.aside}>{aside}</p>
      </div>
      <Languages />
    </main>
  );
}

/** What a server says of itself to strangers. */
interface About {
  version: string;
  demo: boolean;
  sign_up: boolean;
}

function Demonstration() {
  const { t } = useI18n();
  const { auth } = useClient();
  const visit = useAction();
  const [about, setAbout] = useState<About | null>(null);
  useEffect(() => {
    const asked = new AbortController();
    fetch('/api/v1/about', { signal: asked.signal })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then(setAbout, () => undefined);
    return () => asked.abort();
  }, []);
  if (!about?.demo) return null;
  return (
    <div className={css.demo}>
      <p>{t('account.demo_text')}</p>
      <Button busy={visit.busy} onClick={() => void visit.run(() => auth.visitDemo())}>
        {t('account.demo')}
      </Button>
      {visit.error !== null && (
        <p role="alert" className={css.error}>
          {problemText(visit.error, t)}
        </p>
      )}
    </div>
  );
}

const LANGUAGES: readonly [Locale, string][] = [
  ['en', 'English'],
  ['fa', 'فارسی'],
];

function Languages() {
  const { t, locale, setLocale } = useI18n();
  return (
    <nav className={css.languages} aria-label={t('account.language')}>
      {LANGUAGES.map(([code, name]) => (
        <button
          key={code}
          type="button"
          lang={code}
          className={css.language}
          aria-pressed={code === locale}
          onClick={() => setLocale(code)}
        >
          {name}
        </button>
      ))}
    </nav>
  );
}
