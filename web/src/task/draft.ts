/** Text that is being typed, kept on this device until it is saved or thrown away, so that a closed tab loses nothing. */
import type { Id } from '@/sync/wire';

export interface Draft {
  text: string;
  /** The task's version that it was begun on. */
  version: number;
}

const PREFIX = 'teamflow.draft.';
const keyOf = (id: Id) => `${PREFIX}${id}`;

export function keptDraft(id: Id): Draft | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(id)) ?? 'null');
    return isDraft(kept) ? kept : null;
  } catch {
    return null;
  }
}

export function keepDraft(id: Id, draft: Draft | null): void {
  try {
    if (draft) localStorage.setItem(keyOf(id), JSON.stringify(draft));
    else localStorage.removeItem(keyOf(id));
  } catch {
    // A device that keeps nothing: the text is in the page alone.
  }
}

/** Forgets a draft that was saved, unless another has taken its place. */
export function forgetDraft(id: Id, saved: Draft): void {
  if (keptDraft(id)?.text === saved.text) keepDraft(id, null);
}

/** Forgets all of them: who signs out leaves no text behind. */
export function forgetDrafts(): void {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    for (const key of keys) localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false;
  const { text, version } = value as Partial<Draft>;
  return typeof text === 'string' && typeof version === 'number';
}
