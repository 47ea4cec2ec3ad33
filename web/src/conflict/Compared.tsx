/** A field as one wanted it and as it stands, and who made it so. */
import { diffWordsWithSpace } from 'diff';
import { useBoard, useColumns } from '@/board/context';
import { type I18n, useI18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import type { Id, Priority, Status } from '@/sync/wire';
import css from './conflict.module.css';
import { fieldName, isText, textOf } from './words';

type Field = Conflict['fields'][number];

/** Above this a comparison by words takes too long, and tells nobody anything. */
const DIFF_MAX = 8_000;

export function Compared({ field }: { field: Field }) {
  const { t, ago } = useI18n();
  const { nameOf } = useBoard();
  const { by } = field;
  return (
    <>
      <h3 className={css.fieldName}>{fieldName(field.field, t)}</h3>
      <div className={css.both}>
        <figure className={css.side}>
          <figcaption>{t('conflict.mine')}</figcaption>
          <Value field={field} side="mine" />
        </figure>
        <figure className={css.side}>
          <figcaption>
            {by ? (
              <>
                <bdi>{nameOf(by.actor_id)}</bdi>
                {by.at && ` · ${ago(by.at)}`}
              </>
            ) : (
              t('conflict.theirs')
            )}
          </figcaption>
          <Value field={field} side="theirs" />
        </figure>
      </div>
    </>
  );
}

function Value({ field, side }: { field: Field; side: 'mine' | 'theirs' }) {
  const i18n = useI18n();
  const board = useBoard();
  const columns = useColumns();
  const value = field[side];
  if (isText(field.field)) {
    const text = textOf(value);
    if (text === '') return <p className={css.none}>{i18n.t('conflict.empty')}</p>;
    return <p className={css.text}>{marked(textOf(field.theirs), textOf(field.mine), side)}</p>;
  }
  const columnOf = (id: Id) => columns.find((one) => one.id === id)?.name ?? '–';
  const labelOf = (id: Id) => board.labels.get(id)?.name ?? '–';
  return (
    <p className={css.text}>
      <bdi>{plain(field.field, value, i18n, { nameOf: board.nameOf, labelOf, columnOf })}</bdi>
    </p>
  );
}

/** The text of one side; what the other side has not is marked, by more than colour. */
function marked(theirs: string, mine: string, side: 'mine' | 'theirs') {
  const text = side === 'mine' ? mine : theirs;
  if (theirs === '' || mine === '' || theirs.length + mine.length > DIFF_MAX) return text;
  let at = 0;
  return diffWordsWithSpace(theirs, mine).map((part) => {
    at += part.value.length;
    if (part.added) return side === 'mine' ? <mark key={`+${at}`}>{part.value}</mark> : null;
    if (part.removed) return side === 'theirs' ? <mark key={`-${at}`}>{part.value}</mark> : null;
    return part.value;
  });
}

interface Names {
  nameOf(id: Id): string;
  labelOf(id: Id): string;
  columnOf(id: Id): string;
}

function plain(field: string, value: unknown, i18n: I18n, names: Names): string {
  const { t, number, date } = i18n;
  if (field === 'deleted') return t(value ? 'conflict.is_deleted' : 'conflict.is_kept');
  if (value === null || value === undefined) return t('conflict.empty');
  const ids = Array.isArray(value) ? (value as readonly Id[]) : [];
  switch (field) {
    case 'priority':
      return t(`common.priority_${value as Priority}`);
    case 'status':
      return t(`common.status_${value as Status}`);
    case 'due_date':
      return date(String(value), { dateStyle: 'long', timeZone: 'UTC' });
    case 'assignee_ids':
      return ids.length === 0 ? t('conflict.empty') : ids.map(names.nameOf).join(t('task.comma'));
    case 'label_ids':
      return ids.length === 0 ? t('conflict.empty') : ids.map(names.labelOf).join(t('task.comma'));
    case 'position':
      return names.columnOf(String(value));
    default:
      return typeof value === 'number' ? number(value) : String(value);
  }
}
