/** Which cards are chosen, and how a click or a key changes that. Nothing here knows the page. */
import type { Id } from '@/sync/wire';

export interface Selection {
  ids: ReadonlySet<Id>;
  /** Where a range begins. */
  anchor: Id | null;
}

export const NOTHING_SELECTED: Selection = { ids: new Set(), anchor: null };

export function toggled(selection: Selection, id: Id): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** All from the anchor to `id`, over columns too; `order` is that of the whole board. */
export function ranged(selection: Selection, id: Id, order: readonly Id[]): Selection {
  const from = selection.anchor === null ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return { ids: new Set([...selection.ids, id]), anchor: id };
  return { ids: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), anchor: selection.anchor };
}

/** All of `ids`; where all of them are chosen already, none of them. */
export function toggledAll(selection: Selection, ids: readonly Id[]): Selection {
  const whole = ids.length > 0 && ids.every((id) => selection.ids.has(id));
  const kept = [...selection.ids].filter((id) => !ids.includes(id));
  return { ids: new Set(whole ? kept : [...kept, ...ids]), anchor: ids[0] ?? selection.anchor };
}

/** Without what is not there any more; the same object where all is. */
export function pruned(selection: Selection, there: (id: Id) => boolean): Selection {
  const ids = [...selection.ids].filter(there);
  const anchor = selection.anchor !== null && there(selection.anchor) ? selection.anchor : null;
  if (ids.length === selection.ids.size && anchor === selection.anchor) return selection;
  return { ids: new Set(ids), anchor };
}
