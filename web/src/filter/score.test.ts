import { describe, expect, it } from 'vitest';
import { score } from './score';

describe('what is typed', () => {
  it('is answered best by what begins with it, then by a word that does', () => {
    const typed = (value: string) => score(value, 'dark');
    expect([typed('Dark appearance'), typed('Go dark'), typed('Undarkened'), typed('Light')]).toEqual([1, 0.8, 0.5, 0]);
    expect(score('Dark appearance', 'app dark')).toBeGreaterThan(0);
  });

  it('may be in letters of another keyboard', () => {
    expect(score('کتاب‌ها', 'كتاب')).toBe(1);
  });
});
