/** Hears what others do on a board, and says what of it concerns who looks at it. */
import type { BoardView } from '@/sync/api';
import type { BoardEvent, Id, Task } from '@/sync/wire';
import { type Change, Changes, type Names, tasksOf } from './changes';
import { CLOSE, Paced, WIDE } from './pace';
import { openSentence, type Speaker, sentenceOf } from './sentences';

/** What one looks at now. */
export interface Sight {
  me: Id;
  openTask: Id | null;
  /** Null where the filter lets all through. */
  matches: ((task: Task) => boolean) | null;
}

interface Said {
  /** The newer takes the place of the older with the same. */
  id: string;
  text: string;
  /** The one task that it is about, where it can be opened. */
  taskId: Id | null;
}

export interface Ports {
  sight(): Sight;
  speaker(): Pick<Speaker, 'i18n' | 'nameOf'>;
  say(said: Said): void;
}

export class Hearing {
  readonly #ports: Ports;
  readonly #open = new Changes();
  readonly #close = new Changes();
  readonly #wide = new Changes();
  readonly #pacedOpen = new Paced(CLOSE, () => this.#sayOpen());
  readonly #pacedClose = new Paced(CLOSE, () => this.#say('others-close', this.#close.take()));
  readonly #pacedWide = new Paced(WIDE, () => this.#say('others-board', this.#wide.take()));
  /** What is deleted is in no view any more: the one before knows its name. */
  #before: BoardView | null;
  #shown: BoardView | null;

  constructor(view: BoardView | null, ports: Ports) {
    this.#before = this.#shown = view;
    this.#ports = ports;
  }

  /** The board as it is now. */
  see(view: BoardView | null): void {
    this.#before = this.#shown;
    this.#shown = view;
  }

  hear(event: BoardEvent): void {
    const { me, openTask, matches } = this.#ports.sight();
    if (event.actor_id === me) return;
    const ids = tasksOf(event);
    if (openTask !== null && event.kind !== 'column.deleted' && ids.includes(openTask)) {
      this.#note(this.#open, this.#pacedOpen, event);
      return;
    }
    const tasks = ids.flatMap((id) => [this.#shown?.tasks.get(id), this.#before?.tasks.get(id)]);
    // With a filter, one looks at what it shows; without one at the whole board, and closely at what is one's own.
    const isClose = tasks.some((task) => task && (matches?.(task) ?? task.assignee_ids.includes(me)));
    if (isClose) this.#note(this.#close, this.#pacedClose, event);
    else if (!matches || ids.length === 0) this.#note(this.#wide, this.#pacedWide, event);
  }

  /** In a page that is not seen, all waits until it is. */
  hide(isHidden: boolean): void {
    for (const paced of [this.#pacedOpen, this.#pacedClose, this.#pacedWide]) paced.hide(isHidden);
  }

  stop(): void {
    for (const paced of [this.#pacedOpen, this.#pacedClose, this.#pacedWide]) paced.stop();
  }

  #note(changes: Changes, paced: Paced, event: BoardEvent): void {
    changes.add(event, this.#names);
    if (changes.size > 0) paced.note();
  }

  #say(id: string, changes: readonly Change[]): void {
    const text = sentenceOf(changes, this.#speaker());
    if (text === '') return;
    const [first] = changes;
    const only = changes.length === 1 && first?.thing === 'task' && this.#shown?.tasks.has(first.id) ? first.id : null;
    this.#ports.say({ id, text, taskId: only });
  }

  #sayOpen(): void {
    const { openTask } = this.#ports.sight();
    for (const change of this.#open.take()) {
      // By now another may be open.
      if (change.id !== openTask) this.#say('others-open', [change]);
      else this.#ports.say({ id: 'others-open', text: openSentence(change, this.#speaker()), taskId: null });
    }
  }

  get #names(): Names {
    return {
      task: (id) => this.#shown?.tasks.get(id) ?? this.#before?.tasks.get(id),
      column: (id) => columnIn(this.#shown, id) ?? columnIn(this.#before, id),
    };
  }

  #speaker(): Speaker {
    const speaker = this.#ports.speaker();
    const some = speaker.i18n.t('task.some_column');
    return { ...speaker, columnName: (id) => this.#names.column(id)?.name ?? some };
  }
}

function columnIn(view: BoardView | null, id: Id) {
  return view?.columns.find((column) => column.id === id);
}
