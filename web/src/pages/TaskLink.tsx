/** A task's own address: goes on to its board, with the task open. */
import { useCallback } from 'react';
import { Redirect, useParams } from 'wouter';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { isProblem } from '@/app/problem';
import { useRead } from '@/app/read';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Skeleton } from '@/ui/Empty';
import NotFound from './NotFound';
import { Retry } from './Retry';

export default function TaskLink() {
  const { taskId = '' } = useParams();
  const { t } = useI18n();
  const task = useRead(useCallback((rest: Rest) => rest.get<{ board_id: Id }>(`/tasks/${taskId}`), [taskId]));
  if (task.value) return <Redirect to={`${paths.board(task.value.board_id)}?task=${taskId}`} replace />;
  if (isProblem(task.error) && task.error.code === 'NOT_FOUND') return <NotFound />;
  return (
    <Frame title={t('common.loading')}>
      {task.error === null ? <Skeleton label={t('common.loading')} /> : <Retry reading={task} />}
    </Frame>
  );
}
