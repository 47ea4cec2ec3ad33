import { describe, expect, it } from 'vitest';
import { matches, Strokes, shown } from './keys';

const press = (key: string, more: Partial<KeyboardEvent> = {}) =>
  ({
    key,
    code: '',
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    timeStamp: 0,
    ...more,
  }) as KeyboardEvent;

describe('a stroke', () => {
  it('is a sign, with or without the command key', () => {
    expect(matches(press('k', { ctrlKey: true }), 'mod+k')).toBe(true);
    expect(matches(press('k', { metaKey: true }), 'mod+k')).toBe(true);
    expect(matches(press('k'), 'mod+k')).toBe(false);
    expect(matches(press('k', { ctrlKey: true }), 'k')).toBe(false);
    expect(matches(press('?', { shiftKey: true }), '?')).toBe(true);
    expect(matches(press('z', { ctrlKey: true, shiftKey: true }), 'mod+z')).toBe(false);
    expect(matches(press('Z', { ctrlKey: true, shiftKey: true }), 'mod+shift+z')).toBe(true);
  });

  it('is known by its place where the letters are Persian', () => {
    expect(matches(press('ل', { code: 'KeyG' }), 'g')).toBe(true);
    expect(matches(press('؟', { code: 'Slash', shiftKey: true }), '?')).toBe(true);
    expect(matches(press('ج', { code: 'BracketLeft' }), '[')).toBe(true);
  });
});

describe('a chord', () => {
  const shortcuts = [{ keys: 'g h' }, { keys: 'h' }];

  it('is two strokes, one soon after the other', () => {
    const strokes = new Strokes();
    expect(strokes.take(press('g', { timeStamp: 10 }), shortcuts)).toBeUndefined();
    expect(strokes.take(press('h', { timeStamp: 500 }), shortcuts)).toBe(shortcuts[0]);
  });

  it('that takes too long is two single strokes', () => {
    const strokes = new Strokes();
    strokes.take(press('g', { timeStamp: 10 }), shortcuts);
    expect(strokes.take(press('h', { timeStamp: 5_000 }), shortcuts)).toBe(shortcuts[1]);
  });
});

it('is shown key by key', () => {
  expect(shown('mod+k')).toEqual(['Ctrl', 'K']);
  expect(shown('g h')).toEqual(['G', 'H']);
});
