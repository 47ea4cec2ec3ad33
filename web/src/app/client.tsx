/** The one client of the page, for every view. */
import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import type { Client, Store } from '@/sync/api';
import type { User, WorkspaceRole } from '@/sync/wire';

const Context = createContext<Client | null>(null);

export function ClientProvider(props: { client: Client; children: ReactNode }) {
  return <Context value={props.client}>{props.children}</Context>;
}

export function useClient(): Client {
  const client = useContext(Context);
  if (!client) throw new Error('outside of ClientProvider');
  return client;
}

/** What a store holds; the view is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(
    (listener) => store.subscribe(listener),
    () => store.get(),
  );
}

/** Who is signed in. Only below the routes that need it. */
export function useMe(): { user: User; workspaces: readonly WorkspaceRole[] } {
  const signIn = useStore(useClient().auth.signIn);
  if (signIn.state !== 'signed_in') throw new Error('nobody is signed in');
  return signIn;
}
