/** The foot of a column: one card after the other, or many at once from a list that is pasted. */
import { Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { announce } from '@/app/announce';
import { useI18n } from '@/i18n';
import type { Column } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { createOps, room, send, TITLE_MAX, TITLE_MIN } from './actions';
import css from './column.module.css';
import { useView } from './context';
import { useHands, usePart } from './interaction-context';
import { fitHeight, oneLine, titlesIn } from './text';

/** What was typed and not added yet, by column: it outlives a change of the page. */
const draftKey = (column: Column) => `teamflow.draft.${column.id}`;

export function QuickAdd({ column }: { column: Column }) {
  const { t } = useI18n();
  const { hands } = useHands();
  const open = usePart(hands.adding, (id) => id === column.id);
  const kept = sessionStorage.getItem(draftKey(column)) !== null;
  return (
    <div className={css.foot}>
      {open || kept ? (
        <Form column={column} focused={open} />
      ) : (
        <button
          type="button"
          className={css.add}
          aria-label={t('board.add_to', { column: column.name })}
          onClick={() => hands.adding.set(column.id)}
        >
          <Plus aria-hidden />
          <span>{t('board.add')}</span>
        </button>
      )}
    </div>
  );
}

function Form({ column, focused }: { column: Column; focused: boolean }) {
  const { t } = useI18n();
  const { hands } = useHands();
  const [text, setText] = useState(() => sessionStorage.getItem(draftKey(column)) ?? '');
  const [short, setShort] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const space = useView((view) => (view ? room(view, column.id) : 0));
  const titles = titlesIn(text);
  const many = titles.length > 1;
  const full = space < 1;

  useEffect(() => {
    if (!focused || !field.current) return;
    field.current.focus();
    fitHeight(field.current);
  }, [focused]);

  const keep = (next: string) => {
    setText(next);
    setShort(false);
    if (next === '') sessionStorage.removeItem(draftKey(column));
    else sessionStorage.setItem(draftKey(column), next);
  };
  const close = () => {
    keep('');
    hands.adding.set(null);
    const { section } = hands.surfaces.get(column.id) ?? {};
    // The button comes in the place of the field, and takes the focus from it.
    requestAnimationFrame(() => section?.querySelector<HTMLElement>(`.${css.add}`)?.focus());
  };
  const add = (wanted: readonly string[]) => {
    const fit = wanted
      .filter((title) => title.length >= TITLE_MIN)
      .map((title) => [...title].slice(0, TITLE_MAX).join(''));
    if (full || fit.length > space || fit.length < wanted.length || fit.length === 0) {
      setShort(!full && fit.length < Math.max(1, wanted.length));
      announce(full ? t('board.over_full', { column: column.name }) : t('board.add_short', { min: TITLE_MIN }));
      return;
    }
    const ops = createOps(column.id, fit);
    hands.added(ops.map((op) => op.task_id));
    send(hands.room, ops);
    keep('');
    announce(
      fit.length === 1
        ? t('board.added', { title: fit[0] ?? '', column: column.name })
        : t('board.added_many', { count: fit.length, column: column.name }),
    );
    requestAnimationFrame(() => {
      if (field.current) fitHeight(field.current);
      hands.surfaces.get(column.id)?.virtualizer.scrollToIndex(hands.shown(column.id).length - 1, { align: 'end' });
    });
  };
  const note = full
    ? t('board.over_full', { column: column.name })
    : short
      ? t('board.add_short', { min: TITLE_MIN })
      : null;

  return (
    <div className={css.form}>
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        className={css.addField}
        aria-label={t('board.add_title')}
        aria-invalid={note !== null || undefined}
        aria-describedby={`add-${column.id}`}
        placeholder={t('board.add_title')}
        value={text}
        onChange={(event) => {
          keep(event.target.value);
          fitHeight(event.target);
        }}
        onFocus={() => hands.adding.set(column.id)}
        onBlur={(event) => {
          if (event.relatedTarget?.closest(`.${css.form}`)) return;
          // What was typed stays open; an empty field goes.
          if (hands.adding.get() === column.id) hands.adding.set(null);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            close();
          }
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            add(many ? titles : [oneLine(text)]);
          }
        }}
      />
      {many ? (
        <div className={css.choices}>
          <Button small look="primary" onClick={() => add(titles)}>
            {t('board.add_lines', { count: titles.length })}
          </Button>
          <Button small onClick={() => add([oneLine(text)])}>
            {t('board.add_joined')}
          </Button>
        </div>
      ) : (
        <p id={`add-${column.id}`} className={css.addHint} data-wrong={note !== null || undefined}>
          {note ?? t('board.add_hint')}
        </p>
      )}
    </div>
  );
}
