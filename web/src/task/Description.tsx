/** The long text of a task, in Markdown: read, or written with a look at what it will be. */
import { Pencil } from 'lucide-react';
import {
  type FocusEvent,
  type KeyboardEvent,
  lazy,
  Suspense,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useBoard } from '@/board/context';
import { fitHeight } from '@/board/text';
import { Keys } from '@/command/Keys';
import { useI18n } from '@/i18n';
import type { Task } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import { type Draft, forgetDraft, keepDraft, keptDraft } from './draft';
import { EditedBy } from './Editors';
import css from './task-panel.module.css';
import { useEditing } from './useEditing';
import { useDescription } from './usePanelTask';

/** Without a network, and before the device has it, the text as it was written does too. */
const Markdown = lazy(() => import('./Markdown').catch(() => ({ default: Plain })));

function Plain({ text }: { text: string }) {
  return (
    <p className={css.plain} dir="auto">
      {text}
    </p>
  );
}

/** The most that the server takes. */
const LENGTH_MAX = 50_000;

export function Description({ task }: { task: Task }) {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const { text, missing } = useDescription(task.id);
  const [draft, setDraft] = useState<Draft | null>(() => keptDraft(task.id));
  /** From a page that was closed, and not touched since. */
  const restored = useRef(draft !== null);
  const mayWrite = rights.writeTask(task);
  const change = (next: Draft | null) => {
    restored.current = false;
    setDraft(next);
    keepDraft(task.id, next);
  };
  useEffect(() => {
    // It was saved when that page closed.
    if (!restored.current || draft === null || draft.text !== text) return;
    setDraft(null);
    keepDraft(task.id, null);
  }, [draft, text, task.id]);
  const save = () => {
    if (!draft || [...draft.text].length > LENGTH_MAX) return;
    if (draft.text === text) keepDraft(task.id, null);
    else {
      const based = draft.version > 0 ? { version: draft.version } : {};
      const op = { kind: 'task.update', task_id: task.id, ...based, set: { description: draft.text } } as const;
      const { done } = room.submit(op, text === undefined ? {} : { description: text });
      // A page that closes now may not have kept the op yet: until it is answered, the text is kept here too.
      void done.then(() => forgetDraft(task.id, draft));
    }
    end();
  };
  const section = useRef<HTMLElement>(null);
  /** What was written goes; who writes by keys goes on from here. */
  const end = () => {
    const within = section.current?.contains(document.activeElement);
    setDraft(null);
    if (within) setTimeout(() => section.current?.querySelector<HTMLElement>('button')?.focus(), 0);
  };
  const discard = () => {
    keepDraft(task.id, null);
    end();
  };
  const begin = () => change({ text: text ?? '', version: task.version });
  return (
    <section ref={section} className={css.section}>
      <div className={css.sectionHead}>
        <h3>{t('task.description')}</h3>
        <EditedBy taskId={task.id} field="description" />
        {mayWrite && !draft && text && (
          <Button small look="quiet" onClick={begin}>
            <Pencil aria-hidden />
            {t('common.edit')}
          </Button>
        )}
      </div>
      {draft ? (
        <Writing {...{ task, draft, before: text }} onChange={change} onSave={save} onCancel={discard} />
      ) : text === undefined ? (
        missing ? (
          <p className={css.faint}>{t('task.description_missing')}</p>
        ) : (
          <Skeleton lines={1} label={t('common.loading')} />
        )
      ) : text === '' ? (
        mayWrite ? (
          <button type="button" className={css.blank} onClick={begin}>
            {t('task.add_description')}
          </button>
        ) : (
          <p className={css.faint}>{t('task.no_description')}</p>
        )
      ) : (
        <Suspense fallback={<Plain text={text} />}>
          <Markdown text={text} />
        </Suspense>
      )}
    </section>
  );
}

interface WritingProps {
  task: Task;
  draft: Draft;
  /** What stands there now. */
  before: string | undefined;
  onChange(draft: Draft): void;
  onSave(): void;
  onCancel(): void;
}

function Writing({ task, draft, before, onChange, onSave, onCancel }: WritingProps) {
  const { t } = useI18n();
  const editing = useEditing(task.id, 'description');
  const [preview, setPreview] = useState(false);
  const [begun] = useState(before);
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (!preview) field.current?.focus();
  }, [preview]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: its height is that of its text
  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current);
  }, [draft.text, preview]);
  const length = [...draft.text].length;
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSave();
    } else if (event.key === 'Escape') {
      // It throws nothing away: to leave the field is to save it.
      event.preventDefault();
      onSave();
    }
  };
  // To leave it is to save it; to go to another window is not to leave it.
  const leave = (event: FocusEvent) => {
    if (document.hasFocus() && !event.currentTarget.contains(event.relatedTarget)) onSave();
  };
  return (
    <fieldset className={css.writing} aria-label={t('task.description')} tabIndex={-1} onBlur={leave}>
      {before !== undefined && begun !== undefined && before !== begun && (
        <p role="status" className={css.warning}>
          {t('task.changed_meanwhile')}
        </p>
      )}
      {preview ? (
        <div className={css.preview}>
          <Suspense fallback={<Plain text={draft.text} />}>
            <Markdown text={draft.text} />
          </Suspense>
        </div>
      ) : (
        <textarea
          ref={field}
          className={css.text}
          dir="auto"
          aria-label={t('task.description')}
          placeholder={t('task.description_hint')}
          value={draft.text}
          onFocus={editing.onFocus}
          onBlur={editing.onBlur}
          onKeyDown={keys}
          onChange={(event) => onChange({ ...draft, text: event.target.value })}
        />
      )}
      {length > LENGTH_MAX && (
        <p role="alert" className={css.error}>
          {t('task.description_long', { max: LENGTH_MAX, count: length })}
        </p>
      )}
      <div className={css.actions}>
        <Button small look="primary" disabled={length > LENGTH_MAX} onClick={onSave}>
          {t('common.save')}
        </Button>
        <Button small aria-pressed={preview} onClick={() => setPreview(!preview)}>
          {t(preview ? 'task.write' : 'task.preview')}
        </Button>
        <Button small look="quiet" onClick={onCancel}>
          {t('task.discard')}
        </Button>
        <span className={css.hint}>
          <Keys keys="mod+Enter" />
        </span>
      </div>
    </fieldset>
  );
}
