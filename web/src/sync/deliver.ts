/** How ops reach the server: one by one through the socket, a gesture's in one request. */
import type { Core } from './core';
import type { Answer } from './outbox';
import { ApiError } from './rest';
import type { PendingOp } from './storage';
import type { Ack, Reject } from './wire';

export async function deliver(core: Core, room: string, { op_id, op }: PendingOp): Promise<Answer> {
  try {
    const answer = await core.connection.request({ type: 'op', room, op_id, op });
    switch (answer.type) {
      case 'ack':
        return { ack: answer };
      case 'reject':
        return { reject: answer };
      case 'error':
        return { reject: { ...answer, op_id } };
      default:
        return 'lost';
    }
  } catch {
    return 'lost';
  }
}

type Result = ({ status: 'applied' } & Ack) | ({ status: 'rejected' } & Reject);

export async function deliverAll(core: Core, boardId: string, ops: readonly PendingOp[]): Promise<readonly Answer[]> {
  try {
    const body = { ops: ops.map(({ op_id, op }) => ({ op_id, ...op })) };
    const { results } = await core.rest.post<{ results: readonly Result[] }>(`/boards/${boardId}/ops`, body);
    const answers = new Map(results.map((result) => [result.op_id, result]));
    return ops.map(({ op_id }) => {
      const result = answers.get(op_id);
      if (!result) return 'lost';
      return result.status === 'applied' ? { ack: result } : { reject: result };
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) return ops.map(() => 'lost');
    const { code, message, retry_after_ms } = error;
    const why = { code, message, ...(retry_after_ms !== undefined && { retry_after_ms }) };
    return ops.map(({ op_id }) => ({ reject: { op_id, ...why } }));
  }
}
