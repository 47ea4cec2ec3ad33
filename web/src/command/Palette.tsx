/** Finds anything by a few letters: commands, places, boards, tasks. Also makes tasks. */
import { Command as Cmdk } from 'cmdk';
import { CircleDashed, Columns3, FolderClosed, Plus, Search, Users } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useClient, useMe, useStore } from '@/app/client';
import { openMaking, type Palette as Wanted } from '@/app/palette';
import { paths } from '@/app/paths';
import { useRead } from '@/app/read';
import type { Project } from '@/app/shapes';
import { fold } from '@/filter/filter';
import { score } from '@/filter/score';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { type Found, useFoundTasks } from './found';
import { Keys } from './Keys';
import { MakeTask } from './MakeTask';
import { PaletteFrame, PaletteItem } from './PaletteFrame';
import css from './palette.module.css';
import { type Group, useAllCommands } from './registry';
import { shownBoard } from './shown-board';

const GROUPS: readonly Group[] = ['calendar', 'board', 'go', 'app'];
/** Whether its number was typed, whole. */
const isCalled = ({ name }: Found, text: string) => name !== null && fold(name) === fold(text);

export default function Palette({ wanted, onClose }: { wanted: Wanted; onClose(): void }) {
  const [, go] = useLocation();
  const board = useStore(shownBoard);
  if (wanted.for === 'finding') return <Find onClose={onClose} />;
  if (!board?.mayWrite) return null;
  const open = (id: Id) => go(`${paths.board(board.room.id)}?task=${id}`);
  return <MakeTask room={board.room} text={wanted.text} onOpen={open} onClose={onClose} />;
}

function Find({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const board = useStore(shownBoard);
  const [, go] = useLocation();
  const [typed, setTyped] = useState('');
  const text = typed.trim();
  const projects = useRead(useCallback((rest: Rest) => rest.all<Project>('/projects'), [])).value;
  const keys = useMemo(() => new Map(projects?.map((one) => [one.id, one.key])), [projects]);
  const tasks = useFoundTasks(text, keys);
  const { list, chosen, setChosen, onKeyDown, begin } = useChosen(tasks);
  const run = (act: () => void) => {
    onClose();
    // After the focus has gone back to where it was.
    setTimeout(act, 0);
  };
  const type = (next: string) => {
    begin();
    setTyped(next);
  };
  const to = (path: string) => run(() => go(path));
  return (
    <PaletteFrame label={t('command.palette')} onClose={onClose}>
      <Cmdk
        label={t('command.palette')}
        filter={score}
        loop
        value={chosen}
        onValueChange={setChosen}
        onKeyDown={onKeyDown}
      >
        <div className={css.field}>
          <Search aria-hidden />
          <Cmdk.Input
            className={css.input}
            dir="auto"
            placeholder={t('command.placeholder')}
            value={typed}
            onValueChange={type}
          />
        </div>
        <Cmdk.List ref={list} className={css.list}>
          <Cmdk.Empty className={css.empty}>{t('command.nothing')}</Cmdk.Empty>
          <Commands run={run} />
          {tasks.length > 0 && (
            <Cmdk.Group heading={t('command.tasks')} className={css.group ?? ''}>
              {tasks.map((task) => (
                <PaletteItem
                  key={task.id}
                  // The server may have found it by its description: it shall pass.
                  value={`${isCalled(task, text) ? task.name : task.title} ${task.name ?? ''} ${text} ${task.id}`}
                  icon={<CircleDashed aria-hidden />}
                  aside={<bdi className={css.aside}>{task.name}</bdi>}
                  onSelect={() => to(`${paths.board(task.board_id)}?task=${task.id}`)}
                >
                  <bdi>{task.title}</bdi>
                </PaletteItem>
              ))}
            </Cmdk.Group>
          )}
          <Places projects={projects ?? []} to={to} />
          {text !== '' && (
            <Cmdk.Group forceMount className={css.group ?? ''}>
              {board?.mayWrite && (
                <PaletteItem
                  forceMount
                  value={`make ${text}`}
                  icon={<Plus aria-hidden />}
                  onSelect={() => run(() => openMaking(text))}
                >
                  {t('command.make_called', { text })}
                </PaletteItem>
              )}
              <PaletteItem
                forceMount
                value={`search ${text}`}
                icon={<Search aria-hidden />}
                onSelect={() => to(`${paths.search}?q=${encodeURIComponent(text)}`)}
              >
                {t('command.search_for', { text })}
              </PaletteItem>
            </Cmdk.Group>
          )}
        </Cmdk.List>
      </Cmdk>
    </PaletteFrame>
  );
}

function Commands({ run }: { run(act: () => void): void }) {
  const { t } = useI18n();
  const commands = useAllCommands();
  return GROUPS.map((group) => {
    const some = commands.filter((one) => one.group === group && one.run && one.id !== 'palette');
    if (some.length === 0) return null;
    return (
      <Cmdk.Group key={group} heading={t(`command.group_${group}`)} className={css.group ?? ''}>
        {some.map((one) => (
          <PaletteItem
            key={one.id}
            value={`${one.name} ${one.id}`}
            aside={one.keys && <Keys keys={one.keys} />}
            onSelect={() => run(() => one.run?.())}
          >
            {one.name}
          </PaletteItem>
        ))}
      </Cmdk.Group>
    );
  });
}

/** Boards that this device has seen, projects and workspaces. */
function Places({ projects, to }: { projects: readonly Project[]; to(path: string): void }) {
  const { t } = useI18n();
  const client = useClient();
  const { workspaces } = useMe();
  const kept = useRead(useCallback(() => client.keptBoards(), [client])).value ?? [];
  // A project's first board bears its name mostly, and is found by it before it was ever opened.
  const seen = new Set(kept.map(({ board }) => board.id));
  const boards = [
    ...kept.map(({ board }) => ({ id: board.id, name: board.name, key: board.project_key })),
    ...projects
      .filter((one) => !seen.has(one.board_id))
      .map((one) => ({ id: one.board_id, name: one.name, key: one.key })),
  ];
  const group = css.group ?? '';
  return (
    <>
      {boards.length > 0 && (
        <Cmdk.Group heading={t('command.boards')} className={group}>
          {boards.map(({ id, name, key }) => (
            <PaletteItem
              key={id}
              value={`${name} ${key} ${id}`}
              icon={<Columns3 aria-hidden />}
              aside={<bdi className={css.aside}>{key}</bdi>}
              onSelect={() => to(paths.board(id))}
            >
              <bdi>{name}</bdi>
            </PaletteItem>
          ))}
        </Cmdk.Group>
      )}
      {projects.length > 0 && (
        <Cmdk.Group heading={t('command.projects')} className={group}>
          {projects.map(({ id, name, key }) => (
            <PaletteItem
              key={id}
              value={`${name} ${key} ${id}`}
              icon={<FolderClosed aria-hidden />}
              aside={<bdi className={css.aside}>{key}</bdi>}
              onSelect={() => to(paths.project(id))}
            >
              <bdi>{name}</bdi>
            </PaletteItem>
          ))}
        </Cmdk.Group>
      )}
      <Cmdk.Group heading={t('common.workspaces')} className={group}>
        {workspaces.map(({ id, name }) => (
          <PaletteItem
            key={id}
            value={`${name} ${id}`}
            icon={<Users aria-hidden />}
            onSelect={() => to(paths.workspace(id))}
          >
            <bdi>{name}</bdi>
          </PaletteItem>
        ))}
      </Cmdk.Group>
    </>
  );
}

/** The item that Enter takes: the best one, also when a better one comes late, until the arrows have chosen another. */
function useChosen(found: readonly Found[]) {
  const list = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState('');
  const walked = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was found may stand first now
  useEffect(() => {
    if (walked.current) return;
    // When the items are in their order.
    const frame = requestAnimationFrame(() => {
      const first = list.current?.querySelector<HTMLElement>('[cmdk-item]:not([aria-disabled="true"])');
      setChosen(first?.dataset.value ?? '');
    });
    return () => cancelAnimationFrame(frame);
  }, [found]);
  return {
    list,
    chosen,
    setChosen,
    onKeyDown(event: { key: string }) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') walked.current = true;
    },
    /** Something else is typed. */
    begin() {
      walked.current = false;
    },
  };
}
