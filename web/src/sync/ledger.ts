/**
 * Who changed which field last, and at which version: one's own ops must not conflict with each other, and those of others
 * must not be overwritten by a version that one got for another field.
 */
import { touchedBy } from './fields';
import type { BoardEvent, Id } from './wire';

interface Entry {
  /** The last version at which one changed it oneself; 0 where one did not. */
  own: number;
  /** The same for everybody else. */
  others: number;
}

export class Ledger {
  readonly #targets = new Map<Id, Map<string, Entry>>();

  note(event: BoardEvent, own: boolean): void {
    for (const { target, fields, version } of touchedBy(event)) {
      if (own) this.noteOwn(target, fields, version);
      else for (const field of fields) this.#entry(target, field).others = version;
    }
  }

  /** By an ack, where the event itself was not seen. */
  noteOwn(target: Id, fields: readonly string[], version: number): void {
    for (const field of fields) this.#entry(target, field).own = version;
  }

  /** After a snapshot: whatever `target` has become since its last known change, it may have been others. */
  noteGap(target: Id, fields: readonly string[], version: number): void {
    let newest = 0;
    for (const entry of this.#targets.get(target)?.values() ?? []) newest = Math.max(newest, entry.own, entry.others);
    if (version <= newest) return;
    for (const field of fields) this.#entry(target, field).others = version;
  }

  knows(target: Id): boolean {
    return this.#targets.has(target);
  }

  /**
   * The version to name for an op that was made in sight of version `seen`: as high as one's own later changes have made
   * it, but not where others have changed one of the fields too: then the server is to refuse.
   */
  base(target: Id, fields: readonly string[], seen: number): number {
    const known = this.#targets.get(target);
    let base = seen;
    for (const field of fields) {
      const entry = known?.get(field);
      if (!entry) continue;
      if (entry.others > seen) return seen;
      base = Math.max(base, entry.own);
    }
    return base;
  }

  /** Whether it was oneself, and nobody else, who changed a field since `seen`, this version being the last. */
  isOwn(target: Id, field: string, version: number, seen: number): boolean {
    const entry = this.#targets.get(target)?.get(field);
    return entry !== undefined && entry.own === version && entry.others <= seen;
  }

  #entry(target: Id, field: string): Entry {
    let fields = this.#targets.get(target);
    if (!fields) {
      fields = new Map();
      this.#targets.set(target, fields);
    }
    let entry = fields.get(field);
    if (!entry) {
      entry = { own: 0, others: 0 };
      fields.set(field, entry);
    }
    return entry;
  }
}
