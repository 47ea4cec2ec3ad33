/** What sign-in and sign-up have in common: a card, the live demonstration, language and theme. */
import { WifiOff } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect } from 'react';
import type { Action } from '@/app/action';
import { useOnline } from '@/app/useOnline';
import { useI18n } from '@/i18n';
import type { About } from '@/sync/api';
import { Button } from '@/ui/Button';
import css from './auth-page.module.css';
import { Demonstration } from './Demonstration';
import { DeviceChoices } from './DeviceChoices';
import { Problem } from './Problem';

interface Props {
  title: string;
  /** What the button says. */
  submit: string;
  action: Action;
  /** Whether the error is shown at a field already. */
  placed: boolean;
  /** What the server says of itself; null while it is not known. */
  about: About | null;
  onSubmit(): void;
  children: ReactNode;
  /** The way to the other page. */
  aside: ReactNode;
}

export function AuthPage({ title, submit, action, placed, about, onSubmit, children, aside }: Props) {
  const { t, setLocale } = useI18n();
  const online = useOnline();
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
        <header className={css.head}>
          <img src="/icon.svg" alt="" width="44" height="44" />
          <h1 className={css.title}>{title}</h1>
        </header>
        {!online && (
          <p className={css.offline} role="status">
            <WifiOff aria-hidden />
            {t('account.offline')}
          </p>
        )}
        <form className={css.form} onSubmit={send} noValidate>
          {children}
          {!placed && <Problem error={action.error} />}
          <Button type="submit" look="primary" busy={action.busy} className={css.submit ?? ''}>
            {submit}
          </Button>
        </form>
        {about?.demo && <Demonstration />}
        <p className={css.aside}>{aside}</p>
      </div>
      <div className={css.choices}>
        <DeviceChoices bare onLocale={setLocale} />
      </div>
    </main>
  );
}
