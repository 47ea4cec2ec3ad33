/** A window over the page; what it is made of comes when the page rests, or is wanted. */
import { lazy, Suspense, useState } from 'react';
import { loadedAtRest } from './at-rest';
import type { DialogProps } from './DialogWindow';

const Window = lazy(loadedAtRest(() => import('./DialogWindow')));

export function Dialog(props: DialogProps) {
  const [wanted, setWanted] = useState(props.open);
  if (props.open && !wanted) setWanted(true);
  if (!wanted) return null;
  return (
    <Suspense fallback={null}>
      <Window {...props} />
    </Suspense>
  );
}
