/** Says in words what was refused, on all faces of a board. */
import { useEffect } from 'react';
import { announce } from '@/app/announce';
import { problemText } from '@/app/problem';
import { type I18n, useI18n } from '@/i18n';
import type { BoardRoom, Notice } from '@/sync/api';
import type { Op, Reject } from '@/sync/wire';
import { showToast } from '@/ui/toast';
import { type BoardScope, useBoard } from './context';

export function Notices() {
  const i18n = useI18n();
  const board = useBoard();
  useEffect(() => {
    const { room } = board;
    return room.onNotice((notice) => {
      const text = noticeText(notice, board, i18n.t);
      showToast({ text, tone: 'warning', id: 'notice' });
      announce(text);
    });
  }, [board, i18n]);
  return null;
}

/** Undoes or does again, and says what: it shows at once. Where it is refused, a notice takes the place of what was said. */
export function turn(room: BoardRoom, what: 'undo' | 'redo', t: I18n['t'], say: (text: string) => void) {
  const next = room.history.state.get()[what];
  if (!next) return say(t(`board.${what}_nothing`));
  void room.history[what]();
  say(t(what === 'undo' ? 'board.undone' : 'board.redone', { what: nameOfOp(next.op, t) }));
}

function nameOfOp(op: Op, t: I18n['t']): string {
  const [thing, deed] = op.kind.split('.') as ['task', 'create'];
  return t(`board.did_${thing}_${deed}`);
}

export function noticeText(notice: Notice, board: Pick<BoardScope, 'room' | 'nameOf'>, t: I18n['t']): string {
  const { op, reject, kind } = notice;
  const view = board.room.view.get();
  const columnName = (id: string | undefined) => view?.columns.find((one) => one.id === id)?.name ?? '';
  const column = columnName('column_id' in op ? op.column_id : undefined);
  const task = 'task_id' in op ? view?.tasks.get(op.task_id) : undefined;
  const title = 'title' in op ? op.title : (task?.title ?? nameIn(reject?.current) ?? column);
  const name = board.nameOf(reject?.conflicts?.at(-1)?.actor_id ?? null);
  if (kind === 'undo_refused') {
    if (reject?.code === 'VERSION_CONFLICT') return t('board.undo_refused', { name });
    if (reject?.code === 'NOT_FOUND') return t('board.undo_refused_gone');
    if (reject?.code === 'WIP_LIMIT') return t('board.undo_refused_full', { column });
    return t('board.undo_refused_other');
  }
  if (kind === 'moved_meanwhile') {
    if (op.kind === 'column.move') return t('board.refused_column_moved', { name, title: column });
    return t('board.refused_moved', { name, title, column: columnName(task?.column_id) });
  }
  switch (reject?.code) {
    case 'WIP_LIMIT':
      return op.kind === 'task.create'
        ? t('board.refused_full_new', { title, column })
        : t('board.refused_full', { title, column });
    case 'NOT_FOUND':
      return title ? t('board.refused_gone', { title }) : t('common.error_not_found');
    case 'FORBIDDEN':
      return t('board.refused_forbidden');
    case 'CONFLICT':
      return op.kind === 'column.delete' ? t('board.refused_not_empty') : problemText(reject, t);
    default:
      return problemText(reject, t);
  }
}

function nameIn(current: Reject['current']): string | undefined {
  return current && ('title' in current ? current.title : current.name);
}
