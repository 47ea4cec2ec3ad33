import { useI18n } from '@/i18n';
import type { Status } from '@/sync/wire';
import css from './status-dot.module.css';

/** The sign of a status, beside its name or the name of its column. */
export function StatusDot({ status }: { status: Status | undefined }) {
  const { t } = useI18n();
  return <span className={css.dot} data-status={status} title={status && t(`common.status_${status}`)} aria-hidden />;
}
