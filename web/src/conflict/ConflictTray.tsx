/** Edits that were refused and wait for their author: a count that stays until all are decided, and the window for it. */
import { Split } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useStore } from '@/app/client';
import { useBoard } from '@/board/context';
import { useI18n } from '@/i18n';
import css from './conflict.module.css';

const ConflictDialog = lazy(() => import('./ConflictDialog'));

export function ConflictTray() {
  const { t } = useI18n();
  const { room } = useBoard();
  const conflicts = useStore(room.conflicts);
  const [open, setOpen] = useState(false);
  const [first] = conflicts;
  if (!first) return null;
  return (
    <>
      <p className="visually-hidden" role="status">
        {t('conflict.waiting', { count: conflicts.length })}
      </p>
      <button type="button" className={css.tray} onClick={() => setOpen(true)}>
        <Split aria-hidden />
        {t('conflict.waiting', { count: conflicts.length })}
      </button>
      {open && (
        <Suspense fallback={null}>
          <ConflictDialog
            key={first.op_id}
            conflict={first}
            more={conflicts.length - 1}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
