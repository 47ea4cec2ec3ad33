/** While it is found out who is signed in: nothing at first, then a sign of life. */
import { useI18n } from '@/i18n';
import css from './splash.module.css';

export function Splash() {
  const { t } = useI18n();
  return (
    <div className={css.splash} role="status" aria-label={t('common.loading')}>
      <img src="/icon.svg" alt="" width="48" height="48" />
    </div>
  );
}
