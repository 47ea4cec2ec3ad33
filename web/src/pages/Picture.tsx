/** One's picture: any that the browser can show, cut and made small here. */
import { type ChangeEvent, useRef } from 'react';
import { useAction } from '@/app/action';
import { useClient, useMe } from '@/app/client';
import { isProblem } from '@/app/problem';
import { useI18n } from '@/i18n';
import { Avatar } from '@/ui/Avatar';
import { Button } from '@/ui/Button';
import { Problem } from './Problem';
import css from './page.module.css';
import { pictureOf } from './picture';

export function Picture() {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user } = useMe();
  const action = useAction();
  const input = useRef<HTMLInputElement>(null);
  const put = (avatar: () => Promise<string | null>) =>
    void action.run(async () => {
      await rest.patch('/auth/me', { avatar: await avatar() });
      await auth.reload();
    });
  const chosen = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0];
    // The same file may be chosen again.
    target.value = '';
    if (file) put(() => pictureOf(file));
  };
  const unreadable = action.error !== null && !isProblem(action.error);
  return (
    <div className={css.picture}>
      <Avatar person={user} size="large" decorative />
      <div className={css.buttons}>
        <Button small busy={action.busy} onClick={() => input.current?.click()}>
          {t(user.avatar ? 'account.other_picture' : 'account.choose_picture')}
        </Button>
        {user.avatar && (
          <Button small look="quiet" disabled={action.busy} onClick={() => put(() => Promise.resolve(null))}>
            {t('account.remove_picture')}
          </Button>
        )}
        <input ref={input} type="file" accept="image/*" hidden onChange={chosen} />
      </div>
      {unreadable ? (
        <p role="alert" className={css.error}>
          {t('account.picture_wrong')}
        </p>
      ) : (
        <Problem error={action.error} />
      )}
    </div>
  );
}
