/**
 * The server's order keys, so that what is predicted stands where the server will put it. Base 62: an integer part, whose
 * first letter says how long it is, and a fraction.
 */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ZERO = '0';
const LAST = 'z';

/** Bytewise, as the server compares. Ranks are ASCII. */
export function byRank(a: { rank: string }, b: { rank: string }): number {
  return a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0;
}

/** A rank above `lower` and below `upper`; null is the open end. */
export function rankBetween(lower: string | null, upper: string | null): string {
  if (lower === null && upper === null) return 'a0';
  if (lower === null) {
    const [whole, fraction] = parts(upper ?? '');
    if (fraction !== '') return whole;
    return decremented(whole) ?? whole + midpoint('', fraction);
  }
  const [whole, fraction] = parts(lower);
  if (upper === null) return incremented(whole) ?? whole + midpoint(fraction, null);
  const [upperWhole, upperFraction] = parts(upper);
  if (whole === upperWhole) return whole + midpoint(fraction, upperFraction);
  const above = incremented(whole);
  return above !== null && above < upper ? above : whole + midpoint(fraction, null);
}

function parts(rank: string): [string, string] {
  const length = wholeLength(rank.charCodeAt(0));
  return [rank.slice(0, length), rank.slice(length)];
}

function wholeLength(head: number): number {
  return head >= 97 ? head - 97 + 2 : 90 - Math.min(head, 90) + 2;
}

function incremented(whole: string): string | null {
  return stepped(whole, LAST, 1, 'Z', 'a0', 'z');
}

function decremented(whole: string): string | null {
  return stepped(whole, ZERO, -1, 'a', 'Zz', 'A');
}

/** One up or down; where all digits are at their `end`, the head changes, and with it the length. */
function stepped(whole: string, end: string, by: 1 | -1, turn: string, turned: string, edge: string): string | null {
  const around = end === LAST ? ZERO : LAST;
  for (let at = whole.length - 1; at > 0; at--) {
    const digit = whole.charAt(at);
    if (digit === end) continue;
    const next = DIGITS.charAt(DIGITS.indexOf(digit) + by);
    return whole.slice(0, at) + next + around.repeat(whole.length - 1 - at);
  }
  if (whole.charAt(0) === turn) return turned;
  if (whole.charAt(0) === edge) return null;
  const head = whole.charCodeAt(0) + by;
  return String.fromCharCode(head) + around.repeat(wholeLength(head) - 1);
}

/** A fraction strictly between two fractions: `''` is zero, and null one. */
function midpoint(lower: string, upper: string | null): string {
  if (upper !== null) {
    let shared = 0;
    while (shared < upper.length && (lower.charAt(shared) || ZERO) === upper.charAt(shared)) shared++;
    if (shared > 0) return upper.slice(0, shared) + midpoint(lower.slice(shared), upper.slice(shared));
  }
  const low = lower === '' ? 0 : DIGITS.indexOf(lower.charAt(0));
  const high = upper ? DIGITS.indexOf(upper.charAt(0)) : DIGITS.length;
  if (high - low > 1) return DIGITS.charAt(Math.ceil((low + high) / 2));
  if (upper !== null && upper.length > 1) return upper.charAt(0);
  return DIGITS.charAt(low) + midpoint(lower.slice(1), null);
}
