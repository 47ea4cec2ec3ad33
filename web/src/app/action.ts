/** Something that the user started and the server answers: whether it runs, and how it failed. */
import { useCallback, useState } from 'react';

export interface Action {
  busy: boolean;
  /** Of the last run; null where it went well. */
  error: unknown;
  /** Resolves with whether it went well. A second run while one is on does nothing. */
  run(act: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

export function useAction(): Action {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const run = useCallback(
    async (act: () => Promise<unknown>) => {
      if (state.busy) return false;
      setState({ busy: true, error: null });
      try {
        await act();
        setState({ busy: false, error: null });
        return true;
      } catch (error) {
        setState({ busy: false, error });
        return false;
      }
    },
    [state.busy],
  );
  const clear = useCallback(() => setState((now) => ({ ...now, error: null })), []);
  return { ...state, run, clear };
}
