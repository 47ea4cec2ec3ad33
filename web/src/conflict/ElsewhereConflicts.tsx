/** Where one is on no board whose edits wait for a decision, the way to one that has such. */
import { useLocation } from 'wouter';
import { useClient, useStore } from '@/app/client';
import { paths } from '@/app/paths';
import css from './conflict.module.css';
import { WaitingPill } from './WaitingPill';

export function ElsewhereConflicts() {
  const [location, go] = useLocation();
  const conflicts = useStore(useClient().conflicts);
  const [first] = conflicts;
  const isOn = (board: string) => location === paths.board(board) || location.startsWith(`${paths.board(board)}/`);
  if (!first || conflicts.some((one) => isOn(one.board_id))) return null;
  return (
    <div className={css.place}>
      <WaitingPill count={conflicts.length} onClick={() => go(paths.board(first.board_id))} />
    </div>
  );
}
