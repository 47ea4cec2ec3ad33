/** How an event changes a board: the rules REPLAY-1 to REPLAY-6, and nothing else. */
import { type BoardState, Draft } from './board-state';
import type { BoardEvent, Column, Id, Moment, Ranks, Task } from './wire';

/** The board after `events`, which must follow upon `state.seq` without a gap. */
export function applyEvents(state: BoardState, events: readonly BoardEvent[]): BoardState {
  if (events.length === 0) return state;
  const draft = new Draft(state);
  for (const event of events) {
    applyEvent(draft, event);
    draft.seq = event.seq;
  }
  return draft.finish();
}

/** One event. A kind or a target that is not known changes nothing (FORM-5). */
export function applyEvent(draft: Draft, event: BoardEvent): void {
  switch (event.kind) {
    case 'task.created':
    case 'task.restored':
      respaceTasks(draft, event.data.ranks);
      draft.putTask(event.data.task);
      break;
    case 'task.updated': {
      const { task_id, version, set } = event.data;
      const { description: _, ...fields } = set;
      changeTask(draft, task_id, { ...fields, version, updated_at: event.at });
      break;
    }
    case 'task.moved': {
      const { task_id, version, column_id, rank, completed_at, ranks } = event.data;
      respaceTasks(draft, ranks);
      changeTask(draft, task_id, { version, column_id, rank, completed_at, updated_at: event.at });
      break;
    }
    case 'task.deleted':
      draft.removeTask(event.data.task_id, event.data.version);
      break;
    case 'column.created':
      respaceColumns(draft, event.data.ranks);
      draft.putColumn(event.data.column);
      break;
    case 'column.updated':
      changeColumn(draft, event.data.column_id, { ...event.data.set, version: event.data.version });
      break;
    case 'column.moved': {
      const { column_id, version, rank, ranks } = event.data;
      respaceColumns(draft, ranks);
      changeColumn(draft, column_id, { version, rank });
      break;
    }
    case 'column.deleted': {
      const { column_id, to_column_id, moved } = event.data;
      for (const { task_id, ...place } of moved) {
        if (to_column_id) changeTask(draft, task_id, { ...place, column_id: to_column_id, updated_at: event.at });
      }
      draft.removeColumn(column_id);
      break;
    }
  }
}

function changeTask(draft: Draft, id: Id, fields: Partial<Task> & { updated_at: Moment }): void {
  const task = draft.task(id);
  if (task) draft.putTask({ ...task, ...fields });
}

function changeColumn(draft: Draft, id: Id, fields: Partial<Column>): void {
  const column = draft.column(id);
  if (column) draft.putColumn({ ...column, ...fields });
}

function respaceTasks(draft: Draft, ranks: Ranks | undefined): void {
  for (const [id, rank] of Object.entries(ranks ?? {})) {
    const task = draft.task(id);
    if (task) draft.putTask({ ...task, rank });
  }
}

function respaceColumns(draft: Draft, ranks: Ranks | undefined): void {
  for (const [id, rank] of Object.entries(ranks ?? {})) changeColumn(draft, id, { rank });
}
