import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import { fieldError, isProblem } from '@/app/problem';
import { useI18n } from '@/i18n';
import { TextField } from '@/ui/Field';
import { AuthPage } from './AuthPage';
import { EmailField } from './EmailField';
import { PasswordField } from './PasswordField';
import { useAbout } from './useAbout';

/** The least that the server takes. */
const PASSWORD_LENGTH = 8;

export default function SignUp() {
  const { t, locale, setLocale } = useI18n();
  const { auth, rest } = useClient();
  const about = useAbout();
  const [query] = useSearchParams();
  const action = useAction();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const taken = isProblem(action.error) && action.error.code === 'CONFLICT';
  const errors = {
    name: fieldError(action.error, 'name') && t('account.name_wrong'),
    email: taken ? t('account.email_taken') : fieldError(action.error, 'email') && t('account.email_wrong'),
    password: fieldError(action.error, 'password') && t('account.password_wrong', { count: PASSWORD_LENGTH }),
  };
  const join = async () => {
    // What one signs up in is one's choice, whatever the account is made with.
    setLocale(locale);
    await auth.signUp({ name: name.trim(), email: email.trim(), password });
    // The account begins with what this browser speaks, and where it is. Without that it is whole all the same.
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    rest
      .patch('/auth/me', { locale, timezone: timeZone })
      .then(() => auth.reload())
      .catch(() => undefined);
  };
  return (
    <AuthPage
      title={t('account.sign_up_title')}
      submit={t('account.sign_up')}
      action={action}
      about={about}
      placed={Object.values(errors).some((error) => error !== undefined)}
      onSubmit={() => void action.run(join)}
      aside={
        <>
          {t('account.has_account')}{' '}
          <Link href={`${paths.signIn}${query.size > 0 ? `?${query}` : ''}`}>{t('common.sign_in')}</Link>
        </>
      }
    >
      <TextField
        label={t('account.name')}
        name="name"
        autoComplete="name"
        required
        autoFocus
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={errors.name}
      />
      <EmailField value={email} onChange={setEmail} error={errors.email} />
      <PasswordField
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        hint={t('account.password_hint', { count: PASSWORD_LENGTH })}
        error={errors.password}
      />
    </AuthPage>
  );
}
