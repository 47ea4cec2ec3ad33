import { describe, expect, test } from 'vitest';
import { type Catalogue, en } from '@/i18n/catalogue';
import { fa } from '@/i18n/fa';
import type { BoardView, Notice } from '@/sync/api';
import type { Column, Op, Reject, Task } from '@/sync/wire';
import type { BoardScope } from './context';
import { noticeText } from './Notices';

const VIEW = {
  columns: [
    { id: 'todo', name: 'Todo' },
    { id: 'doing', name: 'Doing' },
  ] as Column[],
  tasks: new Map([['a', { id: 'a', title: 'Alpha', column_id: 'todo' } as Task]]),
} as unknown as BoardView;

const BOARD = {
  room: { view: { get: () => VIEW } },
  nameOf: (id: string | null) => (id === 'u' ? 'Ada' : 'Somebody'),
} as unknown as BoardScope;

/** As the page fills in sentences, without plurals. */
const speak =
  (catalogue: Catalogue) =>
  (key: string, values: Record<string, string | number> = {}) => {
    const [area = '', name = ''] = key.split('.');
    const message = (catalogue as unknown as Record<string, Record<string, string>>)[area]?.[name] ?? key;
    return message.replace(/\{(\w+)\}/g, (_, value: string) => String(values[value]));
  };

function say(kind: Notice['kind'], op: Op, reject: Partial<Reject>, catalogue: Catalogue = en as Catalogue) {
  return noticeText({ id: 1, kind, op, reject: reject as Reject }, BOARD, speak(catalogue) as never);
}

const MOVE: Op = { kind: 'task.move', task_id: 'a', column_id: 'doing' };
const BY_ADA = { conflicts: [{ field: 'position', version: 3, actor_id: 'u', at: null }] };

describe('what was refused is said in words', () => {
  test('a column that had filled up', () => {
    expect(say('rejected', MOVE, { code: 'WIP_LIMIT' })).toBe('Alpha was not moved: Doing is full');
    const create: Op = { kind: 'task.create', task_id: 'n', column_id: 'doing', title: 'New' };
    expect(say('rejected', create, { code: 'WIP_LIMIT' })).toBe('New was not added: Doing is full');
  });

  test('a card that somebody else moved', () => {
    expect(say('moved_meanwhile', MOVE, { code: 'VERSION_CONFLICT', ...BY_ADA })).toBe(
      'Ada moved Alpha at the same time. It stays in Todo.',
    );
  });

  test('an undo that came too late', () => {
    expect(say('undo_refused', MOVE, { code: 'VERSION_CONFLICT', ...BY_ADA })).toContain('Ada has changed it since');
    expect(say('undo_refused', MOVE, { code: 'WIP_LIMIT' })).toContain('Doing is full');
    expect(say('undo_refused', MOVE, { code: 'NOT_FOUND' })).toContain('not there any more');
  });

  test('a card that is gone is named by what the server told of it', () => {
    const gone: Op = { kind: 'task.update', task_id: 'x', set: { priority: 'low' } };
    const current = { id: 'x', title: 'Gone' } as Task;
    expect(say('rejected', gone, { code: 'NOT_FOUND', current })).toBe('Gone is not there any more');
    expect(say('rejected', gone, { code: 'NOT_FOUND' })).toBe('It is not there any more.');
  });

  test('in Persian too', () => {
    expect(say('rejected', MOVE, { code: 'WIP_LIMIT' }, fa)).toBe('Alpha جابه‌جا نشد: Doing پر است');
  });
});
