import { useI18n } from '@/i18n';
import css from './unsynced-dot.module.css';

/** On what the server has not answered yet. */
export function UnsyncedDot() {
  const { t } = useI18n();
  const label = t('board.card_unsynced');
  return <span className={css.dot} role="img" aria-label={label} title={label} />;
}
