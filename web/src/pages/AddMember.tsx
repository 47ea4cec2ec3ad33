/** Adds somebody who has an account already to a workspace. */
import { type FormEvent, useState } from 'react';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { isProblem } from '@/app/problem';
import { useI18n } from '@/i18n';
import type { Role } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { SelectField, TextField } from '@/ui/Field';
import { Problem } from './Problem';
import css from './page.module.css';

export function AddMember({ path, roles, onAdded }: { path: string; roles: readonly Role[]; onAdded(): void }) {
  const { t } = useI18n();
  const { rest } = useClient();
  const action = useAction();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('member');
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (email.trim() === '') return;
    if (await action.run(() => rest.post(path, { email: email.trim(), role }))) {
      setEmail('');
      onAdded();
    }
  };
  const refused = {
    NOT_FOUND: t('pages.no_account'),
    CONFLICT: t('pages.member_already'),
    VALIDATION_ERROR: t('account.email_wrong'),
  } as const;
  const code = isProblem(action.error) ? action.error.code : '';
  return (
    <form className={css.panel} onSubmit={add} noValidate>
      <div className={css.inline}>
        <TextField
          label={t('pages.add_by_email')}
          type="email"
          dir="ltr"
          autoComplete="off"
          value={email}
          aria-invalid={code in refused || undefined}
          onChange={(event) => setEmail(event.target.value)}
        />
        <SelectField label={t('pages.role')} value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {roles.map((one) => (
            <option key={one} value={one}>
              {t(`common.role_${one}`)}
            </option>
          ))}
        </SelectField>
        <Button look="primary" type="submit" busy={action.busy} disabled={email.trim() === ''}>
          {t('pages.add_member')}
        </Button>
      </div>
      <Problem error={action.error} refused={refused} />
    </form>
  );
}
