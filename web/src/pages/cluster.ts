/** What operators see: the shapes, and the order and choice of them. */
import type { Id, Moment } from '@/sync/wire';

export interface Node {
  node_id: string;
  version: string;
  state: 'live' | 'draining' | 'dead';
  is_self: boolean;
  started_at: Moment;
  /** By the database's clock. */
  beat_at: Moment;
  /** Null for a node without Redis. */
  bus: 'ok' | 'away' | null;
  /** Those that it may write. */
  boards: number;
  sessions: number;
}

export interface LiveBoard {
  board_id: Id;
  name: string;
  project_name: string;
  workspace_id: Id;
  workspace_name: string;
  node_id: string;
  epoch: number;
  seq: number;
  /** Of the last event. */
  at: Moment;
  /** Sessions that follow it, on all nodes. */
  subscribers: number;
}

export function totals(nodes: readonly Node[], boards: readonly LiveBoard[]) {
  const present = nodes.filter((node) => node.state !== 'dead');
  return {
    nodes: present.length,
    sessions: present.reduce((sum, node) => sum + node.sessions, 0),
    boards: boards.length,
    subscribers: boards.reduce((sum, board) => sum + board.subscribers, 0),
  };
}

export const SORTS = ['name', 'node_id', 'subscribers', 'seq', 'epoch', 'at'] as const;
export type SortKey = (typeof SORTS)[number];
export interface Sort {
  by: SortKey;
  descending: boolean;
}

/** Names begin at A, figures and times at the largest. */
export function sortedBy(by: SortKey, before: Sort): Sort {
  if (before.by === by) return { by, descending: !before.descending };
  return { by, descending: by !== 'name' && by !== 'node_id' };
}

/** Those in which `text` is found, in the order of `sort`; the name decides between equals. */
export function chosen(boards: readonly LiveBoard[], text: string, sort: Sort): LiveBoard[] {
  const wanted = text.trim().toLocaleLowerCase();
  const turn = sort.descending ? -1 : 1;
  const fits = (board: LiveBoard) =>
    [board.name, board.project_name, board.workspace_name, board.node_id, board.board_id].some((value) =>
      value.toLocaleLowerCase().includes(wanted),
    );
  return boards
    .filter(fits)
    .sort(
      (a, b) => turn * compare(a[sort.by], b[sort.by]) || compare(a.name, b.name) || compare(a.board_id, b.board_id),
    );
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}
