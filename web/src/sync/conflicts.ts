/** Rejected edits that wait for their author's decision, over all boards and tabs. */
import type { Environment } from './environment';
import type { KeptConflict, Storage } from './storage';
import { createValue } from './value';
import type { Id } from './wire';

const CHANGED = 'conflicts_changed';

export class Conflicts {
  readonly all = createValue<readonly KeptConflict[]>([]);
  readonly #environment: Environment;
  readonly #storage: Storage;
  readonly #stop: (() => void) | undefined;
  #user: Id | null = null;

  constructor(environment: Environment, storage: Storage) {
    this.#environment = environment;
    this.#storage = storage;
    this.#stop = environment.channel?.listen((message) => {
      if ((message as { type: string }).type === CHANGED) void this.load(this.#user);
    });
  }

  /** Those of this user; nobody's are none. */
  async load(user: Id | null): Promise<void> {
    this.#user = user;
    const kept = user === null ? [] : await this.#storage.conflicts(user);
    if (this.#user !== user) return;
    // Without a database, what is here is all there is.
    const known = new Set(kept.map((conflict) => conflict.op_id));
    const unkept = this.all.get().filter((one) => one.user_id === user && this.#unkept.has(one.op_id));
    this.all.set([...kept, ...unkept.filter((one) => !known.has(one.op_id))]);
  }

  async add(conflict: KeptConflict): Promise<void> {
    this.all.set([...this.all.get().filter((one) => one.op_id !== conflict.op_id), conflict]);
    this.#unkept.add(conflict.op_id);
    if (await this.#storage.putConflict(conflict)) this.#unkept.delete(conflict.op_id);
    this.#environment.channel?.post({ type: CHANGED });
  }

  async settle(id: Id): Promise<void> {
    this.all.set(this.all.get().filter((one) => one.op_id !== id));
    await this.#storage.dropConflict(id);
    this.#environment.channel?.post({ type: CHANGED });
  }

  stop(): void {
    this.#stop?.();
  }

  /** Those that the database does not hold (yet). */
  readonly #unkept = new Set<Id>();
}
