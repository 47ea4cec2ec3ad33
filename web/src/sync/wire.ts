/**
 * The shapes that cross the wire, as `docs/protocol.md` names them. Types only: nothing here runs.
 */

/** A UUID in its usual text form. */
export type Id = string;
/** RFC 3339 in UTC with microseconds: `2026-11-25T09:00:00.000000Z`. */
export type Moment = string;

export type Role = 'owner' | 'admin' | 'member' | 'viewer';
export type Status = 'todo' | 'in_progress' | 'in_review' | 'blocked' | 'done';
export type Priority = 'low' | 'medium' | 'high' | 'critical';

export interface BoardInfo {
  id: Id;
  name: string;
  project_id: Id;
  workspace_id: Id;
  /** The prefix of task numbers: `KEY` in `KEY-42`. */
  project_key: string;
  created_at: Moment;
  updated_at: Moment;
}

export interface Column {
  id: Id;
  name: string;
  status: Status;
  rank: string;
  wip_limit: number | null;
  version: number;
}

export interface Task {
  id: Id;
  number: number;
  title: string;
  column_id: Id;
  rank: string;
  version: number;
  priority: Priority;
  /** 1 to 21. */
  story_points: number | null;
  due_date: Moment | null;
  assignee_ids: readonly Id[];
  label_ids: readonly Id[];
  comment_count: number;
  attachment_count: number;
  subtask_count: number;
  subtask_done_count: number;
  created_by: Id | null;
  created_at: Moment;
  updated_at: Moment;
  completed_at: Moment | null;
}

export interface Snapshot {
  board: BoardInfo;
  columns: readonly Column[];
  tasks: readonly Task[];
}

/** What a task's author may set. `description` is read by REST and is not in a snapshot. */
export interface TaskSet {
  title?: string;
  description?: string;
  priority?: Priority;
  story_points?: number | null;
  due_date?: Moment | null;
  assignee_ids?: readonly Id[];
  label_ids?: readonly Id[];
}

export interface Place {
  /** The neighbour that shall stand above. */
  after?: Id;
  /** The neighbour below; counts where `after` is absent or gone. */
  before?: Id;
}

export type Op =
  | ({ kind: 'task.create'; task_id: Id; column_id: Id; title: string } & Omit<TaskSet, 'title'> & Place)
  | {
      kind: 'task.update';
      task_id: Id;
      version?: number;
      set?: TaskSet;
      add_assignee_ids?: readonly Id[];
      remove_assignee_ids?: readonly Id[];
      add_label_ids?: readonly Id[];
      remove_label_ids?: readonly Id[];
    }
  | ({ kind: 'task.move'; task_id: Id; version?: number; column_id: Id } & Place)
  | { kind: 'task.delete'; task_id: Id; version?: number }
  | { kind: 'task.restore'; task_id: Id }
  | ({ kind: 'column.create'; column_id: Id; name: string; status: Status; wip_limit?: number | null } & Place)
  | {
      kind: 'column.update';
      column_id: Id;
      version?: number;
      set: { name?: string; status?: Status; wip_limit?: number | null };
    }
  | ({ kind: 'column.move'; column_id: Id; version?: number } & Place)
  | { kind: 'column.delete'; column_id: Id; version?: number; move_tasks_to?: Id };

export type OpKind = Op['kind'];

/** New ranks of neighbours, applied before the rest of their event; no change of their versions. */
export type Ranks = Readonly<Record<Id, string>>;

interface Happened<Kind extends string, Data> {
  seq: number;
  kind: Kind;
  op_id: Id | null;
  actor_id: Id | null;
  at: Moment;
  data: Data;
}

export type BoardEvent =
  | Happened<'task.created', { task: Task; ranks?: Ranks }>
  | Happened<'task.updated', { task_id: Id; version: number; set: Partial<Task> & { description?: string } }>
  | Happened<
      'task.moved',
      {
        task_id: Id;
        version: number;
        from_column_id: Id;
        column_id: Id;
        rank: string;
        completed_at: Moment | null;
        ranks?: Ranks;
      }
    >
  | Happened<'task.deleted', { task_id: Id; version: number }>
  | Happened<'task.restored', { task: Task; ranks?: Ranks }>
  | Happened<'column.created', { column: Column; ranks?: Ranks }>
  | Happened<'column.updated', { column_id: Id; version: number; set: Partial<Column> }>
  | Happened<'column.moved', { column_id: Id; version: number; rank: string; ranks?: Ranks }>
  | Happened<
      'column.deleted',
      {
        column_id: Id;
        version: number;
        to_column_id: Id | null;
        moved: readonly { task_id: Id; version: number; rank: string; completed_at: Moment | null }[];
      }
    >;

export type Code =
  | 'VALIDATION_ERROR'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'VERSION_CONFLICT'
  | 'CONFLICT'
  | 'WIP_LIMIT'
  | 'GONE'
  | 'PAYLOAD_TOO_LARGE'
  | 'ACCOUNT_LOCKED'
  | 'RATE_LIMIT_EXCEEDED'
  | 'INTERNAL_ERROR'
  | 'UNAVAILABLE';

export interface FieldConflict {
  /** `title`, `position`, …; deleting touches every field. */
  field: string;
  version: number;
  actor_id: Id | null;
  at: Moment | null;
}

export interface Problem {
  code: Code;
  message: string;
  details?: readonly { field: string; message: string }[];
  retry_after_ms?: number;
  request_id?: string;
}

export interface Reject extends Problem {
  op_id: Id;
  current?: (Task & { description?: string }) | Column;
  conflicts?: readonly FieldConflict[];
}

export interface Ack {
  op_id: Id;
  seq: number;
  version: number;
  task_id?: Id;
  number?: number;
  column_id?: Id;
}

export interface Person {
  id: Id;
  name: string;
}

/** What a session tells of itself in a room: at most 1 KiB of JSON. */
export interface PresenceState {
  task_id?: Id;
  activity?: 'viewing' | 'editing' | 'dragging';
  /** The field that is edited. */
  field?: string;
  /** Place of the pointer, as parts of the board's scrollable area: [x, y], each 0 to 1. `x` counts from where a line begins. */
  cursor?: readonly [number, number];
  /** The same more exactly, since others have scrolled elsewhere: what the pointer is over, and the place as parts of that. */
  over?: { column_id: Id; task_id?: Id; at: readonly [number, number] };
  /** Nothing was done here for a while, or the page is not seen. */
  idle?: boolean;
}

export interface Member {
  session_id: Id;
  user: Person;
  state: PresenceState;
}

/** An event of a room that is no board's; it has no `seq`. */
export interface RoomEvent {
  kind: string;
  actor_id: Id | null;
  at: Moment;
  data: Record<string, unknown>;
}

export interface User {
  id: Id;
  email: string;
  name: string;
  avatar: string | null;
  locale: string;
  timezone: string;
  email_verified: boolean;
  is_system_admin: boolean;
  created_at: Moment;
}

export interface WorkspaceRole {
  id: Id;
  name: string;
  role: Role;
}
