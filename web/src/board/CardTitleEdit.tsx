/** A card's title, edited in its place. */
import { useEffect, useRef, useState } from 'react';
import { announce } from '@/app/announce';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import { tellRest } from '@/together/rest';
import { TITLE_MAX, TITLE_MIN } from './actions';
import css from './card.module.css';
import { useHands } from './interaction-context';
import { fitHeight, oneLine } from './text';

export function CardTitleEdit({ task }: { task: Task }) {
  const { t } = useI18n();
  const { hands } = useHands();
  const [text, setText] = useState(task.title);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = field.current;
    if (!element) return;
    element.focus();
    element.select();
    fitHeight(element);
  }, []);
  useEffect(() => {
    hands.room.setPresence({ task_id: task.id, activity: 'editing', field: 'title' });
    return () => tellRest(hands.room);
  }, [hands, task.id]);
  const title = oneLine(text);
  const wrong = title.length < TITLE_MIN || [...title].length > TITLE_MAX;
  const close = () => {
    hands.renaming.set(null);
    hands.focus(task.id);
  };
  const save = (stay: boolean) => {
    if (wrong) {
      announce(t('board.card_title_error', { min: TITLE_MIN, max: TITLE_MAX }));
      return;
    }
    if (title !== task.title) hands.room.submit({ kind: 'task.update', task_id: task.id, set: { title } });
    if (stay) close();
    else hands.renaming.set(null);
  };
  return (
    <div className={css.edit} data-no-drag>
      <textarea
        ref={field}
        rows={1}
        value={text}
        dir="auto"
        className={css.field}
        aria-label={t('board.card_title')}
        aria-invalid={wrong || undefined}
        onChange={(event) => {
          setText(event.target.value);
          fitHeight(event.target);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === 'Enter') {
            event.preventDefault();
            save(true);
          } else if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            close();
          }
        }}
        onBlur={() => save(false)}
      />
      {wrong && <p className={css.wrong}>{t('board.card_title_error', { min: TITLE_MIN, max: TITLE_MAX })}</p>}
    </div>
  );
}
