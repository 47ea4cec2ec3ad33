/** Opens and closes the command palette from anywhere; it is loaded when it is first wanted. */
import { createValue } from '@/sync/value';

/** What it is open for: to find something, or to make a task that is called `text`. */
export type Palette = { for: 'finding' } | { for: 'making'; text: string };

const FINDING: Palette = { for: 'finding' };

/** Null while it is closed. */
export const palette = createValue<Palette | null>(null);

export const openPalette = () => palette.set(FINDING);
export const openMaking = (text = '') => palette.set({ for: 'making', text });
export const closePalette = () => palette.set(null);
