/** Whether what one sees is live, in a word; what waits to be sent beside it. */
import { useI18n } from '@/i18n';
import { useClient, useStore } from './client';
import css from './sidebar.module.css';

export function ConnectionDot() {
  const { t } = useI18n();
  const client = useClient();
  const { state } = useStore(client.connection);
  const { open } = useStore(client.pending);
  return (
    <p className={css.connection} data-state={state} data-testid="connection">
      <span className={css.dot} aria-hidden />
      {t(`pages.connection_${state}`)}
      {open > 0 && <span className={css.pending}>{t('common.pending', { count: open })}</span>}
    </p>
  );
}
