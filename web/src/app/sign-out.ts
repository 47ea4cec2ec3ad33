/** Signing out, from wherever it is asked for: see `SignOut.tsx`. */
import { createValue } from '@/sync/value';

export const signOutWanted = createValue(false);
export const askSignOut = () => signOutWanted.set(true);
