/** The server's judgement of ops, as far as the protocol says: versions, exactly once, one sequence. */
import { type BoardState, Draft, fromSnapshot } from '../board-state';
import { COLUMN_FIELDS, guarded, TASK_FIELDS, targetOf, written } from '../fields';
import { predict } from '../optimistic';
import { applyEvent } from '../reducer';
import type { Ack, BoardEvent, FieldConflict, Id, Op, Reject, Snapshot } from '../wire';

interface Change {
  version: number;
  actor_id: Id;
  at: string;
}

export class ModelBoard {
  state: BoardState;
  history = 'first';
  readonly log: BoardEvent[] = [];
  readonly #acks = new Map<Id, { ack: Ack; words: string }>();
  readonly #changes = new Map<Id, Map<string, Change>>();
  readonly #descriptions = new Map<Id, string>();
  readonly #ids = new Set<Id>();
  #number = 0;

  constructor(snapshot: Snapshot) {
    this.state = fromSnapshot(snapshot, 0);
    for (const item of [...snapshot.columns, ...snapshot.tasks]) this.#ids.add(item.id);
  }

  judge(actor: Id, op_id: Id, op: Op): { ack: Ack; event: BoardEvent | null } | { reject: Reject } {
    const words = `${actor} ${JSON.stringify(op)}`;
    const first = this.#acks.get(op_id);
    if (first) {
      if (first.words !== words) return refuse(op_id, 'CONFLICT', 'the op_id is used for another op');
      return { ack: first.ack, event: null };
    }
    const refusal = this.#refusal(op_id, op);
    if (refusal) return { reject: refusal };
    const at = new Date().toISOString();
    const draft = new Draft(this.state);
    const event = predict(draft, { op, op_id, actor_id: actor, at });
    if (!event) return refuse(op_id, op.kind === 'column.delete' ? 'CONFLICT' : 'NOT_FOUND', 'no such thing');
    if (event.kind === 'task.created') event.data.task.number = ++this.#number;
    applyEvent(draft, event);
    draft.seq = event.seq;
    this.state = draft.finish();
    this.log.push(event);
    this.#note(event, actor, op);
    const version = touchedBy(event)[0]?.version ?? 0;
    const ack: Ack = { op_id, seq: event.seq, version };
    this.#acks.set(op_id, { ack, words });
    return { ack, event };
  }

  /** The database is restored from a backup: all after `seq` never happened. Only for a board without open acks. */
  snapshot(): Snapshot {
    const columns = [...this.state.columns];
    return { board: this.state.board, columns, tasks: [...this.state.tasks.values()] };
  }

  ackOf(op_id: Id): Ack | undefined {
    return this.#acks.get(op_id)?.ack;
  }

  #refusal(op_id: Id, op: Op): Reject | null {
    const target = targetOf(op);
    if (op.kind === 'task.create' || op.kind === 'column.create') {
      if (this.#ids.has(target)) return refuse(op_id, 'CONFLICT', 'exists already').reject;
      return null;
    }
    const current = this.state.tasks.get(target) ?? this.state.columns.find((column) => column.id === target);
    if (op.kind === 'task.restore') {
      if (current) return refuse(op_id, 'CONFLICT', 'the task is not deleted').reject;
      return this.state.removed.has(target) ? null : refuse(op_id, 'NOT_FOUND', 'no such task').reject;
    }
    if (!current) return refuse(op_id, 'NOT_FOUND', 'no such thing').reject;
    if (op.kind === 'task.update' && written(op).length === 0) {
      return refuse(op_id, 'VALIDATION_ERROR', 'sets nothing').reject;
    }
    const base = 'version' in op ? op.version : undefined;
    if (base === undefined) return null;
    if (base < 1 || base > current.version) return refuse(op_id, 'VALIDATION_ERROR', `no version ${base}`).reject;
    const conflicts = guarded(op).flatMap((field): FieldConflict[] => {
      const change = this.#changes.get(target)?.get(field);
      return change && change.version > base ? [{ field, ...change }] : [];
    });
    if (conflicts.length === 0) return null;
    const description = guarded(op).includes('description')
      ? { description: this.#descriptions.get(target) ?? '' }
      : {};
    return {
      ...refuse(op_id, 'VERSION_CONFLICT', 'changed since').reject,
      current: { ...current, ...description },
      conflicts,
    };
  }

  #note(event: BoardEvent, actor_id: Id, op: Op): void {
    for (const { target, fields, version } of touchedBy(event)) {
      this.#ids.add(target);
      const changes = this.#changes.get(target) ?? new Map<string, Change>();
      this.#changes.set(target, changes);
      for (const field of fields) changes.set(field, { version, actor_id, at: event.at });
    }
    const text =
      op.kind === 'task.update' ? op.set?.description : op.kind === 'task.create' ? op.description : undefined;
    if (text !== undefined) this.#descriptions.set(targetOf(op), text);
  }
}

function refuse(op_id: Id, code: Reject['code'], message: string): { reject: Reject } {
  return { reject: { op_id, code, message } };
}

/** What an event has changed, and to which version. */
function touchedBy(event: BoardEvent): readonly { target: Id; fields: readonly string[]; version: number }[] {
  switch (event.kind) {
    case 'task.created':
    case 'task.restored':
      return [{ target: event.data.task.id, fields: TASK_FIELDS, version: event.data.task.version }];
    case 'task.updated':
      return [{ target: event.data.task_id, fields: Object.keys(event.data.set), version: event.data.version }];
    case 'task.moved':
      return [{ target: event.data.task_id, fields: ['position'], version: event.data.version }];
    case 'task.deleted':
      return [{ target: event.data.task_id, fields: TASK_FIELDS, version: event.data.version }];
    case 'column.created':
      return [{ target: event.data.column.id, fields: COLUMN_FIELDS, version: event.data.column.version }];
    case 'column.updated':
      return [{ target: event.data.column_id, fields: Object.keys(event.data.set), version: event.data.version }];
    case 'column.moved':
      return [{ target: event.data.column_id, fields: ['position'], version: event.data.version }];
    case 'column.deleted':
      return [
        { target: event.data.column_id, fields: COLUMN_FIELDS, version: event.data.version },
        ...event.data.moved.map((one) => ({ target: one.task_id, fields: ['position'], version: one.version })),
      ];
    default:
      return [];
  }
}
