/** Who else has this task open, and what they edit. */

import { useClient, useStore } from '@/app/client';
import { useBoard } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Id, Member } from '@/sync/wire';
import { AvatarStack } from '@/ui/Avatar';
import css from './task-panel.module.css';

function useOthers(taskId: Id): Member[] {
  const { room } = useBoard();
  const { sessionId } = useStore(useClient().connection);
  const members = useStore(room.presence);
  return [...members.values()].filter((one) => one.state.task_id === taskId && one.session_id !== sessionId);
}

export function Editors({ taskId }: { taskId: Id }) {
  const others = useOthers(taskId);
  const people = [...new Map(others.map((one) => [one.user.id, one.user])).values()];
  return people.length > 0 ? <AvatarStack people={people} size="small" /> : null;
}

/** "Sara edits this": beside the field that somebody else is in. */
export function EditedBy({ taskId, field }: { taskId: Id; field: string }) {
  const { t } = useI18n();
  const editor = useOthers(taskId).find((one) => one.state.activity === 'editing' && one.state.field === field);
  return <span className={css.editing}>{editor && t('task.edited_by', { name: editor.user.name })}</span>;
}
