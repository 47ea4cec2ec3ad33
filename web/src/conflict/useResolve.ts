/** Takes a decision, and leaves a way back to what was given up by it. */
import { useBoard } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import type { Op } from '@/sync/wire';
import { showToast } from '@/ui/toast';
import { isText, storyOf, textOf } from './words';

/** As long as one needs to see that one has chosen the wrong one. */
const REGRET_MS = 12_000;

export function useResolve(): (conflict: Conflict, choice: 'mine' | 'theirs' | { edited: Op }) => void {
  const { t } = useI18n();
  const { room } = useBoard();
  return (conflict, choice) => {
    room.resolve(conflict.op_id, choice);
    const typed = conflict.fields.some(({ field, mine }) => isText(field) && textOf(mine) !== '');
    // Elsewhere one was asked before.
    if (choice !== 'theirs' || storyOf(conflict) !== 'changed' || !typed) return;
    const back = () => room.submit(own(conflict));
    showToast({
      text: t('conflict.discarded'),
      stays: REGRET_MS,
      action: { label: t('conflict.bring_back'), run: back },
    });
  };
}

/** Of the op, what was in question; without its version, so that it goes on top of what stands there. */
function own({ op, fields }: Conflict): Op {
  if (op.kind !== 'task.update' && op.kind !== 'column.update') return op;
  const set = Object.fromEntries(fields.map(({ field, mine }) => [field, mine]));
  return op.kind === 'task.update'
    ? { kind: op.kind, task_id: op.task_id, set }
    : { kind: op.kind, column_id: op.column_id, set };
}
