/** What the keys do while something is lifted by them. */
import { useI18n } from '@/i18n';
import css from './board-columns.module.css';
import { useHands, usePart } from './interaction-context';

export function DragHint() {
  const { t } = useI18n();
  const { hands } = useHands();
  const kind = usePart(hands.drag, (state) =>
    state.phase === 'dragging' && state.input === 'keys' ? state.subject.kind : null,
  );
  if (!kind) return null;
  return (
    <div className={css.hint} aria-hidden>
      <span>
        {(kind === 'tasks' ? ['↑', '↓', '←', '→'] : ['←', '→']).map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
        {t('board.keys_move')}
      </span>
      <span>
        <kbd>Space</kbd>
        {t('board.keys_drop')}
      </span>
      <span>
        <kbd>Esc</kbd>
        {t('board.keys_cancel')}
      </span>
    </div>
  );
}
