/** Where one is on no board whose edits wait for a decision, the way to one that has such. */
import { Split } from 'lucide-react';
import { useLocation } from 'wouter';
import { useClient, useStore } from '@/app/client';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import css from './conflict.module.css';

export function ElsewhereConflicts() {
  const { t } = useI18n();
  const [location, go] = useLocation();
  const conflicts = useStore(useClient().conflicts);
  const [first] = conflicts;
  const isOn = (board: string) => location === paths.board(board) || location.startsWith(`${paths.board(board)}/`);
  if (!first || conflicts.some((one) => isOn(one.board_id))) return null;
  const waiting = t('conflict.waiting', { count: conflicts.length });
  return (
    <div className={css.place}>
      <p className="visually-hidden" role="status">
        {waiting}
      </p>
      <button type="button" className={css.tray} onClick={() => go(paths.board(first.board_id))}>
        <Split aria-hidden />
        {waiting}
      </button>
    </div>
  );
}
