/** What can be done with a column. */
import { ArrowLeft, ArrowRight, ListChecks, Pencil, Settings2, Trash2 } from 'lucide-react';
import { announce } from '@/app/announce';
import { useI18n } from '@/i18n';
import type { Column } from '@/sync/wire';
import { MenuItem, MenuLine } from '@/ui/Menu';
import { moveColumnOp } from './actions';
import { useBoard, useColumns } from './context';
import { indexOf, listOf, type Subject, spotAt, spotOf } from './drag';
import { useHands } from './interaction-context';
import { toggledAll } from './selection';

export function ColumnMenuItems({ column }: { column: Column }) {
  const { t, dir } = useI18n();
  const { room, rights } = useBoard();
  const { hands } = useHands();
  const columns = useColumns();
  const at = columns.findIndex((one) => one.id === column.id);
  const move = (by: number) => {
    const subject: Subject = { kind: 'column', lead: column.id, ids: [column.id] };
    const from = spotOf(subject, hands.layout);
    if (!from) return;
    const list = listOf(null, subject, hands.layout);
    const position = indexOf(from, list) + by;
    room.submit(moveColumnOp(column.id, spotAt(null, list, position)));
    const total = columns.length;
    announce(t('board.column_dropped', { title: column.name, position: position + 1, total }));
  };
  const left = dir === 'ltr' ? -1 : 1;
  const can = (by: number) => at + by >= 0 && at + by < columns.length;
  return (
    <>
      <MenuItem
        icon={<ListChecks />}
        disabled={hands.shown(column.id).length === 0}
        onSelect={() => hands.selection.set(toggledAll(hands.selection.get(), hands.shown(column.id)))}
      >
        {t('board.column_select_all')}
      </MenuItem>
      {rights.columns && (
        <>
          <MenuLine />
          {/* The menu gives the focus back when it closes: only after that can the field have it. */}
          <MenuItem icon={<Pencil />} onSelect={() => setTimeout(() => hands.renaming.set(column.id), 60)}>
            {t('board.column_rename')}
          </MenuItem>
          <MenuItem icon={<Settings2 />} onSelect={() => hands.dialog.set({ kind: 'settings', columnId: column.id })}>
            {t('board.column_settings')}
          </MenuItem>
          <MenuItem icon={<ArrowLeft />} disabled={!can(left)} onSelect={() => move(left)}>
            {t('board.column_left')}
          </MenuItem>
          <MenuItem icon={<ArrowRight />} disabled={!can(-left)} onSelect={() => move(-left)}>
            {t('board.column_right')}
          </MenuItem>
          <MenuLine />
          <MenuItem icon={<Trash2 />} danger onSelect={() => hands.dialog.set({ kind: 'delete', columnId: column.id })}>
            {t('board.column_delete')}
          </MenuItem>
        </>
      )}
    </>
  );
}
