/** What a test prepares by REST, and reads back to see what the server holds. */
import type { Column, Id, Op, Task } from '@/sync/wire';
import type { TeamFlow } from './node';

export const PASSWORD = 'correct horse battery staple';

export interface Account {
  email: string;
  name: string;
  id: Id;
  token: string;
}

export interface Snapshot {
  seq: number;
  snapshot: { columns: Column[]; tasks: Task[] };
}

/** A workspace with one project and its board of five columns. */
export interface Place {
  workspace_id: Id;
  project_id: Id;
  board_id: Id;
  columns: Column[];
}

let people = 0;

export class Rest {
  private readonly server: TeamFlow;

  constructor(server: TeamFlow) {
    this.server = server;
  }

  async call<T>(account: Account | null, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(account ? { authorization: `Bearer ${account.token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async signUp(name: string): Promise<Account> {
    people += 1;
    const email = `${name.toLowerCase().replace(/\W+/g, '.')}.${process.pid}.${people}@example.com`;
    const answer = await this.call<{ user: { id: Id }; access_token: string }>(null, 'POST', '/auth/signup', {
      email,
      name,
      password: PASSWORD,
    });
    return { email, name, id: answer.user.id, token: answer.access_token };
  }

  /** A board of `owner`, on which `others` are members. */
  async place(owner: Account, others: readonly Account[] = [], role = 'member'): Promise<Place> {
    const workspace = await this.call<{ id: Id }>(owner, 'POST', '/workspaces', { name: 'Northwind' });
    for (const other of others) {
      await this.call(owner, 'POST', `/workspaces/${workspace.id}/members`, { email: other.email, role });
    }
    const project = await this.call<{ id: Id; board_id: Id }>(owner, 'POST', `/workspaces/${workspace.id}/projects`, {
      name: 'Website',
      key: 'WEB',
    });
    const { snapshot } = await this.board(owner, project.board_id);
    return {
      workspace_id: workspace.id,
      project_id: project.id,
      board_id: project.board_id,
      columns: snapshot.columns,
    };
  }

  board(account: Account, board: Id): Promise<Snapshot> {
    return this.call(account, 'GET', `/boards/${board}`);
  }

  /** The titles of each column's tasks from top to bottom, by the column's name. */
  async titles(account: Account, board: Id): Promise<Record<string, string[]>> {
    const { snapshot } = await this.board(account, board);
    return Object.fromEntries(
      snapshot.columns.map((column) => [
        column.name,
        snapshot.tasks.filter((task) => task.column_id === column.id).map((task) => task.title),
      ]),
    );
  }

  addTask(account: Account, board: Id, title: string, fields: object = {}): Promise<Task> {
    return this.call(account, 'POST', `/boards/${board}/tasks`, { title, ...fields });
  }

  /** All of `ops` in requests of a thousand; fails on the first that is refused. */
  async apply(account: Account, board: Id, ops: readonly Op[]): Promise<void> {
    for (let from = 0; from < ops.length; from += 1000) {
      const part = ops.slice(from, from + 1000).map((op) => ({ op_id: crypto.randomUUID(), ...op }));
      const { results } = await this.call<{ results: { status: string; message?: string }[] }>(
        account,
        'POST',
        `/boards/${board}/ops`,
        { ops: part },
      );
      const refused = results.find((one) => one.status !== 'applied');
      if (refused) throw new Error(`refused: ${refused.message}`);
    }
  }

  /** `count` tasks in turn over the columns. */
  fill(account: Account, place: Place, count: number): Promise<void> {
    const ops = Array.from({ length: count }, (_, index): Op => {
      const column = place.columns[index % place.columns.length];
      if (!column) throw new Error('a board without columns');
      return {
        kind: 'task.create',
        task_id: crypto.randomUUID(),
        column_id: column.id,
        title: `Task ${index + 1} of ${count}`,
      };
    });
    return this.apply(account, place.board_id, ops);
  }
}
