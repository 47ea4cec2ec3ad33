/** A field as one wanted it and as it stands, and who made it so. */
import { Copy } from 'lucide-react';
import { Fragment, useMemo } from 'react';
import { useBoard } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import { IconButton } from '@/ui/Button';
import { copyText } from '@/ui/copy';
import { showToast } from '@/ui/toast';
import { compare, type Part } from './compare';
import css from './conflict.module.css';
import { usePlain } from './usePlain';
import { fieldName, isText, textOf } from './words';

type Field = Conflict['fields'][number];
type Side = 'mine' | 'theirs';

/** `alone`: there is nothing to compare with; what one typed stands nowhere else. */
export function Compared({ field, alone }: { field: Field; alone: boolean }) {
  const { t, ago, date } = useI18n();
  const { nameOf } = useBoard();
  const { by } = field;
  const mine = isText(field.field) ? textOf(field.mine) : null;
  const theirs = isText(field.field) ? textOf(field.theirs) : null;
  const marks = useMemo(() => (mine && theirs ? compare(theirs, mine) : null), [mine, theirs]);
  return (
    <>
      <h3 className={css.fieldName}>{fieldName(field.field, t)}</h3>
      <div className={css.both}>
        <figure className={css.side}>
          <figcaption className={css.caption}>
            {t('conflict.mine')}
            {mine && <CopyButton text={mine} />}
          </figcaption>
          <Value field={field} side="mine" marks={marks?.mine} />
        </figure>
        {!alone && (
          <figure className={css.side} data-side="theirs">
            <figcaption className={css.caption}>
              {by ? (
                <span>
                  <bdi>{nameOf(by.actor_id)}</bdi>
                  {by.at && (
                    <time dateTime={by.at} title={date(by.at, { dateStyle: 'medium', timeStyle: 'short' })}>
                      {` · ${ago(by.at)}`}
                    </time>
                  )}
                </span>
              ) : (
                t('conflict.theirs')
              )}
              {theirs && <CopyButton text={theirs} />}
            </figcaption>
            <Value field={field} side="theirs" marks={marks?.theirs} />
          </figure>
        )}
      </div>
    </>
  );
}

function CopyButton({ text }: { text: string }) {
  const { t } = useI18n();
  const copy = async () => {
    const copied = await copyText(text);
    showToast({ text: t(copied ? 'conflict.copied' : 'conflict.not_copied'), id: 'copied' });
  };
  return <IconButton small label={t('conflict.copy')} icon={<Copy />} className={css.copy ?? ''} onClick={copy} />;
}

function Value({ field, side, marks }: { field: Field; side: Side; marks: readonly Part[] | undefined }) {
  const { t } = useI18n();
  const plain = usePlain();
  const value = field[side];
  if (!isText(field.field)) {
    return (
      <p className={css.text}>
        <bdi>{plain(field.field, value)}</bdi>
      </p>
    );
  }
  const text = textOf(value);
  if (text === '') return <p className={css.none}>{t('conflict.empty')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled by the keys too
    <p className={css.text} dir="auto" tabIndex={0}>
      {marks ? <Marked parts={marks} side={side} /> : text}
    </p>
  );
}

/** What the other side has not is marked: by line and colour, and in words for who hears it. */
function Marked({ parts, side }: { parts: readonly Part[]; side: Side }) {
  const { t } = useI18n();
  let at = 0;
  return parts.map(({ text, own }) => {
    at += text.length;
    if (!own) return text;
    const word = text.trimEnd();
    return (
      <Fragment key={at}>
        <mark data-side={side} data-before={t('conflict.mark_begin')} data-after={t('conflict.mark_end')}>
          {word}
        </mark>
        {text.slice(word.length)}
      </Fragment>
    );
  });
}
