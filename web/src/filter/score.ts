import { fold } from './filter';

/**
 * How well something that can be called by `value` answers what was typed: all words must be in it; the better, the
 * nearer to its beginning.
 */
export function score(value: string, typed: string): number {
  const text = fold(value);
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (!words.every((word) => text.includes(word))) return 0;
  const [first = ''] = words;
  if (text.startsWith(first)) return 1;
  return text.includes(` ${first}`) ? 0.8 : 0.5;
}
