/** Where two texts differ, word by word. */
import { diffArrays } from 'diff';

export interface Part {
  text: string;
  /** The other text has it not. */
  own: boolean;
}

export interface Comparison {
  theirs: readonly Part[];
  mine: readonly Part[];
}

/** A word or a sign, with the space after it: where only the space differs, nothing does. */
const WORDS = /\s+|(?:[\p{L}\p{M}\p{N}\u200c_'’]+|\S)\s*/gu;
/** With more words than this, lines are compared. */
const WORDS_MAX = 6_000;
/** A comparison that takes longer tells nobody anything. */
const TIMEOUT_MS = 150;

/** Null where they have too little in common, or are too long, for marks to help. */
export function compare(theirs: string, mine: string): Comparison | null {
  let [a, b] = [wordsOf(theirs), wordsOf(mine)];
  if (a.length + b.length > WORDS_MAX) [a, b] = [linesOf(theirs), linesOf(mine)];
  const comparator = (x: string, y: string) => x.trim() === y.trim();
  const changes = diffArrays(a, b, { comparator, timeout: TIMEOUT_MS });
  if (!changes?.some(({ added, removed }) => !added && !removed)) return null;
  const parts: { theirs: Part[]; mine: Part[] } = { theirs: [], mine: [] };
  let [inTheirs, inMine] = [0, 0];
  for (const { count, added, removed } of changes) {
    if (!added) {
      parts.theirs.push({ text: a.slice(inTheirs, inTheirs + count).join(''), own: removed });
      inTheirs += count;
    }
    if (!removed) {
      parts.mine.push({ text: b.slice(inMine, inMine + count).join(''), own: added });
      inMine += count;
    }
  }
  return parts;
}

const wordsOf = (text: string): string[] => text.match(WORDS) ?? [];
const linesOf = (text: string): string[] => text.split(/(?<=\n)/);
