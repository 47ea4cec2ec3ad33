/** A column's name, how full it is, and its menu. It is dragged by its head. */
import { Ellipsis, Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { announce } from '@/app/announce';
import { useI18n } from '@/i18n';
import type { Column } from '@/sync/wire';
import { IconButton } from '@/ui/Button';
import { Menu } from '@/ui/Menu';
import { StatusDot } from '@/ui/StatusDot';
import { COLUMN_NAME_MAX, loadOf } from './actions';
import { ColumnMenuItems } from './ColumnMenu';
import css from './column.module.css';
import { useBoard, useOrder } from './context';
import { useHands, usePart } from './interaction-context';
import { oneLine } from './text';

export function ColumnHead({ column, shown }: { column: Column; shown: number }) {
  const { t } = useI18n();
  const { rights } = useBoard();
  const { hands, act } = useHands();
  const total = useOrder(column.id).length;
  const renaming = usePart(hands.renaming, (id) => id === column.id);
  return (
    <header className={css.head} data-grip={rights.columns ? 'column' : undefined}>
      <StatusDot status={column.status} />
      {renaming ? (
        <NameEdit column={column} />
      ) : (
        <h2 id={`column-${column.id}`} className={css.name}>
          {rights.columns ? (
            <button
              type="button"
              className={css.nameButton}
              data-column-name
              aria-describedby="column-hint"
              onDoubleClick={() => hands.renaming.set(column.id)}
              onClick={(event) => {
                // A click of the pointer may begin a drag; the keyboard has no other way.
                if (event.detail === 0) hands.renaming.set(column.id);
              }}
            >
              <bdi>{column.name}</bdi>
            </button>
          ) : (
            <bdi>{column.name}</bdi>
          )}
        </h2>
      )}
      <Load column={column} total={total} shown={shown} />
      <span className={css.headSpace} />
      {rights.write && (
        <IconButton
          label={t('board.add_to', { column: column.name })}
          icon={<Plus />}
          small
          data-no-drag
          className={css.headButton ?? ''}
          onClick={() => act.add(column.id)}
        />
      )}
      <Menu
        trigger={
          <IconButton
            label={t('board.column_menu', { name: column.name })}
            icon={<Ellipsis />}
            small
            data-no-drag
            className={css.headButton ?? ''}
          />
        }
      >
        <ColumnMenuItems column={column} />
      </Menu>
    </header>
  );
}

/** How many cards, and of how many at most: said in words where it is full. */
function Load({ column, total, shown }: { column: Column; total: number; shown: number }) {
  const { t, number } = useI18n();
  const load = loadOf(column, total);
  const limit = column.wip_limit;
  const label =
    limit === null
      ? shown < total
        ? t('board.cards_filtered', { shown, total })
        : t('board.cards', { count: total })
      : t(`board.limit_${load === 'free' ? 'of' : load}`, { total, limit });
  const filtered = shown < total ? `${number(shown)} / ` : '';
  return (
    <span className={css.load} data-load={load} title={label}>
      <span aria-hidden>
        {limit === null
          ? filtered + number(total)
          : load === 'free'
            ? `${number(total)} / ${number(limit)}`
            : t(`board.load_${load}`, { total, limit })}
      </span>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

function NameEdit({ column }: { column: Column }) {
  const { t } = useI18n();
  const { hands } = useHands();
  const [text, setText] = useState(column.name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const name = oneLine(text);
  const wrong = name === '' || [...name].length > COLUMN_NAME_MAX;
  const close = () => {
    hands.renaming.set(null);
    requestAnimationFrame(() =>
      hands.surfaces.get(column.id)?.section.querySelector<HTMLElement>('[data-column-name]')?.focus(),
    );
  };
  const save = (then: () => void) => {
    if (wrong) {
      announce(t('board.column_name_error', { max: COLUMN_NAME_MAX }));
      return;
    }
    if (name !== column.name) hands.room.submit({ kind: 'column.update', column_id: column.id, set: { name } });
    then();
  };
  return (
    <input
      ref={field}
      // biome-ignore lint/a11y/noAutofocus: it takes the place of the name that was chosen to be edited
      autoFocus
      className={css.nameField}
      data-no-drag
      value={text}
      dir="auto"
      aria-label={t('board.column_name')}
      aria-invalid={wrong || undefined}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => save(() => hands.renaming.set(null))}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') {
          event.preventDefault();
          save(close);
        }
        if (event.key === 'Escape') {
          event.preventDefault();
          event.stopPropagation();
          close();
        }
      }}
    />
  );
}
