/** Signs out when it is asked for; asks back first where changes would be lost with it. */
import { useCallback, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useI18n } from '@/i18n';
import { ConfirmDialog } from '@/pages/ConfirmDialog';
import { forgetDrafts } from '@/task/draft';
import { showToast } from '@/ui/toast';
import { useClient } from './client';
import { paths } from './paths';
import { problemText } from './problem';
import { signOutWanted } from './sign-out';

export default function SignOut() {
  const { t } = useI18n();
  const client = useClient();
  // What is sent meanwhile makes no difference to the question.
  const [{ open, conflicts }] = useState(() => client.pending.get());
  const waiting = open + conflicts;
  const [, go] = useLocation();
  // Whoever signs in next begins at the start, not where this one was.
  const leave = useCallback(
    () =>
      client.auth.logOut().then(() => {
        signOutWanted.set(false);
        forgetDrafts();
        go(paths.signIn, { replace: true });
      }),
    [client, go],
  );
  useEffect(() => {
    if (waiting > 0) return;
    signOutWanted.set(false);
    leave().catch((error) => {
      showToast({ text: `${t('account.still_signed_in')} ${problemText(error, t)}`, tone: 'warning' });
    });
  }, [waiting, leave, t]);
  if (waiting === 0) return null;
  return (
    <ConfirmDialog
      title={t('common.sign_out')}
      text={t('account.sign_out_text', { count: waiting })}
      submit={t('account.sign_out_anyway')}
      onSubmit={leave}
      onClose={() => signOutWanted.set(false)}
    />
  );
}
