/** Which tasks are shown: kept in the address, so that it can be shared and gone back from. */
import { dueOf } from '@/board/due';
import type { Id, Priority, Task } from '@/sync/wire';

export type DueFilter = 'overdue' | 'today' | 'week' | 'none';

export interface Filter {
  /** Words that must all be in the title or the number. */
  text: string;
  /** User ids, `me`, or `none` for tasks of nobody. */
  assignees: readonly string[];
  priorities: readonly Priority[];
  labels: readonly Id[];
  due: DueFilter | null;
}

export const NO_FILTER: Filter = { text: '', assignees: [], priorities: [], labels: [], due: null };
export const PRIORITIES: readonly Priority[] = ['critical', 'high', 'medium', 'low'];
export const DUES: readonly DueFilter[] = ['overdue', 'today', 'week', 'none'];

/** The names under which a filter stands in an address. */
const KEYS = { text: 'q', assignees: 'assignee', priorities: 'priority', labels: 'label', due: 'due' } as const;
const WEEK_MS = 7 * 86_400_000;

/** Of what stands in an address; what makes no sense is left out. */
export function filterOf(query: URLSearchParams): Filter {
  const list = (key: string) => query.get(key)?.split(',').filter(Boolean) ?? [];
  const due = query.get(KEYS.due);
  return {
    text: query.get(KEYS.text) ?? '',
    assignees: list(KEYS.assignees),
    priorities: PRIORITIES.filter((one) => list(KEYS.priorities).includes(one)),
    labels: list(KEYS.labels),
    due: DUES.find((one) => one === due) ?? null,
  };
}

/** `query` with `filter` in it, and all else as it was. */
export function withFilter(query: URLSearchParams, filter: Filter): URLSearchParams {
  const next = new URLSearchParams(query);
  const put = (key: string, value: string) => (value === '' ? next.delete(key) : next.set(key, value));
  put(KEYS.text, filter.text);
  put(KEYS.assignees, filter.assignees.join(','));
  put(KEYS.priorities, filter.priorities.join(','));
  put(KEYS.labels, filter.labels.join(','));
  put(KEYS.due, filter.due ?? '');
  return next;
}

export function isEmpty(filter: Filter): boolean {
  const lists = filter.assignees.length + filter.priorities.length + filter.labels.length;
  return filter.text.trim() === '' && lists === 0 && filter.due === null;
}

export interface Reader {
  me: Id;
  /** `KEY` of `KEY-42`. */
  projectKey: string;
  now: Date;
}

/** Whether a task passes. Fields are joined by "and", the values of one by "or". */
export function matcher(filter: Filter, reader: Reader): (task: Task) => boolean {
  const words = fold(filter.text).split(/\s+/).filter(Boolean);
  const people = filter.assignees.map((one) => (one === 'me' ? reader.me : one));
  return (task) =>
    passesText(task, words, reader.projectKey) &&
    passesPeople(task, people) &&
    (filter.priorities.length === 0 || filter.priorities.includes(task.priority)) &&
    (filter.labels.length === 0 || filter.labels.some((label) => task.label_ids.includes(label))) &&
    (filter.due === null || passesDue(task, filter.due, reader.now));
}

function passesText(task: Task, words: readonly string[], key: string): boolean {
  if (words.length === 0) return true;
  const text = `${titleOf(task)} ${fold(key)}-${task.number}`;
  return words.every((word) => text.includes(word));
}

/** Tasks that have not changed are the same objects: their titles are folded once, and not with each letter typed. */
const titles = new WeakMap<Task, string>();

function titleOf(task: Task): string {
  const known = titles.get(task);
  if (known !== undefined) return known;
  const title = fold(task.title);
  titles.set(task, title);
  return title;
}

function passesPeople(task: Task, people: readonly string[]): boolean {
  if (people.length === 0) return true;
  return people.some((one) => (one === 'none' ? task.assignee_ids.length === 0 : task.assignee_ids.includes(one)));
}

function passesDue(task: Task, due: DueFilter, now: Date): boolean {
  const state = dueOf(task, now)?.state;
  if (due === 'none') return state === undefined;
  if (state === undefined || state === 'done') return false;
  if (due === 'overdue' || due === 'today') return state === due;
  return Date.parse(task.due_date ?? '') <= now.getTime() + WEEK_MS;
}

const DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g;

/**
 * Text as it is compared: without case, accents and joiners; Arabic and Persian letters that look alike are one, and so
 * are all digits.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}|\u200c|\u200d|\u0640/gu, '')
    .replace(/ي|ى/g, 'ی')
    .replace(/ك/g, 'ک')
    .replace(DIGITS, (digit) => String(digit.charCodeAt(0) & 15))
    .toLowerCase();
}
