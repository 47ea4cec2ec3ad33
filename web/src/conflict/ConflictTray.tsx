/**
 * Edits that were refused and wait for their author: a count that stays until all are decided, and on a wide page the
 * first of them beside it. Never over what is in hand: the window about it opens when it is asked for.
 */
import { ChevronDown } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useStore } from '@/app/client';
import { useBoard, useView } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import { Button, IconButton } from '@/ui/Button';
import { useMedia } from '@/ui/useMedia';
import css from './conflict.module.css';
import { usePlain } from './usePlain';
import { useResolve } from './useResolve';
import { WaitingPill } from './WaitingPill';
import { authorOf, fieldName, isTwofold, reasonOf, storyOf, subjectOf } from './words';

const ConflictDialog = lazy(() => import('./ConflictDialog'));

export function ConflictTray() {
  const { room } = useBoard();
  const conflicts = useStore(room.conflicts);
  const isWide = useMedia('(min-width: 64rem) and (min-height: 40rem)');
  const [open, setOpen] = useState(false);
  /** Those that were folded away: a new one shows itself again. */
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [first, ...others] = conflicts;
  // Decided elsewhere: the next one does not open by itself.
  if (!first && open) setOpen(false);
  if (!first) return null;
  return (
    <div className={css.place}>
      {isWide && first.fields.length === 1 && !open && !folded.has(first.op_id) && (
        <Short
          conflict={first}
          onCompare={() => setOpen(true)}
          onFold={() => setFolded(new Set(conflicts.map((one) => one.op_id)))}
        />
      )}
      <WaitingPill count={conflicts.length} onClick={() => setOpen(true)} />
      {open && (
        <Suspense fallback={null}>
          <ConflictDialog conflicts={[first, ...others]} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}

function Short({ conflict, onCompare, onFold }: { conflict: Conflict; onCompare(): void; onFold(): void }) {
  const { t, ago } = useI18n();
  const { nameOf } = useBoard();
  const view = useView((now) => now);
  const plain = usePlain();
  const resolve = useResolve();
  const [field] = conflict.fields;
  if (!field) return null;
  const story = storyOf(conflict);
  const title = subjectOf(conflict, view, t);
  const author = nameOf(authorOf(conflict));
  const when = field.by?.at ? ` · ${ago(field.by.at)}` : '';
  return (
    <section className={css.short} aria-label={t(`conflict.title_${story}`, { name: title })}>
      <header className={css.shortHead}>
        <h2 className={css.shortTitle} dir="auto">
          {title}
        </h2>
        <IconButton small label={t('conflict.fold')} icon={<ChevronDown />} onClick={onFold} />
      </header>
      <p className={css.shortStory}>
        {t(`conflict.story_${story}`, { name: author })}
        {story === 'refused' && ` ${reasonOf(conflict, view, t)}`}
      </p>
      <dl className={css.values}>
        <dt>{`${t('conflict.mine')} · ${fieldName(field.field, t)}`}</dt>
        <dd dir="auto">{plain(field.field, field.mine)}</dd>
        {isTwofold(conflict) && (
          <>
            <dt>
              <bdi>{author}</bdi>
              {when}
            </dt>
            <dd dir="auto">{plain(field.field, field.theirs)}</dd>
          </>
        )}
      </dl>
      <footer className={css.shortActions}>
        <Button small onClick={() => resolve(conflict, 'mine')}>
          {t(`conflict.mine_${story}`)}
        </Button>
        {isTwofold(conflict) && (
          <Button small onClick={() => resolve(conflict, 'theirs')}>
            {t(`conflict.theirs_${story}`)}
          </Button>
        )}
        <Button small look="quiet" onClick={onCompare}>
          {t('conflict.compare')}
        </Button>
      </footer>
    </section>
  );
}
