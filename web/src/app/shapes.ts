/** What the lists of REST hold, as far as the app shows it. */
import type { Id, Moment, Role } from '@/sync/wire';

export interface Workspace {
  id: Id;
  name: string;
  /** One's own in it. */
  role: Role;
}

export interface Project {
  id: Id;
  workspace_id: Id;
  /** The prefix of its tasks' numbers. */
  key: string;
  name: string;
  description: string;
  archived: boolean;
  /** Its first board. */
  board_id: Id;
}

export interface Board {
  id: Id;
  name: string;
  updated_at: Moment;
}

export interface Label {
  id: Id;
  name: string;
  /** `#rrggbb`. */
  color: string;
}

export interface WorkspaceMember {
  user_id: Id;
  email: string;
  name: string;
  avatar: string | null;
  role: Role;
}

/** Whether a role rules over members, projects and boards. */
export const rules = (role: Role | undefined) => role === 'owner' || role === 'admin';
