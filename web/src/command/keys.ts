/** Keys of shortcuts: how they are written (`mod+k`, `?`, `g h`), matched, and shown. */

/** Apple's keyboards have ⌘ where others have Ctrl. */
const APPLE = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');

/** Signs of shortcuts by their places, likewise. */
const SIGNS: Readonly<Record<string, string>> = { Slash: '/', BracketLeft: '[', BracketRight: ']', Backslash: '\\' };
const SHIFTED: Readonly<Record<string, string>> = { Slash: '?' };

/** Where letters are not Latin, the key's place counts, so that a keyboard need not be switched. */
function signOf(event: KeyboardEvent): string {
  const { key, code } = event;
  if (key.length > 1 || /[\x20-\x7e]/.test(key)) return key.toLowerCase();
  if (code.startsWith('Key')) return code.slice(3).toLowerCase();
  return (event.shiftKey ? SHIFTED[code] : SIGNS[code]) ?? key.toLowerCase();
}

/** Whether one stroke of a shortcut was made. With a sign such as `?` Shift isn't asked for: it is part of what makes it. */
export function matches(event: KeyboardEvent, stroke: string): boolean {
  const parts = stroke.split('+');
  const sign = parts.pop();
  const mod = parts.includes('mod');
  if (mod !== (event.ctrlKey || event.metaKey) || event.altKey) return false;
  if (mod && parts.includes('shift') !== event.shiftKey) return false;
  return signOf(event) === sign;
}

/** A shortcut in the signs of this keyboard: one text for each key. */
export function shown(keys: string): string[] {
  return keys.split(' ').flatMap((stroke) => stroke.split('+').map(nameOf));
}

function nameOf(key: string): string {
  if (key === 'mod') return APPLE ? '⌘' : 'Ctrl';
  if (key === 'shift') return APPLE ? '⇧' : 'Shift';
  return key.charAt(0).toUpperCase() + key.slice(1);
}

/** Fields keep their keys. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** How long the second stroke of a chord may take. */
const CHORD_MS = 1_200;

/** Follows strokes, and says which of several shortcuts was made. */
export class Strokes {
  private first: { event: KeyboardEvent; at: number } | null = null;

  /** The shortcut that `event` completes; undefined where it completes none. */
  take<T extends { keys?: string; alias?: string }>(event: KeyboardEvent, shortcuts: Iterable<T>): T | undefined {
    const { first } = this;
    this.first = null;
    const chord = first && event.timeStamp - first.at < CHORD_MS ? first.event : null;
    let begins = false;
    for (const shortcut of shortcuts) {
      const [one, two] = shortcut.keys?.split(' ') ?? [];
      if (one === undefined) continue;
      if (!chord && shortcut.alias !== undefined && matches(event, shortcut.alias)) return shortcut;
      if (two === undefined) {
        if (!chord && matches(event, one)) return shortcut;
      } else if (chord && matches(chord, one) && matches(event, two)) {
        return shortcut;
      } else if (matches(event, one)) {
        begins = true;
      }
    }
    if (begins) this.first = { event, at: event.timeStamp };
    return undefined;
  }
}
