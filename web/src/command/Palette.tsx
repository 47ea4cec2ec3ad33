/** Finds anything by a few letters: commands, places, boards, tasks. */
import { Dialog as Base } from '@base-ui/react/dialog';
import { Command as Cmdk } from 'cmdk';
import { Columns3, CornerDownLeft, FolderOpen, Search } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useClient, useMe } from '@/app/client';
import { paths } from '@/app/paths';
import { useRead } from '@/app/read';
import { fold } from '@/filter/filter';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { Keys } from './Keys';
import css from './palette.module.css';
import { type Group, useAllCommands } from './registry';

interface Found {
  id: Id;
  number: number;
  title: string;
  project_key: string;
}

const GROUPS: readonly Group[] = ['calendar', 'board', 'go', 'app'];
/** Before the server is asked. */
const PAUSE_MS = 150;
const FOUND_MAX = 8;

/** Words in any order, without regard to case and forms of letters. */
function score(value: string, typed: string): number {
  const text = fold(value);
  return fold(typed)
    .split(/\s+/)
    .every((word) => text.includes(word))
    ? 1
    : 0;
}

export default function Palette({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const client = useClient();
  const { workspaces } = useMe();
  const [, go] = useLocation();
  const commands = useAllCommands();
  const [typed, setTyped] = useState('');
  const kept = useRead(useCallback(() => client.keptBoards(), [client]));
  const found = useFound(typed.trim());
  const run = (act: () => void) => {
    onClose();
    // After the focus has gone back to where it was.
    setTimeout(act, 0);
  };
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup className={css.popup} aria-label={t('command.palette')}>
          <Cmdk label={t('command.palette')} filter={score} loop>
            <div className={css.field}>
              <Search aria-hidden />
              <Cmdk.Input
                className={css.input}
                dir="auto"
                placeholder={t('command.placeholder')}
                value={typed}
                onValueChange={setTyped}
              />
            </div>
            <Cmdk.List className={css.list}>
              <Cmdk.Empty className={css.empty}>{t('command.nothing')}</Cmdk.Empty>
              {found.length > 0 && (
                <Cmdk.Group heading={t('command.tasks')} className={css.group ?? ''}>
                  {found.map((task) => (
                    <Item
                      key={task.id}
                      // The server has found it, by more than its title perhaps: it shall pass.
                      value={`${task.title} ${task.number} ${typed} ${task.id}`}
                      icon={<CornerDownLeft />}
                      onSelect={() => run(() => go(paths.task(task.id)))}
                    >
                      <bdi>{task.title}</bdi>
                    </Item>
                  ))}
                </Cmdk.Group>
              )}
              {(kept.value?.length ?? 0) > 0 && (
                <Cmdk.Group heading={t('command.boards')} className={css.group ?? ''}>
                  {kept.value?.map(({ board }) => (
                    <Item
                      key={board.id}
                      value={`${board.name} ${board.project_key} ${board.id}`}
                      icon={<Columns3 />}
                      onSelect={() => run(() => go(paths.board(board.id)))}
                    >
                      <bdi>{board.name}</bdi>
                    </Item>
                  ))}
                </Cmdk.Group>
              )}
              <Cmdk.Group heading={t('common.workspaces')} className={css.group ?? ''}>
                {workspaces.map((workspace) => (
                  <Item
                    key={workspace.id}
                    value={`${workspace.name} ${workspace.id}`}
                    icon={<FolderOpen />}
                    onSelect={() => run(() => go(paths.workspace(workspace.id)))}
                  >
                    <bdi>{workspace.name}</bdi>
                  </Item>
                ))}
              </Cmdk.Group>
              {GROUPS.map((group) => {
                const some = commands.filter((one) => one.group === group && one.run && one.id !== 'palette');
                if (some.length === 0) return null;
                return (
                  <Cmdk.Group key={group} heading={t(`command.group_${group}`)} className={css.group ?? ''}>
                    {some.map((one) => (
                      <Item
                        key={one.id}
                        value={`${one.name} ${one.id}`}
                        aside={one.keys && <Keys keys={one.keys} />}
                        onSelect={() => run(() => one.run?.())}
                      >
                        {one.name}
                      </Item>
                    ))}
                  </Cmdk.Group>
                );
              })}
              {typed.trim() !== '' && (
                <Cmdk.Group forceMount heading={t('command.search')} className={css.group ?? ''}>
                  <Item
                    forceMount
                    value={`search ${typed}`}
                    icon={<Search />}
                    onSelect={() => run(() => go(`${paths.search}?q=${encodeURIComponent(typed.trim())}`))}
                  >
                    {t('command.search_for', { text: typed.trim() })}
                  </Item>
                </Cmdk.Group>
              )}
            </Cmdk.List>
          </Cmdk>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ItemProps {
  value: string;
  icon?: ReactNode;
  aside?: ReactNode;
  forceMount?: boolean;
  onSelect(): void;
  children: ReactNode;
}

function Item({ value, icon, aside, forceMount, onSelect, children }: ItemProps) {
  return (
    <Cmdk.Item value={value} className={css.item} forceMount={forceMount ?? false} onSelect={onSelect}>
      {icon}
      <span className={css.name}>{children}</span>
      {aside}
    </Cmdk.Item>
  );
}

/** Tasks of all one's workspaces; none while offline. */
function useFound(text: string): readonly Found[] {
  const { rest } = useClient();
  const [found, setFound] = useState<readonly Found[]>([]);
  useEffect(() => {
    if (text.length < 2) {
      setFound([]);
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      rest.get<{ items: Found[] }>('/tasks', { q: text, limit: FOUND_MAX, sort: '-updated_at' }).then(
        (page) => current && setFound(page.items),
        () => current && setFound([]),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [rest, text]);
  return found;
}
