/** One refused edit: both values, who and when, and what shall become of it. */
import { useState } from 'react';
import { useBoard, useView } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import type { Op } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { copyText } from '@/ui/copy';
import { Dialog } from '@/ui/Dialog';
import { TextArea } from '@/ui/Field';
import { showToast } from '@/ui/toast';
import { Compared } from './Compared';
import css from './conflict.module.css';
import { edited, fieldName, isText, storyOf, textOf } from './words';

interface Props {
  conflict: Conflict;
  /** How many wait after this one. */
  more: number;
  onClose(): void;
}

export default function ConflictDialog({ conflict, more, onClose }: Props) {
  const { t } = useI18n();
  const { room, nameOf } = useBoard();
  const columns = useView((view) => view?.columns);
  const task = useView((view) => (conflict.task_id ? view?.tasks.get(conflict.task_id) : undefined));
  const [texts, setTexts] = useState<Record<string, string> | null>(null);
  const story = storyOf(conflict);
  const column = columns?.find((one) => one.id === conflict.column_id)?.name;
  const title = task?.title ?? currentName(conflict) ?? column ?? t('conflict.new_thing');
  const writable = conflict.fields.filter((field) => isText(field.field));
  const decide = (choice: 'mine' | 'theirs' | { edited: Op }) => {
    room.resolve(conflict.op_id, choice);
    if (more === 0) onClose();
  };
  const takeTheirs = () => {
    decide('theirs');
    const mine = writable.map((field) => textOf(field.mine)).join('\n\n');
    // What was typed is gone now: once more it can be had.
    if (mine !== '') {
      const copy = () => void copyText(mine);
      showToast({ text: t('conflict.discarded'), stays: 15_000, action: { label: t('conflict.copy'), run: copy } });
    }
  };
  const begin = () => setTexts(Object.fromEntries(writable.map((field) => [field.field, textOf(field.mine)])));
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t('conflict.title', { name: title })}
      text={
        <>
          {t(`conflict.story_${story}`, { name: nameOf(conflict.fields[0]?.by?.actor_id ?? null) })}
          {story === 'refused' && <span className={css.reason}> {conflict.reject.message}</span>}
        </>
      }
      actions={
        texts ? (
          <>
            <Button onClick={() => setTexts(null)}>{t('common.cancel')}</Button>
            <Button look="primary" onClick={() => decide({ edited: edited(conflict, texts) })}>
              {t('conflict.send_edited')}
            </Button>
          </>
        ) : (
          <>
            {more > 0 && <span className={css.more}>{t('conflict.more', { count: more })}</span>}
            <Button onClick={takeTheirs}>{t(`conflict.theirs_${story}`)}</Button>
            {writable.length > 0 && <Button onClick={begin}>{t('common.edit')}</Button>}
            <Button look="primary" onClick={() => decide('mine')}>
              {t(`conflict.mine_${story}`)}
            </Button>
          </>
        )
      }
    >
      <div className={css.fields}>
        {conflict.fields.map((field) =>
          texts && isText(field.field) ? (
            <section key={field.field} className={css.field}>
              <TextArea
                label={t('conflict.edit_field', { field: fieldName(field.field, t) })}
                rows={field.field === 'description' ? 8 : 2}
                value={texts[field.field] ?? ''}
                onChange={(event) => setTexts({ ...texts, [field.field]: event.target.value })}
              />
              {field.theirs !== null && <Compared field={field} />}
            </section>
          ) : (
            <section key={field.field} className={css.field}>
              <Compared field={field} />
            </section>
          ),
        )}
      </div>
    </Dialog>
  );
}

function currentName({ reject }: Conflict): string | undefined {
  const { current } = reject;
  return current && ('title' in current ? current.title : current.name);
}
