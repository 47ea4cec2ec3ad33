/** A board and all that its faces need to know about it: its people, its labels, and what one may do. */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useSearchParams } from 'wouter';
import { useClient, useMe, useStore } from '@/app/client';
import { useRead, useRooms } from '@/app/read';
import { type Label, rules, type WorkspaceMember } from '@/app/shapes';
import type { BoardRoom, BoardStatus, BoardView, EventRoom, Rest } from '@/sync/api';
import { createValue, type Value } from '@/sync/value';
import type { Column, Id, Person, Role, Task } from '@/sync/wire';

export interface Rights {
  /** Make, change and move tasks. */
  write: boolean;
  /** Columns. */
  columns: boolean;
  /** A viewer may change and move what is assigned to them. */
  writeTask(task: Task): boolean;
  deleteTask(task: Task): boolean;
}

export interface BoardScope {
  room: BoardRoom;
  status: BoardStatus;
  me: Person;
  /** By user id; those who left the workspace are not among them. */
  colleagues: ReadonlyMap<Id, WorkspaceMember>;
  labels: ReadonlyMap<Id, Label>;
  /** What somebody is called; "Somebody" for those who are gone. */
  nameOf(id: Id | null): string;
  rights: Rights;
  /**
   * The element in which the columns scroll, while they are shown: what a cursor's place is a part of. A card in it
   * bears `data-task-id`, a column `data-column-id`.
   */
  area: Value<HTMLElement | null>;
  /** Brings a card into view and gives it the focus; false where it is not among those shown. Null while no columns are. */
  show: Value<((id: Id) => boolean) | null>;
}

const Context = createContext<BoardScope | null>(null);

export function useBoard(): BoardScope {
  const scope = useContext(Context);
  if (!scope) throw new Error('outside of BoardProvider');
  return scope;
}

/** Something of what is shown; drawn again only when `pick` gives another object. */
export function useView<T>(pick: (view: BoardView | null) => T): T {
  const { view } = useBoard().room;
  return useSyncExternalStore(
    (listener) => view.subscribe(listener),
    () => pick(view.get()),
  );
}

const NO_COLUMNS: readonly Column[] = [];
const NO_TASKS: readonly Id[] = [];
const NOTHING: readonly never[] = [];

export const useColumns = () => useView((view) => view?.columns ?? NO_COLUMNS);
/** A column's tasks from top to bottom. */
export const useOrder = (columnId: Id) => useView((view) => view?.order.get(columnId) ?? NO_TASKS);
export const useTask = (id: Id) => useView((view) => view?.tasks.get(id));
export const useUnsynced = (id: Id) => useView((view) => view?.unsynced.has(id) ?? false);

/** Opens a task's panel beside the board, by the address; null closes it. */
export function useOpenTask(): (id: Id | null) => void {
  const [, setQuery] = useSearchParams();
  // wouter gives a new setter with each address: who holds this one is not to be drawn again for that.
  const set = useRef(setQuery);
  set.current = setQuery;
  return useCallback((id) => {
    set.current((query) => {
      if (id) query.set('task', id);
      else query.delete('task');
      return query;
    });
  }, []);
}

export function BoardProvider(props: { boardId: Id; somebody: string; children: ReactNode }) {
  const { boardId, somebody } = props;
  const client = useClient();
  const [room, setRoom] = useState<BoardRoom | null>(null);
  useEffect(() => {
    const opened = client.openBoard(boardId);
    setRoom(opened);
    return () => opened.close();
  }, [client, boardId]);
  return room && <Provider {...{ room, somebody }}>{props.children}</Provider>;
}

function Provider({ room, somebody, children }: { room: BoardRoom; somebody: string; children: ReactNode }) {
  const { user, workspaces } = useMe();
  const status = useStore(room.status);
  const board = useSyncExternalStore(
    (listener) => room.view.subscribe(listener),
    () => room.view.get()?.board,
  );
  const rooms = useRooms(board && `workspace:${board.workspace_id}`, board && `project:${board.project_id}`);
  const colleagues = useList<WorkspaceMember>(board && `/workspaces/${board.workspace_id}/members`, rooms, MEMBERS);
  const labels = useList<Label>(board && `/projects/${board.project_id}/labels`, rooms, LABELS);
  const role = workspaces.find((one) => one.id === board?.workspace_id)?.role ?? 'viewer';
  const [area] = useState(() => createValue<HTMLElement | null>(null));
  const [show] = useState(() => createValue<((id: Id) => boolean) | null>(null));
  const scope = useMemo<BoardScope>(() => {
    const people = new Map(colleagues.map((one) => [one.user_id, one]));
    const names = (id: Id | null) => (id && people.get(id)?.name) || (id === user.id ? user.name : somebody);
    return {
      room,
      status,
      me: { id: user.id, name: user.name },
      colleagues: people,
      labels: new Map(labels.map((label) => [label.id, label])),
      nameOf: names,
      rights: rightsOf(role, user.id),
      area,
      show,
    };
  }, [room, status, user, colleagues, labels, role, somebody, area, show]);
  return <Context value={scope}>{children}</Context>;
}

function rightsOf(role: Role, me: Id): Rights {
  const ruling = rules(role);
  const write = role !== 'viewer';
  return {
    write,
    columns: ruling,
    writeTask: (task) => write || task.assignee_ids.includes(me),
    deleteTask: (task) => ruling || (write && task.created_by === me),
  };
}

const MEMBERS = ['member.'];
const LABELS = ['label.'];

/** A list by REST; none until its path is known. Offline one goes on with what one has. */
function useList<T>(path: string | undefined, rooms: readonly EventRoom[], kinds: readonly string[]): readonly T[] {
  const read = useCallback(async (rest: Rest) => (path ? rest.all<T>(path) : undefined), [path]);
  return useRead(read, rooms, kinds).value ?? NOTHING;
}
