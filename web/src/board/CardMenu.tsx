/** What can be done with a card, or with all that are selected: no dragging needed. */
import { CircleUserRound, Columns3, Flag, Link, ListChecks, PanelRight, Pencil, Trash2 } from 'lucide-react';
import { announce } from '@/app/announce';
import { paths } from '@/app/paths';
import { PRIORITIES } from '@/filter/filter';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { copyText } from '@/ui/copy';
import { MenuAt, MenuCheck, MenuGroup, MenuItem, MenuLine, MenuSub } from '@/ui/Menu';
import { showToast } from '@/ui/toast';
import { assignOps, isFull, send, setOps } from './actions';
import { useBoard, useColumns, useView } from './context';
import { useHands, usePart } from './interaction-context';
import { PriorityMark } from './PriorityMark';
import { toggled } from './selection';

export function CardMenu() {
  const { t } = useI18n();
  const { hands } = useHands();
  const open = usePart(hands.menu, (menu) => menu);
  const [first] = open?.ids ?? [];
  const title = useView((view) => (first ? view?.tasks.get(first)?.title : undefined));
  return (
    <MenuAt
      anchor={open && title !== undefined ? open.anchor : null}
      label={t('board.card_menu', { title: title ?? '' })}
      onClose={() => hands.menu.set(null)}
      finalFocus={() => {
        // A card that has gone to another column is another element by now.
        const active = hands.active.get();
        return (active && hands.card(active)?.querySelector<HTMLElement>('[data-card-focus]')) || null;
      }}
    >
      {open && <CardMenuItems ids={open.ids} />}
    </MenuAt>
  );
}

function CardMenuItems({ ids }: { ids: readonly Id[] }) {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const { hands, act } = useHands();
  const tasks = useView((view) => view?.tasks);
  const [id] = ids;
  if (id === undefined) return null;
  const one = ids.length === 1;
  const writes = ids.some((each) => {
    const task = tasks?.get(each);
    return task !== undefined && rights.writeTask(task);
  });
  const column = tasks?.get(id)?.column_id ?? '';
  const selected = hands.selection.get().ids.has(id);
  const copyLink = async () => {
    const copied = await copyText(new URL(`${paths.board(room.id)}?task=${id}`, location.href).href);
    if (copied) showToast({ text: t('board.card_link_copied') });
  };
  return (
    <MenuGroup label={one ? (tasks?.get(id)?.title ?? '') : t('board.selected', { count: ids.length })}>
      {one && (
        <MenuItem icon={<PanelRight />} aside="Enter" onSelect={() => act.open(id)}>
          {t('board.card_open')}
        </MenuItem>
      )}
      {one && writes && (
        // The menu gives the focus back when it closes: only after that can the field have it.
        <MenuItem icon={<Pencil />} aside="E" onSelect={() => setTimeout(() => act.rename(id), 60)}>
          {t('board.card_rename')}
        </MenuItem>
      )}
      {writes && (
        <>
          <MenuSub icon={<Columns3 />} label={t('board.card_move')}>
            <MoveItems ids={ids} />
            {one && (
              <>
                <MenuLine />
                <MenuItem onSelect={() => act.moveTo(ids, column, 'top')}>{t('board.card_move_top')}</MenuItem>
                <MenuItem onSelect={() => act.moveTo(ids, column, 'bottom')}>{t('board.card_move_bottom')}</MenuItem>
              </>
            )}
          </MenuSub>
          <MenuSub icon={<CircleUserRound />} label={t('board.select_assign')}>
            <AssignItems ids={ids} />
          </MenuSub>
          <MenuSub icon={<Flag />} label={t('board.select_priority')}>
            <PriorityItems ids={ids} />
          </MenuSub>
        </>
      )}
      {one && (
        <>
          <MenuLine />
          <MenuItem
            icon={<ListChecks />}
            aside="X"
            onSelect={() => hands.selection.set(toggled(hands.selection.get(), id))}
          >
            {selected ? t('board.card_deselect') : t('board.card_select')}
          </MenuItem>
          <MenuItem icon={<Link />} onSelect={() => void copyLink()}>
            {t('board.card_copy_link')}
          </MenuItem>
        </>
      )}
      {writes && (
        <>
          <MenuLine />
          <MenuItem icon={<Trash2 />} danger onSelect={() => act.remove(ids)}>
            {t('board.card_delete')}
          </MenuItem>
        </>
      )}
    </MenuGroup>
  );
}

/** The columns; those that are too full can not be chosen, and say so. */
export function MoveItems({ ids }: { ids: readonly Id[] }) {
  const { t } = useI18n();
  const { act } = useHands();
  const columns = useColumns();
  const view = useView((view) => view);
  return columns.map((column) => {
    const full = view !== null && isFull(view, column.id, ids);
    const here = ids.every((id) => view?.tasks.get(id)?.column_id === column.id);
    return (
      <MenuItem key={column.id} disabled={full || here} onSelect={() => act.moveTo(ids, column.id)}>
        <bdi>{full ? t('board.select_no_room', { name: column.name }) : column.name}</bdi>
      </MenuItem>
    );
  });
}

/** Who is in the workspace; ticked are those that all of `ids` are assigned to. */
export function AssignItems({ ids }: { ids: readonly Id[] }) {
  const { room, colleagues } = useBoard();
  const tasks = useView((view) => view?.tasks);
  return [...colleagues.values()].map(({ user_id, name }) => (
    <MenuCheck
      key={user_id}
      checked={ids.every((id) => tasks?.get(id)?.assignee_ids.includes(user_id))}
      onChange={(checked) => void send(room, assignOps(ids, user_id, checked))}
    >
      <bdi>{name}</bdi>
    </MenuCheck>
  ));
}

export function PriorityItems({ ids }: { ids: readonly Id[] }) {
  const { t } = useI18n();
  const { room } = useBoard();
  return PRIORITIES.map((priority) => (
    <MenuItem
      key={priority}
      icon={<PriorityMark priority={priority} />}
      onSelect={() => {
        send(room, setOps(ids, { priority }));
        announce(t('board.card_priority', { name: t(`common.priority_${priority}`) }));
      }}
    >
      {t(`common.priority_${priority}`)}
    </MenuItem>
  ));
}
