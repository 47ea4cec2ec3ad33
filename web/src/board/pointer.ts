/** Mouse and touch as drivers of the machine: what is carried, where it would land, and scrolling at the edges. */
import type { Id } from '@/sync/wire';
import { type DragState, isOpen, listOf, type Spot, type Subject, spotAt } from './drag';
import type { Interaction, Surface } from './interaction';
import { stillness } from './motion';

/** How long a finger rests before it holds what is under it. */
const HOLD_MS = 320;
/** Nearer to an edge than this it scrolls, the faster the nearer: pixels, and pixels a second. */
const EDGE = 56;
const FASTEST = 1_100;
const HOME: KeyframeAnimationOptions = { duration: 180, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' };

interface Carried {
  ghost: HTMLElement;
  /** From the ghost's corner to the pointer. */
  grip: { x: number; y: number };
  lastFrame: number;
}

/**
 * Listens on the board. What is taken hold of bears `data-grip` (`task` or `column`); what has its own use of a press,
 * `data-no-drag`. `subjectOf` says what is dragged with it, or null where one may not. The function that comes back ends it.
 */
export function attachPointer(
  hands: Interaction,
  area: HTMLElement,
  subjectOf: (kind: 'task' | 'column', id: Id) => Subject | null,
): () => void {
  const at = { x: 0, y: 0 };
  let carried: Carried | null = null;
  let frame = 0;
  let hold = 0;
  let pointer: number | null = null;
  /** Whether the press became more than a click. */
  let taken = false;
  let before: DragState = hands.drag.get();

  function press(event: PointerEvent) {
    const target = event.target as HTMLElement;
    const grip = target.closest<HTMLElement>('[data-grip]');
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!grip || pointer !== null || event.button !== 0 || modified || target.closest('[data-no-drag]')) return;
    const kind = grip.dataset.grip === 'column' ? 'column' : 'task';
    const id = grip.closest<HTMLElement>('[data-column-id]')?.dataset.columnId;
    const subject = subjectOf(kind, (kind === 'task' ? grip.dataset.taskId : id) ?? '');
    if (!subject || isOpen(hands.drag.get())) return;
    pointer = event.pointerId;
    taken = false;
    Object.assign(at, { x: event.clientX, y: event.clientY });
    const input = event.pointerType === 'mouse' ? 'mouse' : 'touch';
    hands.send({ type: 'press', subject, input, ...at });
    if (input === 'touch') hold = window.setTimeout(() => hands.send({ type: 'hold' }), HOLD_MS);
    for (const [name, listener] of WHILE_DOWN) window.addEventListener(name, listener, { capture: true });
  }

  function move(event: PointerEvent) {
    if (event.pointerId !== pointer) return;
    Object.assign(at, { x: event.clientX, y: event.clientY });
    // While it drags, the frame looks where the pointer is: once a frame, however often the pointer tells.
    if (hands.drag.get().phase !== 'dragging') hands.send({ type: 'move', ...at });
  }

  function release(event: PointerEvent) {
    if (event.pointerId !== pointer) return;
    if (carried) aim();
    hands.send({ type: 'release' });
    if (taken) swallowClick();
    letGo();
  }

  function cancel(event: PointerEvent) {
    if (event.pointerId !== pointer) return;
    hands.send({ type: 'cancel' });
    letGo();
  }

  function key(event: KeyboardEvent) {
    if (event.key !== 'Escape' || !isOpen(hands.drag.get())) return;
    event.preventDefault();
    event.stopPropagation();
    hands.send({ type: 'cancel' });
  }

  /** Of the window: what has the focus in it may lose it. */
  function blur(event: Event) {
    if (event.target !== window) return;
    hands.send({ type: 'cancel' });
    letGo();
  }

  const WHILE_DOWN: readonly [string, EventListener][] = [
    ['pointermove', move as EventListener],
    ['pointerup', release as EventListener],
    ['pointercancel', cancel as EventListener],
    ['keydown', key as EventListener],
    ['blur', blur],
  ];

  function letGo() {
    pointer = null;
    clearTimeout(hold);
    for (const [name, listener] of WHILE_DOWN) window.removeEventListener(name, listener, { capture: true });
  }

  /** Once a finger holds a card, the page must not scroll under it. */
  function touchMove(event: TouchEvent) {
    const { phase } = hands.drag.get();
    if (pointer !== null && event.cancelable && (phase === 'held' || phase === 'dragging')) event.preventDefault();
  }

  function changed() {
    const state = hands.drag.get();
    const was = before;
    before = state;
    if (state.phase === 'held' && was.phase !== 'held') navigator.vibrate?.(12);
    const dragging = state.phase === 'dragging' && state.input !== 'keys';
    if (dragging && !carried) begin(state.subject);
    else if (!dragging && carried) finish(state);
    taken ||= state.phase === 'held' || dragging;
  }

  function begin(subject: Subject) {
    const source = subject.kind === 'tasks' ? hands.card(subject.lead) : hands.surfaces.get(subject.lead)?.section;
    if (!source) return;
    const rect = source.getBoundingClientRect();
    const ghost = hands.motion.copy(source);
    ghost.dataset.ghost = subject.kind;
    if (subject.ids.length > 1) ghost.dataset.count = String(subject.ids.length);
    carried = { ghost, grip: { x: at.x - rect.x, y: at.y - rect.y }, lastFrame: performance.now() };
    area.dataset.dragging = subject.kind;
    document.getSelection()?.removeAllRanges();
    frame = requestAnimationFrame(draw);
  }

  function draw(now: number) {
    if (!carried) return;
    const { ghost, grip, lastFrame } = carried;
    // First all that is read, then all that is written: so that no frame is laid out twice.
    aim();
    scrollAtEdges(Math.min(now - lastFrame, 50) / 1_000);
    ghost.style.transform = `translate(${at.x - grip.x}px, ${at.y - grip.y}px)`;
    carried.lastFrame = now;
    frame = requestAnimationFrame(draw);
  }

  function aim() {
    const state = hands.drag.get();
    if (state.phase !== 'dragging' || !carried) return;
    const spot = state.subject.kind === 'column' ? columnSpot(state.subject) : cardSpot(state.subject, at.y);
    if (spot) hands.send({ type: 'aim', spot });
  }

  function under(x: number): [Id, Surface] | null {
    let best: [Id, Surface] | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const entry of hands.surfaces) {
      const rect = entry[1].section.getBoundingClientRect();
      const distance = Math.max(rect.left - x, x - rect.right, 0);
      if (distance < least) [best, least] = [entry, distance];
    }
    return best;
  }

  function cardSpot(subject: Subject, y: number): Spot | null {
    const hit = under(at.x);
    if (!hit) return null;
    const [columnId, { scroller, virtualizer, shown }] = hit;
    const offset = y - scroller.getBoundingClientRect().top + scroller.scrollTop;
    const item = virtualizer.getVirtualItemForOffset(Math.max(0, offset));
    const list = listOf(columnId, subject, hands.layout);
    if (!item) return spotAt(columnId, list, list.length);
    const whole = item.index + (offset > (item.start + item.end) / 2 ? 1 : 0);
    const taken = shown.slice(0, whole).filter((id) => subject.ids.includes(id)).length;
    return spotAt(columnId, list, whole - taken);
  }

  function columnSpot(subject: Subject): Spot {
    const list = listOf(null, subject, hands.layout);
    const rtl = document.documentElement.dir === 'rtl';
    const index = list.filter((id) => {
      const rect = hands.surfaces.get(id)?.section.getBoundingClientRect();
      if (!rect) return false;
      const middle = (rect.left + rect.right) / 2;
      return rtl ? at.x < middle : at.x > middle;
    }).length;
    return spotAt(null, list, index);
  }

  function scrollAtEdges(seconds: number) {
    const frameRect = area.getBoundingClientRect();
    const sideways = speed(at.x, frameRect.left, frameRect.right) * seconds;
    const state = hands.drag.get();
    const scroller =
      state.phase === 'dragging' && state.subject.kind === 'tasks' ? under(at.x)?.[1].scroller : undefined;
    const rect = scroller?.getBoundingClientRect();
    const down = rect ? speed(at.y, rect.top, rect.bottom) * seconds : 0;
    if (sideways !== 0) area.scrollLeft += sideways;
    if (scroller && down !== 0) scroller.scrollTop += down;
  }

  function finish(state: DragState) {
    cancelAnimationFrame(frame);
    const ghost = carried?.ghost;
    carried = null;
    delete area.dataset.dragging;
    if (!ghost) return;
    if (state.phase === 'dropped' && state.subject.kind === 'tasks') {
      hands.motion.carry(state.subject.ids, ghost.getBoundingClientRect());
      ghost.remove();
      return;
    }
    const home = state.phase === 'cancelled' && state.reason !== 'gone' ? hands.card(state.subject.lead) : null;
    if (!home || stillness()) {
      ghost.remove();
      return;
    }
    const { x, y } = home.getBoundingClientRect();
    ghost
      .animate([{ transform: ghost.style.transform }, { transform: `translate(${x}px, ${y}px)` }], HOME)
      .finished.finally(() => ghost.remove());
  }

  const stop = hands.drag.subscribe(changed);
  area.addEventListener('pointerdown', press);
  // It has to be there before the touch begins: some browsers do not ask one that comes later.
  area.addEventListener('touchmove', touchMove, { passive: false });
  return () => {
    stop();
    letGo();
    cancelAnimationFrame(frame);
    carried?.ghost.remove();
    area.removeEventListener('pointerdown', press);
    area.removeEventListener('touchmove', touchMove);
  };
}

/** The click that a browser makes of the end of a drag is none. */
function swallowClick() {
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 60);
}

/** Pixels a second, by how near `at` is to one of the ends. */
function speed(at: number, start: number, end: number): number {
  const near = Math.min(EDGE, (end - start) / 4);
  if (at < start + near) return -FASTEST * Math.min(1, (start + near - at) / near) ** 2;
  if (at > end - near) return FASTEST * Math.min(1, (at - end + near) / near) ** 2;
  return 0;
}
