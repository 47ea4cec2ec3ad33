import { type RefObject, useLayoutEffect, useState } from 'react';

/**
 * How many of `steps`, widths in rem from the smallest up, an element reaches. By it and not by the window parts of a
 * page choose what they show: a sidebar may stand beside them. `steps` must be the same object each time.
 */
export function useStep(element: RefObject<HTMLElement | null>, steps: readonly number[]): number {
  const [reached, setReached] = useState(steps.length);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = () => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const width = measured.clientWidth / rem;
      setReached(steps.filter((step) => width >= step).length);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element, steps]);
  return reached;
}
