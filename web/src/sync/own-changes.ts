/**
 * What one has changed oneself, so that one's own ops don't conflict with each other, and yet nobody else's change is
 * overwritten unseen: the version that was seen of a field goes on only over changes that surely had none of others between.
 */
import { guarded, targetOf, written } from './fields';
import type { Id, Op } from './wire';

interface Change {
  version: number;
  /** The version that the op named: at that time its guarded fields were as they had been then. */
  base: number | null;
  op: Op;
}

/** More of one task or column are not remembered. */
const CHANGES_MAX = 64;

export class OwnChanges {
  readonly #targets = new Map<Id, readonly Change[]>();

  /** An op of one's own was applied, and made this version. */
  note(op: Op, version: number): void {
    const base = 'version' in op ? (op.version ?? null) : null;
    const target = targetOf(op);
    const changes = [...(this.#targets.get(target) ?? []), { version, base, op }];
    this.#targets.set(target, changes.sort((a, b) => a.version - b.version).slice(-CHANGES_MAX));
  }

  /** The version to name for an op on these fields that was made in sight of version `seen`. */
  base(target: Id, fields: readonly string[], seen: number): number {
    return Math.min(...fields.map((field) => this.#seenOf(target, field, seen)));
  }

  /** Whether that version of a field is one's own work upon what was seen. */
  isOwn(target: Id, field: string, version: number, seen: number): boolean {
    return version <= this.#seenOf(target, field, seen);
  }

  #seenOf(target: Id, field: string, seen: number): number {
    // Up to where one has made every version oneself, and up to where nobody else has touched the field.
    let [whole, ofField] = [seen, seen];
    for (const { version, base, op } of this.#targets.get(target) ?? []) {
      if (version <= ofField) continue;
      const follows = version === whole + 1;
      if (follows) whole = version;
      const isGuarded = base !== null && base <= ofField && guarded(op).includes(field);
      if (isGuarded || (follows && written(op).includes(field))) ofField = version;
    }
    return ofField;
  }
}
