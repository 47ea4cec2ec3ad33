/** One's name, picture and time zone, as the account has them. */
import { type FormEvent, useState } from 'react';
import { useAction } from '@/app/action';
import { useClient, useMe } from '@/app/client';
import { fieldError } from '@/app/problem';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { SelectField, TextField } from '@/ui/Field';
import { showToast } from '@/ui/toast';
import { Picture } from './Picture';
import { Problem } from './Problem';
import css from './page.module.css';

export function You() {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user } = useMe();
  const action = useAction();
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
  const wrong = fieldError(action.error, 'name') && t('account.name_wrong');
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('account.you_section')}</h2>
      </div>
      <div className={css.panel}>
        <Picture />
        <form className={css.form} onSubmit={save}>
          <TextField
            label={t('account.name')}
            name="name"
            autoComplete="name"
            value={name}
            maxLength={100}
            error={wrong}
            onChange={(event) => setName(event.target.value)}
          />
          <TextField label={t('account.email')} dir="ltr" value={user.email} readOnly />
          <SelectField
            label={t('account.timezone')}
            dir="ltr"
            value={timezone}
            onChange={(event) => setTimezone(event.target.value)}
          >
            {zones(user.timezone).map((zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll('_', ' ')}
              </option>
            ))}
          </SelectField>
          {!wrong && <Problem error={action.error} />}
          <div>
            <Button look="primary" type="submit" busy={action.busy} disabled={!changed || name.trim() === ''}>
              {t('common.save')}
            </Button>
          </div>
        </form>
      </div>
    </section>
  );
}

/** Those that the browser knows, and that of the account, which may have another name for one of them. */
function zones(own: string): string[] {
  return [...new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')])].sort();
}
