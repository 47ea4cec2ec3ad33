import { useEffect, useState } from 'react';
import { useClient } from '@/app/client';
import { useOnline } from '@/app/useOnline';
import type { About } from '@/sync/api';

/** What the server says of itself to strangers; asked again when the network is back. Null while it is not known. */
export function useAbout(): About | null {
  const client = useClient();
  const online = useOnline();
  const [about, setAbout] = useState<About | null>(null);
  useEffect(() => {
    if (!online) return;
    let current = true;
    // Where it can't be asked, nothing is offered; the form says why it fails.
    client.about().then(
      (answer) => current && setAbout(answer),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [client, online]);
  return about;
}
