import { describe, expect, it } from 'vitest';
import { asWritten, marked, queryOf } from './found';

describe('a search', () => {
  it('asks for what was chosen, and for nothing else', () => {
    const nothing = { text: ' ', workspaceId: null, statuses: [], assigneeId: null };
    expect(queryOf(nothing)).toEqual({ sort: '-updated_at', limit: 40 });
    expect(queryOf({ text: 'gate', workspaceId: 'w', statuses: ['todo', 'done'], assigneeId: 'me' })).toMatchObject({
      q: 'gate',
      workspace_id: 'w',
      status: 'todo,done',
      assignee_id: 'me',
    });
  });

  it('takes letters of an Arabic keyboard for those of Persian texts', () => {
    expect(asWritten(' كتابي ')).toBe('کتابی');
  });
});

describe('a title', () => {
  it('is cut where it holds what was searched for', () => {
    expect(marked('Gate and gate', 'gate')).toEqual(['', 'Gate', ' and ', 'gate', '']);
    expect(marked('Fence', 'gate')).toEqual(['Fence']);
    expect(marked('Fence', ' ')).toEqual(['Fence']);
  });

  it('is left whole where its letters have another length in lower case', () => {
    expect(marked('İzmir gate', 'gate')).toEqual(['İzmir gate']);
  });
});
