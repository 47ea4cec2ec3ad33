import { beforeEach, expect, it, vi } from 'vitest';
import { forgetDraft, forgetDrafts, keepDraft, keptDraft } from './draft';

beforeEach(() => {
  const kept: Record<string, string> = {};
  const methods = {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => {
      kept[key] = value;
    },
    removeItem: (key: string) => {
      delete kept[key];
    },
  };
  // What is kept are its own enumerable keys, as in a browser.
  vi.stubGlobal('localStorage', new Proxy(kept, { get: (_, name: string) => Reflect.get(methods, name) }));
});

it('a draft is kept until it was saved', () => {
  const draft = { text: 'It hangs', version: 3 };
  keepDraft('a', draft);
  expect(keptDraft('a')).toEqual(draft);
  forgetDraft('a', draft);
  expect(keptDraft('a')).toBeNull();
});

it('a newer one is not forgotten with the one that was saved', () => {
  keepDraft('a', { text: 'It hangs on two hinges', version: 4 });
  forgetDraft('a', { text: 'It hangs', version: 3 });
  expect(keptDraft('a')?.version).toBe(4);
});

it('all are forgotten at once, and nothing else with them', () => {
  keepDraft('a', { text: 'x', version: 1 });
  localStorage.setItem('teamflow.locale', 'fa');
  forgetDrafts();
  expect([keptDraft('a'), localStorage.getItem('teamflow.locale')]).toEqual([null, 'fa']);
});

it('what makes no sense is no draft', () => {
  localStorage.setItem('teamflow.draft.a', '{"text":1}');
  localStorage.setItem('teamflow.draft.b', '{');
  expect([keptDraft('a'), keptDraft('b')]).toEqual([null, null]);
});
