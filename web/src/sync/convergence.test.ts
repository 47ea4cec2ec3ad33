/**
 * Several people, one board, a bad network: whatever happens, all come to show the same, what was acknowledged stays, and
 * nothing that was typed is lost without a word.
 */
import { v7 as uuid } from 'uuid';
import { expect, test } from 'vitest';
import type { BoardRoom, Client } from './api';
import { createClientIn } from './client';
import { FakeBrowser, type Tab } from './testing/browser';
import { pass, windClock } from './testing/clock';
import { Dice } from './testing/dice';
import { ModelServer } from './testing/server';
import { emptyBoard, userNamed } from './testing/world';
import type { Id, Op } from './wire';

/** More with `TEAMFLOW_SEEDS=100`, one alone with `TEAMFLOW_SEED=7`. */
const SEEDS = process.env.TEAMFLOW_SEED
  ? [Number(process.env.TEAMFLOW_SEED)]
  : Array.from({ length: Number(process.env.TEAMFLOW_SEEDS ?? 12) }, (_, i) => i + 1);
const STEPS = 120;
const PEOPLE = ['ada', 'bob', 'cy'];

windClock();

/** What somebody typed, and what they saw when they did. */
interface Typed {
  text: string;
  field: string;
  target: Id;
  saw: string | undefined;
  by: Person;
}

interface Person {
  name: string;
  browser: FakeBrowser;
  tab: Tab;
  client: Client;
  room: BoardRoom;
}

class Story {
  readonly dice: Dice;
  readonly server: ModelServer;
  readonly people: Person[] = [];
  readonly typed: Typed[] = [];
  readonly acked: { op_id: Id; seq: number }[] = [];
  /** Texts that stood in a conflict at some time. */
  readonly disputed = new Set<unknown>();
  /** Texts that their author took back. */
  readonly withdrawn = new Set<unknown>();
  #texts = 0;

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.server = new ModelServer(emptyBoard(), this.dice);
    for (const name of PEOPLE) this.server.users.set(name, userNamed(name));
  }

  async begin(): Promise<void> {
    for (const name of PEOPLE) {
      const browser = new FakeBrowser(this.server, name, this.dice, { withLocks: name !== 'cy' });
      this.people.push({ name, browser, ...this.open(browser) });
    }
    await pass(2_000);
  }

  open(browser: FakeBrowser): { tab: Tab; client: Client; room: BoardRoom } {
    const tab = browser.openTab();
    const client = createClientIn(tab.environment);
    void client.auth.resume();
    const room = client.openBoard(this.server.board.state.board.id);
    room.conflicts.subscribe(() => {
      for (const conflict of room.conflicts.get()) for (const { mine } of conflict.fields) this.disputed.add(mine);
    });
    return { tab, client, room };
  }

  /** A tab is closed without a word, and another opened. */
  async reopen(person: Person): Promise<void> {
    // What was shown is kept as soon as the database has it.
    await pass(30);
    person.tab.crash();
    person.client.stop();
    Object.assign(person, this.open(person.browser));
  }

  newText(): string {
    this.#texts += 1;
    return `text ${this.#texts}`;
  }

  submit(person: Person, ops: readonly Op[]): void {
    const view = person.room.view.get();
    const inGesture = new Map<Id, string>();
    for (const op of ops) {
      if (op.kind === 'task.update' && op.set?.title !== undefined) {
        const saw = inGesture.get(op.task_id) ?? view?.tasks.get(op.task_id)?.title;
        inGesture.set(op.task_id, op.set.title);
        this.typed.push({ text: op.set.title, field: 'title', target: op.task_id, saw, by: person });
      } else if (op.kind === 'task.create') {
        this.typed.push({ text: op.title, field: 'title', target: op.task_id, saw: undefined, by: person });
      }
    }
    const [first] = ops;
    const submissions = ops.length === 1 && first ? [person.room.submit(first)] : person.room.submitAll(ops);
    for (const { done } of submissions) {
      void done.then((outcome) => {
        if (outcome.status === 'applied') this.acked.push(outcome.ack);
      });
    }
  }

  randomOp(person: Person): Op | null {
    const { dice } = this;
    const view = person.room.view.get();
    if (!view) return null;
    const task = dice.pick([...view.tasks.values()]);
    const column = dice.pick(view.columns);
    const neighbour = dice.pick([...view.tasks.keys()]);
    if (!column) return null;
    const what = dice.below(22);
    if (what < 4 || !task) return { kind: 'task.create', task_id: uuid(), column_id: column.id, title: this.newText() };
    // Who began to edit a while ago says what was shown then.
    const version = dice.chance(0.5) ? { version: task.version } : {};
    if (what < 9) return { kind: 'task.update', task_id: task.id, ...version, set: { title: this.newText() } };
    if (what < 11) {
      const set = { priority: dice.pick(['low', 'high'] as const) ?? 'low', story_points: 1 + dice.below(20) };
      return { kind: 'task.update', task_id: task.id, set };
    }
    if (what < 12) return { kind: 'task.update', task_id: task.id, add_label_ids: [`label ${dice.below(5)}`] };
    if (what < 16) {
      return { kind: 'task.move', task_id: task.id, column_id: column.id, ...(neighbour && { after: neighbour }) };
    }
    if (what < 17) return { kind: 'task.delete', task_id: task.id };
    if (what < 18) return { kind: 'column.create', column_id: uuid(), name: 'new', status: 'in_review' };
    if (what < 19) return { kind: 'column.move', column_id: column.id };
    if (what < 20) return { kind: 'column.update', column_id: column.id, set: { wip_limit: 5 + dice.below(9) } };
    const to = view.columns.find((other) => other.id !== column.id);
    if (view.columns.length < 4 || !to) return null;
    return { kind: 'column.delete', column_id: column.id, move_tasks_to: to.id };
  }

  async step(): Promise<void> {
    const { dice, server } = this;
    const person = dice.pick(this.people);
    if (!person) return;
    const what = dice.below(40);
    if (what < 24) {
      const op = this.randomOp(person);
      if (op) this.submit(person, [op]);
    } else if (what < 26) {
      const ops = [this.randomOp(person), this.randomOp(person), this.randomOp(person)].filter((op) => op !== null);
      this.submit(person, ops);
    } else if (what < 28) this.undo(person);
    else if (what < 29) void person.room.history.redo();
    else if (what < 31) this.decide(person);
    else if (what < 32) server.cut();
    else if (what < 33) server.restart(dice.below(4_000));
    else if (what < 35) person.browser.setOnline(!person.browser.isOnline);
    else if (what < 36) server.endTokens();
    else if (what < 38) await this.reopen(person);
    await pass(dice.chance(0.1) ? 3_000 : dice.below(120));
  }

  undo(person: Person): void {
    const before = person.room.view.get();
    void person.room.history.undo();
    const after = person.room.view.get();
    for (const [id, { title }] of before?.tasks ?? []) {
      if (after?.tasks.get(id)?.title !== title) this.withdrawn.add(title);
    }
  }

  decide(person: Person): void {
    const conflict = this.dice.pick(person.room.conflicts.get());
    if (!conflict) return;
    const choice = this.dice.pick(['mine', 'theirs'] as const) ?? 'mine';
    // Whoever keeps theirs has seen what stands there.
    if (choice === 'mine') {
      if (conflict.task_id) this.withdrawn.add(person.room.view.get()?.tasks.get(conflict.task_id)?.title);
      for (const { field, mine, theirs } of conflict.fields) {
        if (field !== 'title' || typeof mine !== 'string' || typeof theirs !== 'string' || !conflict.task_id) continue;
        this.typed.push({ text: mine, field, target: conflict.task_id, saw: theirs, by: person });
      }
    }
    person.room.resolve(conflict.op_id, choice);
  }

  /** The network is good again, and all has time to be said. */
  async end(): Promise<void> {
    this.server.faults.unavailable = 0;
    for (const person of this.people) person.browser.setOnline(true);
    await pass(240_000);
  }

  check(): void {
    const { board } = this.server;
    for (const { name, room, client } of this.people) {
      const view = room.view.get();
      expect(client.connection.get().state, name).toBe('connected');
      expect(client.pending.get().open, `${name} has open ops`).toBe(0);
      expect(room.status.get(), name).toBe('live');
      expect(view?.seq, name).toBe(board.state.seq);
      expect(view?.columns, name).toEqual(board.state.columns);
      expect(view?.order, name).toEqual(board.state.order);
      expect(new Map(view?.tasks), name).toEqual(board.state.tasks);
      expect(view?.unsynced.size, name).toBe(0);
    }
    for (const { op_id, seq } of this.acked) {
      expect(board.log[seq - 1]?.op_id, `acknowledged ${op_id}`).toBe(op_id);
    }
    expect(new Set(board.log.map((event) => event.op_id)).size, 'each op once').toBe(board.log.length);
    this.checkTexts();
  }

  checkTexts(): void {
    /** By task, the texts in the order in which they stood there. */
    const stood = new Map<Id, string[]>();
    const everSaid = new Set<unknown>();
    for (const event of this.server.board.log) {
      if (event.kind !== 'task.created' && event.kind !== 'task.updated') continue;
      const title = event.kind === 'task.created' ? event.data.task.title : event.data.set.title;
      if (title === undefined) continue;
      const target = event.kind === 'task.created' ? event.data.task.id : event.data.task_id;
      everSaid.add(title);
      const texts = stood.get(target) ?? [];
      stood.set(target, texts);
      const typed = this.typed.filter((one) => one.text === title && one.target === target);
      const before = texts.at(-1);
      // By undo, a text may come back: that it is not superseded is what versions are for.
      const isNew = !texts.includes(title);
      if (isNew && before !== undefined) {
        const by = typed.map((one) => one.by);
        const isOwn = this.typed.some((one) => one.text === before && by.includes(one.by));
        const wasSeen = typed.some((one) => one.saw === before);
        expect(isOwn || wasSeen || this.disputed.has(title), `${before} was overwritten by ${title} unseen`).toBe(true);
      }
      texts.push(title);
    }
    for (const { text, by } of this.typed) {
      // Whoever typed something else in sight of it has taken it back.
      const isReplaced = this.withdrawn.has(text) || this.typed.some((later) => later.saw === text && later.by === by);
      expect(everSaid.has(text) || this.disputed.has(text) || isReplaced, `${text} is lost`).toBe(true);
    }
  }
}

test.each(SEEDS)('all come to the same, seed %i', { timeout: 60_000 }, async (seed) => {
  const story = new Story(seed);
  Object.assign(story.server.faults, { unavailable: 0.05, repeated: 0.1 });
  if (seed % 3 === 0) story.server.replayMax = 3;
  await story.begin();
  for (let i = 0; i < STEPS; i++) await story.step();
  await story.end();
  story.check();
  for (const { client } of story.people) client.stop();
});
