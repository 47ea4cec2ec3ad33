import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { en, type Key } from '@/i18n/catalogue';
import { fa } from '@/i18n/fa';
import type { BoardView } from '@/sync/api';
import type { BoardEvent, Column, Id, Task } from '@/sync/wire';
import { Changes } from './changes';
import { Hearing, type Sight } from './hearing';
import { CLOSE, WIDE } from './pace';

const PEOPLE: Record<Id, string> = { sara: 'Sara', omid: 'Omid', kim: 'Kim', lee: 'Lee' };

const task = (id: Id, more: Partial<Task> = {}) =>
  ({ id, title: `Task ${id}`, assignee_ids: [], ...more }) as unknown as Task;
const column = (id: Id, name: string) => ({ id, name }) as Column;

function viewOf(...tasks: Task[]): BoardView {
  const columns = [column('todo', 'To do'), column('done', 'Done')];
  return { tasks: new Map(tasks.map((one) => [one.id, one])), columns } as unknown as BoardView;
}

let seq = 0;
const event = (kind: string, data: object, actor_id: Id | null = 'sara') => {
  seq += 1;
  return { seq, kind, op_id: `op${seq}`, actor_id, at: '2026-11-25T09:00:00Z', data } as BoardEvent;
};
const moved = (task_id: Id, from_column_id: Id, column_id: Id, actor?: Id) =>
  event('task.moved', { task_id, from_column_id, column_id }, actor);
const updated = (task_id: Id, set: object, actor?: Id) => event('task.updated', { task_id, set }, actor);

/** As the app speaks, with the marks of direction left out. */
function translate(catalogue: Record<string, Record<string, unknown>>) {
  return (key: Key, values: Readonly<Record<string, string | number>> = {}) => {
    const [area = '', name = ''] = key.split('.');
    const message = catalogue[area]?.[name] as string | { one: string; other: string };
    const form = typeof message === 'string' ? message : values.count === 1 ? message.one : message.other;
    return form.replace(/\{(\w+)\}/g, (_, value: string) => String(values[value])).replace(/[\u2068\u2069]/g, '');
  };
}

describe('folded changes', () => {
  const names = { task: (id: Id) => task(id), column: (id: Id) => column(id, id) };
  const folded = (...events: BoardEvent[]) => {
    const changes = new Changes();
    for (const one of events) changes.add(one, names);
    return changes.take();
  };

  it('keep of many moves where it came from and where it is', () => {
    const [change, ...rest] = folded(moved('a', 'todo', 'doing'), moved('a', 'doing', 'done', 'omid'));
    expect(rest).toEqual([]);
    expect(change).toMatchObject({ deed: 'moved', from: 'todo', to: 'done', actors: ['sara', 'omid'] });
  });

  it('are none where all is as it was', () => {
    expect(folded(moved('a', 'todo', 'done'), moved('a', 'done', 'todo'))).toEqual([]);
    expect(folded(event('task.created', { task: task('b') }), event('task.deleted', { task_id: 'b' }))).toEqual([]);
    expect(folded(event('task.deleted', { task_id: 'b' }), event('task.restored', { task: task('b') }))).toEqual([]);
    expect(folded(moved('a', 'todo', 'todo'))).toEqual([]);
    expect(folded(updated('a', { comment_count: 3 }))).toEqual([]);
  });

  it('say of a new card only that it is new, and of a deleted one that it is gone', () => {
    const created = folded(event('task.created', { task: task('b') }), updated('b', { title: 'Other' }));
    expect(created).toMatchObject([{ deed: 'created' }]);
    expect(folded(updated('a', { title: 'Other' }), event('task.deleted', { task_id: 'a' }))).toMatchObject([
      { deed: 'deleted' },
    ]);
  });

  it('keep what else was changed of a card that went to and fro', () => {
    const events = [moved('a', 'todo', 'done'), updated('a', { priority: 'high' }), moved('a', 'done', 'todo')];
    expect(folded(...events)).toMatchObject([{ deed: 'changed', fields: ['priority'] }]);
  });
});

describe('what is said of others', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function listen(view: BoardView, sight: Partial<Sight> = {}, catalogue: typeof en = en) {
    const said: { id: string; text: string; taskId: Id | null }[] = [];
    const hearing = new Hearing(view, {
      sight: () => ({ me: 'me', openTask: null, matches: null, ...sight }),
      speaker: () => ({
        i18n: { t: translate(catalogue), dir: catalogue === en ? ('ltr' as const) : ('rtl' as const) },
        nameOf: (id) => PEOPLE[id ?? ''] ?? 'Somebody',
      }),
      say: (one) => said.push({ ...one, text: one.text.replace(/[\u2068\u2069]/g, '') }),
    });
    return { hearing, said, texts: () => said.map((one) => one.text) };
  }

  it('is one sentence for what one person did alike', () => {
    const { hearing, texts } = listen(viewOf(task('a'), task('b'), task('c')), { matches: () => true });
    for (const id of ['a', 'b', 'c']) hearing.hear(moved(id, 'todo', 'done'));
    vi.advanceTimersByTime(CLOSE.wait);
    expect(texts()).toEqual(['Sara moved 3 cards to Done']);
  });

  it('names the card where it is one, and leads to it', () => {
    const { hearing, said } = listen(viewOf(task('a')), { matches: () => true });
    hearing.hear(moved('a', 'todo', 'done'));
    vi.advanceTimersByTime(CLOSE.wait);
    expect(said).toEqual([{ id: 'others-close', text: 'Sara moved “Task a” to Done', taskId: 'a' }]);
  });

  it('is a number where many did much', () => {
    const { hearing, texts } = listen(viewOf(task('a'), task('b'), task('c')), { matches: () => true });
    hearing.hear(moved('a', 'todo', 'done', 'sara'));
    hearing.hear(updated('b', { title: 'Other' }, 'omid'));
    hearing.hear(updated('c', { title: 'Other' }, 'kim'));
    hearing.hear(event('task.created', { task: task('d') }, 'lee'));
    vi.advanceTimersByTime(WIDE.wait);
    expect(texts()[0]).toBe('Sara, Omid and 1 other made 3 changes');
  });

  it('is nothing of what one did oneself, here or in another window', () => {
    const { hearing, said } = listen(viewOf(task('a')));
    hearing.hear(moved('a', 'todo', 'done', 'me'));
    vi.advanceTimersByTime(WIDE.gap);
    expect(said).toEqual([]);
  });

  it('tells of the open task what was changed, for itself', () => {
    const { hearing, said } = listen(viewOf(task('a'), task('b')), { openTask: 'a' });
    hearing.hear(updated('a', { title: 'Other', due_date: null }));
    hearing.hear(updated('b', { title: 'Other' }));
    vi.advanceTimersByTime(CLOSE.wait);
    expect(said).toEqual([{ id: 'others-open', text: 'Sara changed this card: Title and Due date', taskId: null }]);
  });

  it('leaves out what the filter hides, and knows the name of what was deleted', () => {
    const { hearing, texts } = listen(viewOf(task('a'), task('b')), { matches: (one) => one.id === 'a' });
    hearing.see(viewOf());
    hearing.hear(event('task.deleted', { task_id: 'a' }));
    hearing.hear(event('task.deleted', { task_id: 'b' }));
    vi.advanceTimersByTime(WIDE.gap);
    expect(texts()).toEqual(['Sara deleted “Task a”']);
  });

  it('is rare on a board without a filter, and soon about one’s own cards', () => {
    const { hearing, texts } = listen(viewOf(task('a'), task('b', { assignee_ids: ['me'] })));
    hearing.hear(updated('a', { title: 'Other' }));
    hearing.hear(updated('b', { title: 'Other' }));
    vi.advanceTimersByTime(CLOSE.wait);
    expect(texts()).toEqual(['Sara changed “Task b”']);
    vi.advanceTimersByTime(WIDE.wait);
    expect(texts()).toHaveLength(2);
    for (let n = 0; n < 10; n++) hearing.hear(updated('a', { title: `Other ${n}` }));
    vi.advanceTimersByTime(WIDE.gap / 2);
    expect(texts()).toHaveLength(2);
    vi.advanceTimersByTime(WIDE.gap);
    expect(texts()).toHaveLength(3);
  });

  it('waits while the page is not seen', () => {
    const { hearing, texts } = listen(viewOf(task('a'), task('b')), { matches: () => true });
    hearing.hide(true);
    hearing.hear(moved('a', 'todo', 'done'));
    vi.advanceTimersByTime(60_000);
    hearing.hear(moved('b', 'todo', 'done'));
    expect(texts()).toEqual([]);
    hearing.hide(false);
    expect(texts()).toEqual(['Sara moved 2 cards to Done']);
  });

  it('speaks Persian too', () => {
    const { hearing, texts } = listen(
      viewOf(task('a'), task('b')),
      { matches: () => true },
      fa as unknown as typeof en,
    );
    hearing.hear(moved('a', 'todo', 'done'));
    hearing.hear(moved('b', 'todo', 'done'));
    vi.advanceTimersByTime(CLOSE.wait);
    expect(texts()).toEqual(['Sara 2 کارت را به Done برد']);
  });
});
