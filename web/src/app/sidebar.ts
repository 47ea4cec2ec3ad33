/** What the sidebar shows, and whether it stands open. */
import { useEffect } from 'react';
import { createValue, type Value } from '@/sync/value';
import type { Id } from '@/sync/wire';

/** Where the page belongs: what the sidebar unfolds. */
export interface Place {
  workspaceId: Id;
  projectId?: Id | undefined;
}

const OPEN = 'teamflow.sidebar';
const WORKSPACE = 'teamflow.workspace';

/** A value that this device keeps by `keep`. */
function keptValue<T>(first: T, keep: (value: T) => void): Value<T> {
  const value = createValue(first);
  value.subscribe(() => keep(value.get()));
  return value;
}

const kept = (key: string) => globalThis.localStorage?.getItem(key) ?? null;

/** Beside the page, where there is room for it; kept on this device. */
export const sidebarOpen = keptValue(kept(OPEN) !== 'closed', (open) =>
  open ? localStorage.removeItem(OPEN) : localStorage.setItem(OPEN, 'closed'),
);

/** Over the page, on a phone. */
export const drawerOpen = createValue(false);

const lastWorkspace = kept(WORKSPACE);
/** Stays when a page is shown that belongs to no workspace, such as the profile. */
export const place = keptValue<Place | null>(lastWorkspace === null ? null : { workspaceId: lastWorkspace }, (now) => {
  if (now) localStorage.setItem(WORKSPACE, now.workspaceId);
});

export function usePlace(here: Place | undefined) {
  const workspaceId = here?.workspaceId;
  const projectId = here?.projectId;
  useEffect(() => {
    if (workspaceId !== undefined) place.set({ workspaceId, projectId });
  }, [workspaceId, projectId]);
}

/** Below it the sidebar is a drawer. The same width stands in `shell.module.css`. */
export const WIDE = '(min-width: 60rem)';
