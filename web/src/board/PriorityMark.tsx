/** A priority as a sign that can be told by its shape alone: bars, or an exclamation mark. */
import { useI18n } from '@/i18n';
import type { Priority } from '@/sync/wire';
import css from './priority.module.css';

const BARS: Record<Exclude<Priority, 'critical'>, number> = { low: 1, medium: 2, high: 3 };

export function PriorityMark({ priority }: { priority: Priority }) {
  const { t } = useI18n();
  const label = t('board.card_priority', { name: t(`common.priority_${priority}`) });
  return (
    <svg viewBox="0 0 16 16" className={css.mark} data-priority={priority} role="img" aria-label={label}>
      <title>{label}</title>
      {priority === 'critical' ? (
        <>
          <rect x="1" y="1" width="14" height="14" rx="3.5" className={css.full} />
          <path d="M8 4.2v4.6M8 11.4v.1" className={css.sign} />
        </>
      ) : (
        [0, 1, 2].map((bar) => (
          <rect
            key={bar}
            x={1.5 + bar * 5}
            y={9 - bar * 3.5}
            width="3"
            height={5 + bar * 3.5}
            rx="1"
            className={bar < BARS[priority] ? css.full : css.faint}
          />
        ))
      )}
    </svg>
  );
}
