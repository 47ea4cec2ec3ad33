/** Tasks for the palette: those of the board that is shown at once, those of all workspaces when the server has answered. */
import { useEffect, useMemo, useState } from 'react';
import { useClient, useStore } from '@/app/client';
import { fold, matcher, NO_FILTER } from '@/filter/filter';
import type { BoardView, Page } from '@/sync/api';
import type { Id, Task } from '@/sync/wire';
import { asWritten, type FoundTask } from '@/views/found';
import { shownBoard } from './shown-board';

export interface Found {
  id: Id;
  title: string;
  /** `KEY-42`; null where the key is not known. */
  name: string | null;
  board_id: Id;
}

/** Before the server is asked. */
const PAUSE_MS = 150;
/** One letter finds half of everything. */
const SHORTEST = 2;
const MOST_HERE = 6;
const MOST_ELSEWHERE = 8;

/** `keys` are those of the projects. */
export function useFoundTasks(text: string, keys: ReadonlyMap<Id, string>): readonly Found[] {
  const { rest } = useClient();
  const board = useStore(shownBoard);
  const [elsewhere, setElsewhere] = useState<readonly FoundTask[]>([]);
  useEffect(() => {
    if (text.length < SHORTEST) {
      setElsewhere([]);
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      const query = { q: asWritten(text), limit: MOST_ELSEWHERE, sort: '-updated_at' };
      rest.get<Page<FoundTask>>('/tasks', query).then(
        (page) => current && setElsewhere(page.items),
        // Offline, what is here has to do.
        () => current && setElsewhere([]),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [rest, text]);
  return useMemo(() => {
    const view = board?.room.view.get();
    const here = view && text.length >= SHORTEST ? tasksHere(view, text) : [];
    const known = new Set(here.map((one) => one.id));
    const others = elsewhere
      .filter((one) => !known.has(one.id))
      .map((one) => ({ ...one, name: nameOf(keys.get(one.project_id), one) }));
    return [...here, ...others];
  }, [board, text, elsewhere, keys]);
}

export function tasksHere(view: BoardView, text: string): Found[] {
  const { id, project_key } = view.board;
  const matches = matcher({ ...NO_FILTER, text }, { me: '', projectKey: project_key, now: new Date() });
  const found = [...view.tasks.values()]
    .filter(matches)
    .map((task): Found => ({ id: task.id, title: task.title, name: nameOf(project_key, task), board_id: id }));
  // Its whole number names one task, and may be the beginning of others'.
  const called = fold(text);
  const rank = (one: Found) => Number(one.name !== null && fold(one.name) === called);
  return found.sort((a, b) => rank(b) - rank(a)).slice(0, MOST_HERE);
}

const nameOf = (key: string | undefined, { number }: Pick<Task, 'number'>) =>
  key && number > 0 ? `${key}-${number}` : null;
