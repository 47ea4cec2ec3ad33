import { describe, expect, it } from 'vitest';
import type { Conflict } from '@/sync/api';
import type { Code, Op } from '@/sync/wire';
import { compare } from './compare';
import { type Choices, decide, firstChoices, isTyped } from './decision';
import { storyOf } from './words';

const conflictOf = (
  op: Op,
  fields: [field: string, mine: unknown, theirs: unknown][],
  code: Code = 'VERSION_CONFLICT',
) =>
  ({
    op_id: 'op',
    op,
    task_id: 't',
    column_id: null,
    reject: { op_id: 'op', code, message: '' },
    fields: fields.map(([field, mine, theirs]) => ({ field, mine, theirs, by: null })),
    at: 0,
  }) as Conflict;

const update = (set: object) => ({ kind: 'task.update', task_id: 't', set }) as Op;
const both = conflictOf(update({ title: 'Mine', priority: 'high', story_points: 3 }), [
  ['title', 'Mine', 'Theirs'],
  ['priority', 'high', 'low'],
]);

describe('a decision', () => {
  const cases: [string, Choices, unknown][] = [
    ['all mine', { title: { text: 'Mine' }, priority: { take: 'mine' } }, 'mine'],
    ['all theirs', { title: { take: 'theirs' }, priority: { take: 'theirs' } }, 'theirs'],
    [
      'one of each, and what nobody else has changed',
      { title: { take: 'theirs' }, priority: { take: 'mine' } },
      { edited: update({ priority: 'high', story_points: 3 }) },
    ],
    [
      'a text of both',
      { title: { text: 'Mine and theirs' }, priority: { take: 'theirs' } },
      { edited: update({ title: 'Mine and theirs', story_points: 3 }) },
    ],
  ];
  it.each(cases)('can be for %s', (_, choices, expected) => {
    expect(decide(both, choices)).toEqual(expected);
  });

  it('begins with one’s own, and with the lists of both', () => {
    const people = conflictOf(update({ assignee_ids: ['a', 'b'] }), [['assignee_ids', ['a', 'b'], ['b', 'c']]]);
    expect(firstChoices(both)).toEqual({ title: { text: 'Mine' }, priority: { take: 'mine' } });
    expect(decide(people, firstChoices(people))).toEqual({ edited: update({ assignee_ids: ['b', 'c', 'a'] }) });
  });

  it('puts a new task into another column', () => {
    const create = { kind: 'task.create', task_id: 't', column_id: 'full', after: 'x', title: 'New' } as Op;
    const refused = conflictOf(create, [['title', 'New', null]], 'WIP_LIMIT');
    expect(decide(refused, firstChoices(refused), 'full')).toBe('mine');
    expect(decide(refused, { title: { text: 'Newer' } }, 'free')).toEqual({
      edited: { kind: 'task.create', task_id: 't', column_id: 'free', title: 'Newer' },
    });
  });

  it('knows text that stands nowhere else', () => {
    expect(isTyped(both, firstChoices(both))).toBe(false);
    expect(isTyped(both, { title: { text: 'Theirs' } })).toBe(false);
    expect(isTyped(both, { title: { text: 'Mine, and more' } })).toBe(true);
  });
});

describe('the story of a conflict', () => {
  it('is told by the op and by why it was refused', () => {
    expect(storyOf(both)).toBe('changed');
    expect(storyOf(conflictOf({ kind: 'task.delete', task_id: 't' }, []))).toBe('deleting');
    expect(storyOf(conflictOf(update({ title: 'Mine' }), [], 'NOT_FOUND'))).toBe('deleted');
    expect(storyOf(conflictOf(update({ title: 'Mine' }), [], 'FORBIDDEN'))).toBe('refused');
  });
});

describe('a comparison of texts', () => {
  const marked = (theirs: string, mine: string) => {
    const both = compare(theirs, mine);
    const said = (side: 'theirs' | 'mine') => both?.[side].map(({ text, own }) => (own ? `[${text}]` : text)).join('');
    return both && [said('theirs'), said('mine')];
  };

  it('marks words, not letters', () => {
    expect(marked('Mend the gate today', 'Mend the northern gate')).toEqual([
      'Mend the gate [today]',
      'Mend the [northern ]gate',
    ]);
    expect(marked('One, two', 'One,  two!')).toEqual(['One, two', 'One,  two[!]']);
  });

  it('leaves the words of Persian whole', () => {
    expect(marked('دروازه را امروز تعمیر می\u200cکنم', 'دروازه را فردا تعمیر می\u200cکنم')).toEqual([
      'دروازه را [امروز ]تعمیر می\u200cکنم',
      'دروازه را [فردا ]تعمیر می\u200cکنم',
    ]);
  });

  it('is none where the texts have nothing in common', () => {
    expect(compare('', 'Mine')).toBeNull();
    expect(compare('Alpha beta', 'Gamma')).toBeNull();
  });

  it('compares long texts by lines, in time', () => {
    const lines = Array.from({ length: 3_000 }, (_, n) => `Line ${n} of many`);
    const [theirs, mine] = marked(lines.join('\n'), lines.with(1_500, 'Another line').join('\n')) ?? [];
    expect(theirs).toContain('\n[Line 1500 of many\n]Line 1501');
    expect(mine).toContain('\n[Another line\n]Line 1501');
  });
});
