/** Tasks of all one's workspaces, found by the server. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from '@/app/client';
import type { Page } from '@/sync/api';
import type { Id, Status, Task } from '@/sync/wire';

/** A task as lists of REST hold it. */
export interface FoundTask extends Task {
  status: Status;
  board_id: Id;
  project_id: Id;
  workspace_id: Id;
}

export interface Search {
  text: string;
  workspaceId: Id | null;
  /** All of them where it is empty. */
  statuses: readonly Status[];
  /** Only what is assigned to this user. */
  assigneeId: Id | null;
}

const PAGE = 40;
/** The most that the server takes. */
const TEXT_MAX = 200;

/** Arabic letters as Persian texts write them, as the server compares letter by letter. */
export const asWritten = (text: string) => text.trim().replace(/[يى]/g, 'ی').replace(/ك/g, 'ک').slice(0, TEXT_MAX);

export function queryOf({ text, statuses, assigneeId, workspaceId }: Search) {
  const q = asWritten(text);
  return {
    ...(q ? { q } : {}),
    ...(workspaceId ? { workspace_id: workspaceId } : {}),
    ...(statuses.length > 0 ? { status: statuses.join(',') } : {}),
    ...(assigneeId ? { assignee_id: assigneeId } : {}),
    sort: '-updated_at',
    limit: PAGE,
  };
}

export interface Found {
  /** Undefined until something was read; what was found before stays while it is searched again. */
  tasks: readonly FoundTask[] | undefined;
  error: unknown;
  busy: boolean;
  /** Reads on; null at the end. */
  more: (() => void) | null;
}

/** `search` must be the same object until it is another. */
export function useFound(search: Search): Found {
  const { rest } = useClient();
  const [found, setFound] = useState<{ tasks: readonly FoundTask[]; next: string | null } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(true);
  /** Only the answer to the last question counts. */
  const turn = useRef(0);
  const read = useCallback(
    (cursor?: string) => {
      turn.current += 1;
      const own = turn.current;
      setBusy(true);
      rest.get<Page<FoundTask>>('/tasks', { ...queryOf(search), ...(cursor ? { cursor } : {}) }).then(
        (page) => {
          if (own !== turn.current) return;
          setFound((before) => ({
            tasks: cursor ? [...(before?.tasks ?? []), ...page.items] : page.items,
            next: page.next_cursor,
          }));
          setError(null);
          setBusy(false);
        },
        (problem: unknown) => {
          if (own !== turn.current) return;
          setError(problem);
          setBusy(false);
        },
      );
    },
    [rest, search],
  );
  useEffect(() => {
    read();
    return () => {
      turn.current += 1;
    };
  }, [read]);
  const next = found?.next;
  return { tasks: found?.tasks, error, busy, more: next ? () => read(next) : null };
}

/** `text` in pieces: every other one, from the second on, is one that was searched for. */
export function marked(text: string, search: string): string[] {
  const words = asWritten(search).toLowerCase();
  if (words === '') return [text];
  const lower = text.toLowerCase();
  // Some letters have another length in lower case: then nothing can be marked.
  if (lower.length !== text.length) return [text];
  const pieces: string[] = [];
  let from = 0;
  for (let at = lower.indexOf(words); at >= 0; at = lower.indexOf(words, from)) {
    pieces.push(text.slice(from, at), text.slice(at, at + words.length));
    from = at + words.length;
  }
  return [...pieces, text.slice(from)];
}
