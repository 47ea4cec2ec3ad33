import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { TITLE_MAX, TITLE_MIN } from '@/board/actions';
import { useBoard } from '@/board/context';
import { fitHeight, oneLine } from '@/board/text';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import { EditedBy } from './Editors';
import css from './task-panel.module.css';
import { useEditing } from './useEditing';

/** The title, which is its own field: saved by Enter or by leaving it, put back by Escape. */
export function Title({ task }: { task: Task }) {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const editing = useEditing(task.id, 'title');
  const field = useRef<HTMLTextAreaElement>(null);
  /** What is typed, and the version that it was begun on; null while nothing is. */
  const [draft, setDraft] = useState<{ text: string; version: number } | null>(null);
  const shown = draft?.text ?? task.title;
  // biome-ignore lint/correctness/useExhaustiveDependencies: its height is that of what it shows
  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current);
  }, [shown]);
  if (!rights.writeTask(task)) {
    return (
      <h2 className={css.titleText} dir="auto">
        {task.title}
      </h2>
    );
  }
  const text = oneLine(shown);
  const length = [...text].length;
  const wrong = draft !== null && (length < TITLE_MIN || length > TITLE_MAX);
  const leave = () => {
    editing.onBlur();
    if (draft === null || wrong) return;
    if (text !== task.title) {
      // A task that has no version yet is not on the server: its own creation comes first.
      const based = draft.version > 0 ? { version: draft.version } : {};
      room.submit({ kind: 'task.update', task_id: task.id, ...based, set: { title: text } });
    }
    setDraft(null);
  };
  const keys = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      event.currentTarget.blur();
    } else if (event.key === 'Escape' && draft !== null) {
      event.preventDefault();
      setDraft(null);
    }
  };
  return (
    <div>
      <textarea
        ref={field}
        className={css.title}
        dir="auto"
        rows={1}
        aria-label={t('board.card_title')}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? 'title-error' : undefined}
        value={shown}
        onFocus={editing.onFocus}
        onBlur={leave}
        onKeyDown={keys}
        onChange={(event) => setDraft({ version: draft?.version ?? task.version, text: event.target.value })}
      />
      {wrong && (
        <p id="title-error" role="alert" className={css.error}>
          {t('board.card_title_error', { min: TITLE_MIN, max: TITLE_MAX })}
        </p>
      )}
      <EditedBy taskId={task.id} field="title" />
    </div>
  );
}
