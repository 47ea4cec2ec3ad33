import { expect, test } from 'vitest';
import { ScrollPlaces } from './scroll';

test('a place comes back after a reload', () => {
  const before = new ScrollPlaces(null);
  before.set('a', 120);
  before.set('b', 0);
  const after = new ScrollPlaces(String(before));
  expect(after.get('a')).toBe(120);
  expect(after.get('b')).toBe(0);
  expect(after.get('c')).toBe(0);
});

test('the oldest places are forgotten', () => {
  const places = new ScrollPlaces(null);
  for (let entry = 0; entry < 60; entry++) places.set(`e${entry}`, entry + 1);
  expect(places.get('e0')).toBe(0);
  expect(places.get('e59')).toBe(60);
  expect(JSON.parse(String(places))).toHaveLength(50);
});

test('what others have left in the storage does no harm', () => {
  for (const kept of ['{', '{}', '[1, ["a"], ["b", "x"]]']) expect(new ScrollPlaces(kept).get('b')).toBe(0);
});
