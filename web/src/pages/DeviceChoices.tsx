/** The language and the appearance that this device shows. */
import { useStore } from '@/app/client';
import { type Locale, useI18n } from '@/i18n';
import { setTheme, type Theme, theme } from '@/theme/theme';
import { Choice } from './Choice';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

interface Props {
  /** The labels are for screen readers alone. */
  bare?: boolean;
  onLocale(locale: Locale): void;
}

export function DeviceChoices({ bare = false, onLocale }: Props) {
  const { t, locale } = useI18n();
  const chosen = useStore(theme);
  return (
    <>
      <Choice<Locale>
        bare={bare}
        label={t('account.language')}
        value={locale}
        options={[
          { value: 'en', name: 'English', lang: 'en' },
          { value: 'fa', name: 'فارسی', lang: 'fa' },
        ]}
        onChange={onLocale}
      />
      <Choice<Theme>
        bare={bare}
        label={t('account.theme')}
        value={chosen}
        options={THEMES.map((value) => ({ value, name: t(`account.theme_${value}`) }))}
        onChange={setTheme}
      />
    </>
  );
}
