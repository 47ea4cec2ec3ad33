/** Language and theme: of this device at once; the language also of the account. */
import { useClient, useStore } from '@/app/client';
import { type Locale, useI18n } from '@/i18n';
import { setTheme, type Theme, theme } from '@/theme/theme';
import { Choice } from './Choice';
import css from './page.module.css';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export function Appearance() {
  const { t, locale, setLocale } = useI18n();
  const { rest, auth } = useClient();
  const chosen = useStore(theme);
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
        <Choice
          label={t('account.language')}
          value={locale}
          options={[
            { value: 'en', name: 'English', lang: 'en' },
            { value: 'fa', name: 'فارسی', lang: 'fa' },
          ]}
          onChange={speak}
        />
        <Choice
          label={t('account.theme')}
          value={chosen}
          options={THEMES.map((value) => ({ value, name: t(`account.theme_${value}`) }))}
          onChange={setTheme}
        />
      </div>
    </section>
  );
}
