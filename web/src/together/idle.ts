/** Tells when nobody does anything in this page any more, and when somebody does again. */

export const IDLE_MS = 120_000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;

interface Page extends EventTarget {
  readonly hidden: boolean;
}

/** Calls `tell` at each change. The function that comes back ends it. */
export function watchIdle(page: Page, tell: (idle: boolean) => void): () => void {
  let last = Date.now();
  let isIdle = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (idle: boolean) => {
    if (idle === isIdle) return;
    isIdle = idle;
    tell(idle);
  };
  const check = () => {
    clearTimeout(timer);
    const left = last + IDLE_MS - Date.now();
    say(page.hidden || left <= 0);
    if (!isIdle) timer = setTimeout(check, left);
  };
  const active = () => {
    last = Date.now();
    if (isIdle) check();
  };
  const turned = () => {
    if (!page.hidden) last = Date.now();
    check();
  };
  for (const sign of SIGNS) page.addEventListener(sign, active, { passive: true, capture: true });
  page.addEventListener('visibilitychange', turned);
  check();
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS) page.removeEventListener(sign, active, { capture: true });
    page.removeEventListener('visibilitychange', turned);
  };
}
