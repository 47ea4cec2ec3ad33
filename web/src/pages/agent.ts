/** What a browser or a program says of itself, made short. */

const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'];
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'];
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS' };
const LONGEST = 40;

/** "Firefox, Linux" of a browser; the first words of a program; null where nothing was said. */
export function agentName(agent: string | null): string | null {
  const text = agent?.trim() ?? '';
  if (text === '') return null;
  const known = [BROWSERS, SYSTEMS].flatMap((names) => names.find((name) => text.includes(name)) ?? []);
  if (known.length === 0) return text.slice(0, LONGEST);
  return known.map((name) => NAMES[name] ?? name).join(', ');
}
