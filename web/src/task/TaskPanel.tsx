/** A task beside its board: all that it holds, each part to be changed where it stands. */
import { Ellipsis, Link2, Trash2, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import { paths } from '@/app/paths';
import { send } from '@/board/actions';
import { useBoard, useOpenTask, useTask, useUnsynced, useView } from '@/board/context';
import { type Command, useCommands } from '@/command/registry';
import { useI18n } from '@/i18n';
import type { Id, Task } from '@/sync/wire';
import { IconButton } from '@/ui/Button';
import { copyText } from '@/ui/copy';
import { Empty } from '@/ui/Empty';
import { Menu, MenuItem } from '@/ui/Menu';
import { showToast } from '@/ui/toast';
import { Description } from './Description';
import { Editors } from './Editors';
import { Facts } from './Facts';
import { History } from './History';
import { Title } from './Title';
import css from './task-panel.module.css';

export default function TaskPanel({ taskId }: { taskId: Id }) {
  const { t } = useI18n();
  const { room, status } = useBoard();
  const task = useTask(taskId);
  const key = useView((view) => view?.board.project_key);
  const loaded = useView((view) => view !== null);
  const unsynced = useUnsynced(taskId);
  const close = useOpenTask();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    room.setPresence({ task_id: taskId, activity: 'viewing' });
    return () => room.setPresence({ task_id: null, activity: null, field: null });
  }, [room, taskId]);
  useEffect(() => {
    panel.current?.focus();
    return () => {
      // The card that it was opened from has the focus again, if it is shown and nothing else took it.
      if (document.activeElement !== document.body) return;
      document.querySelector<HTMLElement>(`[data-task-id="${taskId}"] [data-card-focus]`)?.focus();
    };
  }, [taskId]);
  useCommands(
    useMemo(
      (): Command[] => [
        { id: 'panel-close', name: t('task.close'), group: 'board', keys: 'escape', run: () => close(null) },
      ],
      [t, close],
    ),
  );
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    close(null);
  };
  if (!loaded || (!task && status === 'loading')) return null;
  return (
    <aside
      ref={panel}
      className={css.panel}
      aria-label={task ? t('task.panel_of', { title: task.title }) : t('task.panel')}
      tabIndex={-1}
      onKeyDown={leave}
    >
      <header className={css.head}>
        <span className={css.key}>
          <bdi>{task && task.number > 0 ? `${key}-${task.number}` : '…'}</bdi>
        </span>
        {unsynced && <span className={css.unsynced}>{t('board.card_unsynced')}</span>}
        <span className={css.space} />
        {task && <Editors taskId={taskId} />}
        {task && <More task={task} />}
        <IconButton label={t('common.close')} icon={<X />} onClick={() => close(null)} />
      </header>
      {task ? (
        <div className={css.body}>
          <Title task={task} />
          <Facts task={task} />
          <Description task={task} />
          <History taskId={taskId} />
        </div>
      ) : (
        <Empty title={t('task.gone')} text={t('task.gone_text')} />
      )}
    </aside>
  );
}

function More({ task }: { task: Task }) {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const close = useOpenTask();
  const copy = async () => {
    const copied = await copyText(new URL(paths.task(task.id), location.href).href);
    if (copied) showToast({ text: t('board.card_link_copied') });
  };
  const remove = () => {
    send(room, [{ kind: 'task.delete', task_id: task.id }]);
    close(null);
    const restore = () => send(room, [{ kind: 'task.restore', task_id: task.id }]);
    const text = t('board.deleted', { title: task.title });
    showToast({ text, stays: 10_000, action: { label: t('common.undo'), run: restore } });
  };
  return (
    <Menu trigger={<IconButton label={t('common.more')} icon={<Ellipsis />} />}>
      <MenuItem icon={<Link2 />} onSelect={() => void copy()}>
        {t('board.card_copy_link')}
      </MenuItem>
      {rights.deleteTask(task) && (
        <MenuItem icon={<Trash2 />} danger onSelect={remove}>
          {t('board.card_delete')}
        </MenuItem>
      )}
    </Menu>
  );
}
