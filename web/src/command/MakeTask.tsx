/** Makes a task on the board that is shown: its title, then its column. */
import { Command as Cmdk } from 'cmdk';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { v7 } from 'uuid';
import { announce } from '@/app/announce';
import { useStore } from '@/app/client';
import { endOf, isFull, TITLE_MAX, TITLE_MIN } from '@/board/actions';
import { oneLine } from '@/board/text';
import { useI18n } from '@/i18n';
import type { BoardRoom } from '@/sync/api';
import type { Column, Id } from '@/sync/wire';
import { StatusDot } from '@/ui/StatusDot';
import { showToast } from '@/ui/toast';
import { PaletteFrame, PaletteItem } from './PaletteFrame';
import css from './palette.module.css';

interface Props {
  room: BoardRoom;
  text: string;
  onOpen(id: Id): void;
  onClose(): void;
}

export function MakeTask({ room, text, onOpen, onClose }: Props) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(text);
  const view = useStore(room.view);
  const title = oneLine(typed);
  const length = [...title].length;
  const fits = length >= TITLE_MIN && length <= TITLE_MAX;
  const make = ({ id: column_id, name }: Column) => {
    if (!fits || !view) return;
    const { after } = endOf(view, column_id, []);
    const task_id = v7();
    room.submit({ kind: 'task.create', task_id, column_id, title, ...(after ? { after } : {}) });
    const said = t('board.added', { title, column: name });
    announce(said);
    showToast({ text: said, action: { label: t('board.card_open'), run: () => onOpen(task_id) } });
    onClose();
  };
  return (
    <PaletteFrame label={t('command.make')} onClose={onClose}>
      <Cmdk label={t('command.make')} shouldFilter={false} loop>
        <div className={css.field}>
          <Plus aria-hidden />
          <Cmdk.Input
            className={css.input}
            dir="auto"
            maxLength={TITLE_MAX}
            placeholder={t('board.add_title')}
            value={typed}
            onValueChange={setTyped}
          />
        </div>
        <Cmdk.List className={css.list}>
          <Cmdk.Group
            heading={
              title !== '' && !fits
                ? t('board.card_title_error', { min: TITLE_MIN, max: TITLE_MAX })
                : t('command.make_in')
            }
            className={css.group ?? ''}
          >
            {view?.columns.map((column) => {
              const full = isFull(view, column.id, ['']);
              return (
                <PaletteItem
                  key={column.id}
                  value={column.id}
                  icon={<StatusDot status={column.status} />}
                  disabled={full || !fits}
                  onSelect={() => make(column)}
                >
                  <bdi>{full ? t('board.select_no_room', { name: column.name }) : column.name}</bdi>
                </PaletteItem>
              );
            })}
          </Cmdk.Group>
        </Cmdk.List>
      </Cmdk>
    </PaletteFrame>
  );
}
