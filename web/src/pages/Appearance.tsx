/** Language and theme: of this device at once; the language also of the account. */
import { useClient } from '@/app/client';
import { type Locale, useI18n } from '@/i18n';
import { DeviceChoices } from './DeviceChoices';
import css from './page.module.css';

export function Appearance() {
  const { t, setLocale } = useI18n();
  const { rest, auth } = useClient();
  const speak = (next: Locale) => {
    setLocale(next);
    // The device speaks it at once; the account follows when it can, for messages and other devices.
    rest
      .patch('/auth/me', { locale: next })
      .then(() => auth.reload())
      .catch(() => undefined);
  };
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('account.look_section')}</h2>
      </div>
      <div className={css.panel}>
        <DeviceChoices onLocale={speak} />
      </div>
    </section>
  );
}
