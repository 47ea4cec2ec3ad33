/** What tests of the whole client begin with. */
import { v7 as uuid } from 'uuid';
import type { Column, Id, Snapshot, User } from '../wire';

const AT = '2026-01-01T00:00:00.000000Z';

export function emptyBoard(): Snapshot {
  const statuses = ['todo', 'in_progress', 'done'] as const;
  const columns = statuses.map(
    (status, i): Column => ({ id: uuid(), name: status, status, rank: `a${i}`, wip_limit: null, version: 1 }),
  );
  const board = {
    id: uuid(),
    name: 'Board',
    project_id: uuid(),
    workspace_id: uuid(),
    project_key: 'KEY',
    created_at: AT,
    updated_at: AT,
  };
  return { board, columns, tasks: [] };
}

export function userNamed(id: Id): User {
  return {
    id,
    email: id,
    name: id,
    avatar: null,
    locale: 'en',
    timezone: 'UTC',
    email_verified: true,
    is_system_admin: false,
    created_at: AT,
  };
}
