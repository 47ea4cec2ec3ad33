/** What can be done with all cards that are selected: each choice is one gesture, sent and undone as one. */
import { CircleUserRound, Columns3, Flag, Trash2, X } from 'lucide-react';
import { useMemo } from 'react';
import { useI18n } from '@/i18n';
import { Button, IconButton } from '@/ui/Button';
import { Menu } from '@/ui/Menu';
import { AssignItems, MoveItems, PriorityItems } from './CardMenu';
import { useBoard, useView } from './context';
import { useHands, usePart } from './interaction-context';
import { NOTHING_SELECTED } from './selection';
import css from './selection-bar.module.css';

export function SelectionBar() {
  const { t } = useI18n();
  const { rights } = useBoard();
  const { hands, act } = useHands();
  const selection = usePart(hands.selection, (selection) => selection);
  const tasks = useView((view) => view?.tasks);
  const ids = useMemo(
    () =>
      hands.selected().filter((id) => {
        const task = tasks?.get(id);
        return selection.ids.has(id) && task !== undefined;
      }),
    [hands, selection, tasks],
  );
  if (selection.ids.size === 0) return null;
  const writes =
    ids.length > 0 &&
    ids.every((id) => {
      const task = tasks?.get(id);
      return task !== undefined && rights.writeTask(task);
    });
  const clear = () => {
    const active = hands.active.get();
    hands.selection.set(NOTHING_SELECTED);
    if (active) hands.focus(active);
  };
  return (
    <div
      className={css.bar}
      role="toolbar"
      aria-label={t('board.selection')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') clear();
      }}
    >
      <span className={css.count}>{t('board.selected', { count: selection.ids.size })}</span>
      {writes && (
        <>
          <Menu align="start" trigger={<BarButton icon={<Columns3 aria-hidden />} label={t('board.select_move')} />}>
            <MoveItems ids={ids} />
          </Menu>
          <Menu
            align="start"
            trigger={<BarButton icon={<CircleUserRound aria-hidden />} label={t('board.select_assign')} />}
          >
            <AssignItems ids={ids} />
          </Menu>
          <Menu align="start" trigger={<BarButton icon={<Flag aria-hidden />} label={t('board.select_priority')} />}>
            <PriorityItems ids={ids} />
          </Menu>
          <BarButton icon={<Trash2 aria-hidden />} label={t('board.select_delete')} onClick={() => act.remove(ids)} />
        </>
      )}
      <IconButton label={t('board.select_clear')} icon={<X />} small onClick={clear} />
    </div>
  );
}

/** Its text goes where there is no room for it; its name stays. */
function BarButton(props: { icon: React.ReactNode; label: string } & React.ComponentProps<typeof Button>) {
  const { icon, label, ...rest } = props;
  return (
    <Button {...rest} small look="quiet" aria-label={label} title={label}>
      {icon}
      <span className={css.text}>{label}</span>
    </Button>
  );
}
