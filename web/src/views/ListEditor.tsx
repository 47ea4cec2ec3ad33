/** What opens on a cell of the list to change it: the menus of the board's cards, or the days of a month. */
import { announce } from '@/app/announce';
import { endOf, isFull, moveOps, send } from '@/board/actions';
import { AssignItems, PriorityItems } from '@/board/CardMenu';
import { useBoard, useColumns, useTask, useView } from '@/board/context';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { DatePickerAt } from '@/ui/DatePicker';
import { MenuAt, MenuItem } from '@/ui/Menu';
import { dayOfTask, movedTo } from './days';

export type Editable = 'column' | 'priority' | 'assignees' | 'due';

export interface Editing {
  id: Id;
  field: Editable;
  anchor: Element;
}

export function ListEditor({ editing, onClose }: { editing: Editing | null; onClose(): void }) {
  const { t } = useI18n();
  const { room } = useBoard();
  const task = useTask(editing?.id ?? '');
  const anchor = (task && editing?.anchor) ?? null;
  const field = editing?.field;
  return (
    <>
      <MenuAt
        anchor={field === 'due' ? null : anchor}
        label={field && field !== 'due' ? t(`task.${field}`) : ''}
        onClose={onClose}
      >
        {task && field === 'column' && <ColumnItems id={task.id} />}
        {task && field === 'priority' && <PriorityItems ids={[task.id]} />}
        {task && field === 'assignees' && <AssignItems ids={[task.id]} />}
      </MenuAt>
      {task && (
        <DatePickerAt
          anchor={field === 'due' ? anchor : null}
          label={t('task.due')}
          value={dayOfTask(task)}
          onClose={onClose}
          onChange={(day) =>
            void room.submit({
              kind: 'task.update',
              task_id: task.id,
              set: { due_date: day && movedTo(task.due_date, day) },
            })
          }
        />
      )}
    </>
  );
}

function ColumnItems({ id }: { id: Id }) {
  const { t } = useI18n();
  const { room } = useBoard();
  const columns = useColumns();
  const view = useView((view) => view);
  const here = view?.tasks.get(id)?.column_id;
  const move = (columnId: Id, name: string) => {
    if (!view) return;
    send(room, moveOps(view, [id], endOf(view, columnId, [id])));
    announce(t('views.list_moved', { title: view.tasks.get(id)?.title ?? '', column: name }));
  };
  return columns.map(({ id: columnId, name }) => {
    const full = view !== null && isFull(view, columnId, [id]);
    return (
      <MenuItem key={columnId} disabled={full || columnId === here} onSelect={() => move(columnId, name)}>
        <bdi>{full ? t('board.select_no_room', { name }) : name}</bdi>
      </MenuItem>
    );
  });
}
