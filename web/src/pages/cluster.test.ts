import { expect, test } from 'vitest';
import { chosen, type LiveBoard, type Node, sortedBy, totals } from './cluster';

const board = (name: string, subscribers: number, node_id = 'n1'): LiveBoard => ({
  board_id: `id-${name}`,
  name,
  project_name: 'Apollo',
  workspace_id: 'w',
  workspace_name: 'Moon',
  node_id,
  epoch: 1,
  seq: 10 * subscribers,
  at: '2026-11-25T09:00:00Z',
  subscribers,
});
const boards = [board('Zeta', 3), board('alpha', 1, 'n2'), board('Beta', 3)];
const names = (found: LiveBoard[]) => found.map(({ name }) => name);

test('boards are sorted either way, and by name where that is equal', () => {
  expect(names(chosen(boards, '', { by: 'name', descending: false }))).toEqual(['alpha', 'Beta', 'Zeta']);
  expect(names(chosen(boards, '', { by: 'subscribers', descending: true }))).toEqual(['Beta', 'Zeta', 'alpha']);
});

test('they are found by what stands in their row', () => {
  const sort = { by: 'name', descending: false } as const;
  expect(names(chosen(boards, ' BETA ', sort))).toEqual(['Beta']);
  expect(names(chosen(boards, 'n2', sort))).toEqual(['alpha']);
  expect(names(chosen(boards, 'moon', sort))).toHaveLength(3);
});

test('a second click turns the order round, another column begins as it is most useful', () => {
  const first = sortedBy('subscribers', { by: 'name', descending: false });
  expect(first).toEqual({ by: 'subscribers', descending: true });
  expect(sortedBy('subscribers', first).descending).toBe(false);
  expect(sortedBy('name', first).descending).toBe(false);
});

test('dead nodes count for nothing', () => {
  const node = (state: Node['state'], sessions: number): Node => ({
    node_id: `${state}${sessions}`,
    version: '1',
    state,
    is_self: false,
    started_at: '',
    beat_at: '',
    bus: null,
    boards: 1,
    sessions,
  });
  const sums = totals([node('live', 4), node('draining', 2), node('dead', 9)], boards);
  expect(sums).toEqual({ nodes: 2, sessions: 6, boards: 3, subscribers: 7 });
});
