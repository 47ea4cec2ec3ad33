/** Short messages at the edge of the page, which go by themselves. What shows them comes when the page rests, or there is one. */
import { type ComponentType, useEffect, useState } from 'react';
import { useStore } from '@/app/client';
import { createValue } from '@/sync/value';
import { useRested } from './at-rest';

export interface Toast {
  text: string;
  tone?: 'plain' | 'warning' | 'danger';
  /** One thing to do about it, such as to undo it. */
  action?: { label: string; run(): void };
  /** The newest of those with one id stands in the place of the one before. */
  id?: string;
  /** How long it stays, in milliseconds; 0 keeps it. */
  stays?: number;
}

/** Not shown yet. */
export const waitingToasts = createValue<readonly Toast[]>([]);

export function showToast(toast: Toast) {
  waitingToasts.set([...waitingToasts.get(), toast]);
}

export function Toasts() {
  const waiting = useStore(waitingToasts);
  const rested = useRested();
  const [List, setList] = useState<ComponentType>();
  useEffect(() => {
    if (List || (!rested && waiting.length === 0)) return;
    // Without a network it is asked for again with the next one.
    import('./ToastList').then(
      (loaded) => setList(() => loaded.ToastList),
      () => undefined,
    );
  }, [List, rested, waiting]);
  return List ? <List /> : null;
}
