/** The keyboard in the list: one cell has the focus, arrows go to others, letters change what they are about. */
import type { Virtualizer } from '@tanstack/react-virtual';
import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { useI18n } from '@/i18n';
import type { Editable } from './ListEditor';
import { CELLS } from './ListRow';
import { type Row, rowBy } from './list';

/** Letters that open what changes a field of the row. */
const EDIT_KEYS: Readonly<Record<string, Editable>> = { s: 'column', p: 'priority', a: 'assignees', d: 'due' };

interface Options {
  rows: readonly Row[];
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  scroller: RefObject<HTMLElement | null>;
  /** Opens or closes a group. */
  onToggle(key: string, open: boolean): void;
}

export function useListKeys({ rows, virtualizer, scroller, onToggle }: Options) {
  const { dir } = useI18n();
  const [active, setActive] = useState<{ key: string; cell: number }>({ key: '', cell: 0 });
  const wanted = useRef(false);
  /** Where the active row stood, for when it is gone. */
  const place = useRef(0);
  const found = rows.findIndex((row) => row.key === active.key);
  const at = found < 0 ? Math.min(place.current, rows.length - 1) : found;
  const row = rows[at];
  const key = row?.key ?? '';
  const cell = row?.kind === 'group' ? 0 : active.cell;

  useEffect(() => {
    place.current = at;
    if (!wanted.current) return;
    const target = scroller.current?.querySelector<HTMLElement>(
      `[data-row="${CSS.escape(key)}"] [data-cell="${cell}"]`,
    );
    if (!target) return;
    wanted.current = false;
    target.focus({ preventScroll: true });
  });

  function go(index: number, toCell: number) {
    const next = rows[index];
    if (!next) return;
    wanted.current = true;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    setActive({ key: next.key, cell: toCell });
  }

  function onKeyDown(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (!target.matches('[data-cell]') || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const sign = letterOf(event);
    const page = Math.max(1, virtualizer.getVirtualItems().length - 8);
    const next = rowBy(sign, at, rows.length, page);
    const forward = dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const back = dir === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    const field = EDIT_KEYS[sign];
    if (next !== null) go(next, active.cell);
    else if (event.key === forward || event.key === back) {
      const by = event.key === forward ? 1 : -1;
      if (row?.kind === 'group') onToggle(key, by > 0);
      else go(at, Math.max(0, Math.min(CELLS.length - 1, cell + by)));
    } else if (field && row?.kind === 'task') {
      const button = target.closest('tr')?.querySelector<HTMLElement>(`[data-cell="${CELLS.indexOf(field)}"]`);
      button?.focus();
      button?.click();
    } else return;
    event.preventDefault();
  }

  function onFocus(event: FocusEvent) {
    const to = (event.target as HTMLElement).closest<HTMLElement>('[data-cell]');
    const inRow = to?.closest<HTMLElement>('[data-row]');
    if (to && inRow) setActive({ key: inRow.dataset.row ?? '', cell: Number(to.dataset.cell) });
  }

  return { active: { key, cell }, at, onKeyDown, onFocus };
}

/** By its place too, so that a Persian keyboard need not be switched. */
function letterOf({ key, code }: KeyboardEvent): string {
  if (key.length === 1 && !/[a-z]/i.test(key) && code.startsWith('Key')) return code.slice(3).toLowerCase();
  return key;
}
