import { describe, expect, it } from 'vitest';
import type { Task } from '@/sync/wire';
import { type Filter, filterOf, fold, isEmpty, matcher, NO_FILTER, withFilter } from './filter';

const NOW = new Date('2026-11-25T12:00:00Z');
const reader = { me: 'me-id', projectKey: 'WEB', now: NOW };

function task(fields: Partial<Task>): Task {
  return {
    id: 'a',
    number: 42,
    title: 'Mend the gate',
    column_id: 'c',
    rank: 'a0',
    version: 1,
    priority: 'medium',
    story_points: null,
    due_date: null,
    assignee_ids: [],
    label_ids: [],
    comment_count: 0,
    attachment_count: 0,
    subtask_count: 0,
    subtask_done_count: 0,
    created_by: null,
    created_at: '2026-11-01T00:00:00.000000Z',
    updated_at: '2026-11-01T00:00:00.000000Z',
    completed_at: null,
    ...fields,
  };
}

const passes = (filter: Partial<Filter>, fields: Partial<Task>) =>
  matcher({ ...NO_FILTER, ...filter }, reader)(task(fields));

describe('a filter', () => {
  it('stands in the address and comes back from it, beside what else is there', () => {
    const filter: Filter = {
      text: 'gate post',
      assignees: ['me', 'none'],
      priorities: ['critical', 'low'],
      labels: ['x'],
      due: 'week',
    };
    const query = withFilter(new URLSearchParams('task=t1&q=old'), filter);
    expect(filterOf(query)).toEqual(filter);
    expect(query.get('task')).toBe('t1');
    expect(withFilter(query, NO_FILTER).toString()).toBe('task=t1');
  });

  it('takes nothing from an address that makes no sense', () => {
    expect(isEmpty(filterOf(new URLSearchParams('priority=none,&due=soon&assignee=')))).toBe(true);
  });

  it('finds words in the title and the number, in any order and case', () => {
    expect(passes({ text: 'GATE mend' }, {})).toBe(true);
    expect(passes({ text: 'web-42' }, {})).toBe(true);
    expect(passes({ text: 'gate fence' }, {})).toBe(false);
  });

  it('takes letters and digits of Arabic and Persian keyboards for the same', () => {
    expect(fold('كتاب‌هاي ۱۲٣')).toBe(fold('کتابهای 123'));
    expect(passes({ text: 'كتاب' }, { title: 'کتاب‌ها' })).toBe(true);
    expect(fold('Café')).toBe('cafe');
  });

  it('joins fields by and, values by or', () => {
    expect(passes({ assignees: ['me', 'none'] }, { assignee_ids: ['me-id'] })).toBe(true);
    expect(passes({ assignees: ['none'] }, { assignee_ids: [] })).toBe(true);
    expect(passes({ assignees: ['none'] }, { assignee_ids: ['x'] })).toBe(false);
    expect(passes({ priorities: ['high', 'low'], labels: ['l'] }, { priority: 'low', label_ids: ['l'] })).toBe(true);
    expect(passes({ priorities: ['high'], labels: ['l'] }, { priority: 'low', label_ids: ['l'] })).toBe(false);
  });

  it('knows what is overdue, due today, within a week, and never', () => {
    const day = (date: string) => `${date}T23:59:59.999999Z`;
    expect(passes({ due: 'overdue' }, { due_date: day('2026-11-24') })).toBe(true);
    expect(passes({ due: 'overdue' }, { due_date: day('2026-11-24'), completed_at: day('2026-11-24') })).toBe(false);
    expect(passes({ due: 'today' }, { due_date: day('2026-11-25') })).toBe(true);
    expect(passes({ due: 'week' }, { due_date: day('2026-12-01') })).toBe(true);
    expect(passes({ due: 'week' }, { due_date: day('2026-12-03') })).toBe(false);
    expect(passes({ due: 'none' }, { due_date: null })).toBe(true);
    expect(passes({ due: 'none' }, { due_date: day('2026-12-03') })).toBe(false);
  });

  it('goes through 2,000 tasks in no time, with each letter', () => {
    const tasks = Array.from({ length: 2_000 }, (_, index) =>
      task({ id: `${index}`, title: `کتاب ${index} and more` }),
    );
    const begun = performance.now();
    for (const text of ['ك', 'كت', 'كتا', 'كتاب', 'كتاب ۱']) tasks.filter(matcher({ ...NO_FILTER, text }, reader));
    expect(performance.now() - begun).toBeLessThan(250);
  });
});
