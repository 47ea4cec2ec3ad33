/** Dragging tasks from day to day, by mouse or finger. */
import type { Id } from '@/sync/wire';

/** How far a mouse goes before it drags, and how long a finger rests before it lifts. */
const SLACK = 5;
const HOLD_MS = 320;
/** How long one rests on "next month" with a task in hand. */
const TURN_MS = 550;

export interface DragHandlers {
  mayLift(id: Id): boolean;
  onLift(id: Id): void;
  /** The `data-day` below the pointer. */
  onOver(day: string | null): void;
  /** Rested on something with `data-turn`. */
  onTurn(months: number): void;
  onDrop(): void;
  onCancel(): void;
  /** What follows the pointer. */
  ghost(): HTMLElement | null;
}

interface Press {
  id: Id;
  pointer: number;
  x: number;
  y: number;
  touch: boolean;
  lifted: boolean;
}

/**
 * A task that can be dragged bears `data-day-task`, a place for it `data-day`. Popovers count too, so it listens on the
 * whole document. The function that comes back ends it.
 */
export function attachDayDrag(act: DragHandlers): () => void {
  let press: Press | null = null;
  let hold = 0;
  let turning: { months: string; timer: number } | null = null;

  function down(event: PointerEvent) {
    const chip = (event.target as Element).closest<HTMLElement>('[data-day-task]');
    const id = chip?.dataset.dayTask;
    if (!id || press || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!act.mayLift(id)) return;
    const touch = event.pointerType !== 'mouse';
    press = { id, pointer: event.pointerId, x: event.clientX, y: event.clientY, touch, lifted: false };
    if (touch) hold = window.setTimeout(lift, HOLD_MS);
  }

  function lift() {
    if (!press) return;
    press.lifted = true;
    if (press.touch) navigator.vibrate?.(12);
    act.onLift(press.id);
    follow(press.x, press.y);
  }

  function move(event: PointerEvent) {
    if (!press || event.pointerId !== press.pointer) return;
    const { clientX: x, clientY: y } = event;
    if (!press.lifted) {
      if (Math.hypot(x - press.x, y - press.y) < SLACK) return;
      // A finger that moves before it rested scrolls.
      if (press.touch) return end();
      lift();
    }
    follow(x, y);
  }

  function follow(x: number, y: number) {
    const ghost = act.ghost();
    if (ghost) ghost.style.transform = `translate(${x}px, ${y}px)`;
    const below = document.elementFromPoint(x, y);
    act.onOver(below?.closest<HTMLElement>('[data-day]')?.dataset.day ?? null);
    const months = below?.closest<HTMLElement>('[data-turn]')?.dataset.turn;
    if (turning?.months === months) return;
    clearTimeout(turning?.timer);
    turning = months ? { months, timer: window.setTimeout(() => act.onTurn(Number(months)), TURN_MS) } : null;
  }

  function up(event: PointerEvent) {
    if (!press || event.pointerId !== press.pointer) return;
    const { lifted } = press;
    end();
    if (!lifted) return;
    act.onDrop();
    swallowClick();
  }

  function cancel() {
    const lifted = press?.lifted;
    end();
    if (lifted) act.onCancel();
  }

  function end() {
    press = null;
    clearTimeout(hold);
    clearTimeout(turning?.timer);
    turning = null;
  }

  function key(event: KeyboardEvent) {
    if (event.key !== 'Escape' || !press?.lifted) return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  }

  /** Once a finger holds something, the page must not scroll under it. */
  function touch(event: TouchEvent) {
    if (press?.lifted && event.cancelable) event.preventDefault();
  }

  const listeners: readonly [EventTarget, string, EventListener, AddEventListenerOptions][] = [
    [document, 'pointerdown', down as EventListener, {}],
    [window, 'pointermove', move as EventListener, {}],
    [window, 'pointerup', up as EventListener, {}],
    [window, 'pointercancel', cancel, {}],
    [window, 'blur', (event) => event.target === window && cancel(), {}],
    [window, 'keydown', key as EventListener, { capture: true }],
    [document, 'touchmove', touch as EventListener, { passive: false }],
  ];
  for (const [target, name, listener, options] of listeners) target.addEventListener(name, listener, options);
  return () => {
    end();
    for (const [target, name, listener, options] of listeners) target.removeEventListener(name, listener, options);
  };
}

/** The click that ends a drag opens nothing. */
function swallowClick() {
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 0);
}
