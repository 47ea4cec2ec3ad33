/** Columns and cards of about the size of those to come. */
import { useI18n } from '@/i18n';
import css from './board-columns.module.css';

const COLUMNS = [[4.5, 6, 4.5, 7], [6, 4.5, 6], [4.5, 7], [6, 4.5, 4.5, 6], [4.5]];

export function BoardSkeleton() {
  const { t } = useI18n();
  return (
    <div className={css.area} role="status" aria-label={t('board.placeholder')}>
      {COLUMNS.map((cards) => (
        <div key={cards.join()} className={css.ghostColumn}>
          <span className={css.ghostName} />
          {cards.map((height, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they never change
            <span key={index} className={css.ghostCard} style={{ blockSize: `${height}rem` }} />
          ))}
        </div>
      ))}
    </div>
  );
}
