import { Split } from 'lucide-react';
import { useI18n } from '@/i18n';
import css from './conflict.module.css';

/** How many edits wait for a decision. It is said apart from the button: what changes within one isn't read out. */
export function WaitingPill({ count, onClick }: { count: number; onClick(): void }) {
  const { t } = useI18n();
  const waiting = t('conflict.waiting', { count });
  return (
    <>
      <p className="visually-hidden" role="status">
        {waiting}
      </p>
      <button type="button" className={css.tray} onClick={onClick}>
        <Split aria-hidden />
        {waiting}
      </button>
    </>
  );
}
