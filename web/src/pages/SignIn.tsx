import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import { isProblem } from '@/app/problem';
import { useI18n } from '@/i18n';
import { AuthPage } from './AuthPage';
import { EmailField } from './EmailField';
import { PasswordField } from './PasswordField';
import { useAbout } from './useAbout';

export default function SignIn() {
  const { t } = useI18n();
  const { auth } = useClient();
  const [query] = useSearchParams();
  const action = useAction();
  const about = useAbout();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const refused = isProblem(action.error) && ['UNAUTHORIZED', 'VALIDATION_ERROR'].includes(action.error.code);
  const locked = isProblem(action.error) && action.error.code === 'ACCOUNT_LOCKED';
  const error = refused ? t('account.refused') : locked ? t('account.locked') : undefined;
  return (
    <AuthPage
      title={t('account.sign_in_title')}
      submit={t('common.sign_in')}
      action={action}
      about={about}
      placed={error !== undefined}
      onSubmit={() => void action.run(() => auth.logIn({ email: email.trim(), password, remember_me: true }))}
      aside={
        about?.sign_up === false ? (
          t('account.sign_up_closed')
        ) : (
          <>
            {t('account.no_account')}{' '}
            <Link href={`${paths.signUp}${query.size > 0 ? `?${query}` : ''}`}>{t('account.sign_up')}</Link>
          </>
        )
      }
    >
      <EmailField value={email} onChange={setEmail} autoFocus />
      <PasswordField value={password} onChange={setPassword} autoComplete="current-password" error={error} />
    </AuthPage>
  );
}
