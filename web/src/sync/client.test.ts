/** The whole client against a model of the server: sign-in, kept boards, tabs, conflicts, undo. */
import { v7 as uuid } from 'uuid';
import { describe, expect, test, vi } from 'vitest';
import type { BoardRoom, Client, Notice } from './api';
import { createClientIn } from './client';
import { FakeBrowser, type Options, type Tab } from './testing/browser';
import { pass, windClock } from './testing/clock';
import { Dice } from './testing/dice';
import { ModelServer } from './testing/server';
import { emptyBoard, userNamed } from './testing/world';
import type { Id, Op } from './wire';

windClock();

interface Page {
  tab: Tab;
  client: Client;
  room: BoardRoom;
}

class World {
  readonly dice = new Dice(1);
  readonly server = new ModelServer(emptyBoard(), this.dice);
  readonly task = uuid();

  constructor() {
    for (const name of ['ada', 'bob']) this.server.users.set(name, userNamed(name));
  }

  browser(user: Id | null, options?: Options): FakeBrowser {
    return new FakeBrowser(this.server, user, this.dice, options);
  }

  async open(browser: FakeBrowser): Promise<Page> {
    const tab = browser.openTab();
    const client = createClientIn(tab.environment);
    void client.auth.resume();
    const room = client.openBoard(this.server.board.state.board.id);
    await pass(1_000);
    return { tab, client, room };
  }

  get column(): Id {
    return this.server.board.state.columns[0]?.id ?? '';
  }

  get done(): Id {
    return this.server.board.state.columns.at(-1)?.id ?? '';
  }

  async createTask({ room }: Page): Promise<void> {
    room.submit({ kind: 'task.create', task_id: this.task, column_id: this.column, title: 'first' });
    await pass(500);
  }

  titleIn({ room }: Page): string | undefined {
    return room.view.get()?.tasks.get(this.task)?.title;
  }

  get title(): string | undefined {
    return this.server.board.state.tasks.get(this.task)?.title;
  }

  retitle(title: string): Op {
    return { kind: 'task.update', task_id: this.task, set: { title } };
  }
}

/** What needs the clock to go on. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  await pass(500);
  return promise;
}

describe('one and another', () => {
  test('what one does is shown at once here, and soon there', async () => {
    const world = new World();
    const [ada, bob] = [await world.open(world.browser('ada')), await world.open(world.browser('bob'))];
    const seen: string[] = [];
    bob.room.onEvents((events) => seen.push(...events.map((event) => event.kind)));
    const create: Op = { kind: 'task.create', task_id: world.task, column_id: world.column, title: 'first' };
    const { done } = ada.room.submit(create);
    expect(world.titleIn(ada)).toBe('first');
    expect(ada.room.view.get()?.unsynced.has(world.task)).toBe(true);
    expect(ada.client.pending.get().open).toBe(1);
    await pass(500);
    expect(await done).toMatchObject({ status: 'applied' });
    expect(ada.room.view.get()?.unsynced.size).toBe(0);
    expect(world.titleIn(bob)).toBe('first');
    expect(seen).toEqual(['task.created']);
  });

  test('a view changes only where the board does', async () => {
    const world = new World();
    const page = await world.open(world.browser('ada'));
    await world.createTask(page);
    const before = page.room.view.get();
    const changes: unknown[] = [];
    page.room.view.subscribe(() => changes.push(page.room.view.get()));
    page.room.submit({ kind: 'task.update', task_id: world.task, set: { title: 'second' } });
    const shown = page.room.view.get()?.tasks.get(world.task);
    page.room.submit({ kind: 'task.move', task_id: world.task, column_id: world.done });
    const between = page.room.view.get();
    expect(between?.columns).toBe(before?.columns);
    expect(shown?.title).toBe('second');
    await pass(500);
    expect(page.room.view.get()?.order).toBe(between?.order);
    expect(changes.length).toBeLessThan(8);
  });

  test('who is here, and where', async () => {
    const world = new World();
    const [ada, bob] = [await world.open(world.browser('ada')), await world.open(world.browser('bob'))];
    const sessions = () => [...bob.room.presence.get().values()].map((member) => [member.user.name, member.state]);
    expect(sessions()).toHaveLength(2);
    for (let i = 0; i < 50; i++) ada.room.setPresence({ cursor: [i / 50, 0], task_id: world.task });
    await pass(500);
    expect(sessions()).toContainEqual(['ada', { cursor: [0.98, 0], task_id: world.task }]);
    ada.room.setPresence({ task_id: null });
    world.server.cut();
    await pass(5_000);
    expect(sessions()).toContainEqual(['ada', { cursor: [0.98, 0] }]);
    ada.tab.crash();
    ada.client.stop();
    await pass(500);
    expect(sessions()).toHaveLength(1);
  });

  test('a board that is lost', async () => {
    const world = new World();
    const page = await world.open(world.browser('ada'));
    await world.createTask(page);
    world.server.evict('FORBIDDEN');
    await pass(500);
    expect(page.room.status.get()).toBe('gone');
    page.room.submit(world.retitle('typed too late'));
    await pass(500);
    expect(page.room.conflicts.get()[0]?.fields[0]).toMatchObject({ mine: 'typed too late' });
    expect(await soon(page.client.keptBoards())).toEqual([]);
  });
});

describe('conflicts', () => {
  async function disagree(world: World, ada = world.browser('ada')): Promise<Page> {
    const bob = await world.open(world.browser('bob'));
    const page = await world.open(ada);
    await world.createTask(page);
    await pass(500);
    ada.setOnline(false);
    page.room.submit(world.retitle("ada's"));
    bob.room.submit(world.retitle("bob's"));
    await pass(500);
    ada.setOnline(true);
    await pass(3_000);
    return page;
  }

  test('both values, who and when; theirs stand until it is decided', async () => {
    const world = new World();
    const page = await disagree(world);
    expect(world.titleIn(page)).toBe("bob's");
    expect(page.client.pending.get()).toEqual({ open: 0, conflicts: 1 });
    const [conflict] = page.room.conflicts.get();
    expect(conflict).toMatchObject({ task_id: world.task, column_id: null });
    expect(conflict?.fields).toEqual([
      { field: 'title', mine: "ada's", theirs: "bob's", by: expect.objectContaining({ actor_id: 'bob', version: 2 }) },
    ]);
  });

  test.each([
    ['mine', "ada's"],
    ['theirs', "bob's"],
  ] as const)('%s', async (choice, title) => {
    const world = new World();
    const page = await disagree(world);
    page.room.resolve(page.room.conflicts.get()[0]?.op_id ?? '', choice);
    expect(page.room.conflicts.get()).toEqual([]);
    await pass(500);
    expect([world.titleIn(page), world.title]).toEqual([title, title]);
    expect(page.client.pending.get()).toEqual({ open: 0, conflicts: 0 });
  });

  test('edited', async () => {
    const world = new World();
    const page = await disagree(world);
    page.room.resolve(page.room.conflicts.get()[0]?.op_id ?? '', { edited: world.retitle('both') });
    await pass(500);
    expect([world.titleIn(page), world.title]).toEqual(['both', 'both']);
  });

  test('it is there in the next tab too, and settled in all', async () => {
    const world = new World();
    const browser = world.browser('ada');
    const page = await disagree(world, browser);
    page.tab.crash();
    page.client.stop();
    const [one, other] = [await world.open(browser), await world.open(browser)];
    expect(other.room.conflicts.get()).toHaveLength(1);
    one.room.resolve(one.room.conflicts.get()[0]?.op_id ?? '', 'mine');
    await pass(500);
    expect(world.title).toBe("ada's");
    expect(other.room.conflicts.get()).toEqual([]);
    expect(other.client.pending.get().conflicts).toBe(0);
  });

  test('the same value, or another field, is nobody’s question', async () => {
    const world = new World();
    const [browser, bob] = [world.browser('ada'), await world.open(world.browser('bob'))];
    const page = await world.open(browser);
    await world.createTask(page);
    browser.setOnline(false);
    const ours = page.room.submit(world.retitle('the same'));
    page.room.submit({ kind: 'task.update', task_id: world.task, set: { priority: 'low' } });
    bob.room.submit(world.retitle('the same'));
    bob.room.submit({ kind: 'task.update', task_id: world.task, set: { story_points: 3 } });
    await pass(500);
    browser.setOnline(true);
    await pass(3_000);
    expect(page.room.conflicts.get()).toEqual([]);
    expect(await ours.done).toMatchObject({ status: 'applied' });
    const { title, priority, story_points } = page.room.view.get()?.tasks.get(world.task) ?? {};
    expect({ title, priority, story_points }).toEqual({ title: 'the same', priority: 'low', story_points: 3 });
  });

  test('a deleted task: what was typed can bring it back', async () => {
    const world = new World();
    const [browser, bob] = [world.browser('ada'), await world.open(world.browser('bob'))];
    const page = await world.open(browser);
    await world.createTask(page);
    browser.setOnline(false);
    page.room.submit(world.retitle('typed'));
    bob.room.submit({ kind: 'task.delete', task_id: world.task });
    await pass(500);
    browser.setOnline(true);
    await pass(3_000);
    expect(page.room.view.get()?.tasks.size).toBe(0);
    const conflict = page.room.conflicts.get()[0];
    expect(conflict?.fields).toEqual([{ field: 'title', mine: 'typed', theirs: null, by: null }]);
    page.room.resolve(conflict?.op_id ?? '', 'mine');
    await pass(500);
    expect(world.title).toBe('typed');
  });

  test('a deletion of what others have changed is asked about; a move is told', async () => {
    const world = new World();
    const [browser, bob] = [world.browser('ada'), await world.open(world.browser('bob'))];
    const page = await world.open(browser);
    await world.createTask(page);
    const notices: Notice['kind'][] = [];
    page.room.onNotice((notice) => notices.push(notice.kind));
    browser.setOnline(false);
    const [, second] = world.server.board.state.columns;
    page.room.submit({ kind: 'task.move', task_id: world.task, column_id: world.done });
    page.room.submit({ kind: 'task.delete', task_id: world.task });
    bob.room.submit({ kind: 'task.move', task_id: world.task, column_id: second?.id ?? '' });
    await pass(500);
    browser.setOnline(true);
    await pass(3_000);
    expect(notices).toEqual(['moved_meanwhile']);
    expect(page.room.conflicts.get()[0]?.fields).toMatchObject([{ field: 'deleted', mine: true, theirs: false }]);
    expect(page.room.view.get()?.tasks.get(world.task)?.column_id).toBe(second?.id);
  });
});

describe('undo', () => {
  test('and redo, of a text, a move and a deletion', async () => {
    const world = new World();
    const page = await world.open(world.browser('ada'));
    await world.createTask(page);
    const { history } = page.room;
    page.room.submit(world.retitle('second'));
    page.room.submit({ kind: 'task.move', task_id: world.task, column_id: world.done });
    page.room.submit({ kind: 'task.delete', task_id: world.task });
    await pass(1_000);
    const place = () => page.room.view.get()?.tasks.get(world.task)?.column_id;
    const turn = async (what: 'undo' | 'redo') => {
      const turned = history[what]();
      await pass(500);
      return turned;
    };
    expect(history.state.get().undo?.op.kind).toBe('task.delete');
    expect([await turn('undo'), place()]).toEqual([true, world.done]);
    expect([await turn('undo'), place()]).toEqual([true, world.column]);
    expect([await turn('undo'), world.title]).toEqual([true, 'first']);
    expect([await turn('redo'), world.title]).toEqual([true, 'second']);
    expect([await turn('redo'), place()]).toEqual([true, world.done]);
    expect([await turn('redo'), place()]).toEqual([true, undefined]);
    expect(await turn('redo')).toBe(false);
    expect(history.state.get().undo?.op.kind).toBe('task.delete');
  });

  test('is refused politely where somebody has gone on from there', async () => {
    const world = new World();
    const [ada, bob] = [await world.open(world.browser('ada')), await world.open(world.browser('bob'))];
    await world.createTask(ada);
    ada.room.submit(world.retitle("ada's"));
    await pass(500);
    bob.room.submit(world.retitle("bob's"));
    await pass(500);
    const notices: Notice['kind'][] = [];
    ada.room.onNotice((notice) => notices.push(notice.kind));
    const undone = ada.room.history.undo();
    await pass(500);
    expect(await undone).toBe(false);
    expect(notices).toEqual(['undo_refused']);
    expect(world.titleIn(ada)).toBe("bob's");
    expect(ada.room.conflicts.get()).toEqual([]);
  });

  test('others may have changed other fields', async () => {
    const world = new World();
    const [ada, bob] = [await world.open(world.browser('ada')), await world.open(world.browser('bob'))];
    await world.createTask(ada);
    ada.room.submit(world.retitle('second'));
    await pass(500);
    bob.room.submit({ kind: 'task.update', task_id: world.task, set: { priority: 'low' } });
    await pass(500);
    const undone = ada.room.history.undo();
    await pass(500);
    expect([await undone, world.title]).toEqual([true, 'first']);
  });

  test('a deleted column comes back with its tasks, and what was done before can still be undone', async () => {
    const world = new World();
    const page = await world.open(world.browser('ada'));
    await world.createTask(page);
    const name = () => page.room.view.get()?.columns.map((column) => column.name);
    const names = name();
    page.room.submit({ kind: 'column.update', column_id: world.column, set: { name: 'renamed' } });
    page.room.submit({ kind: 'column.delete', column_id: world.column, move_tasks_to: world.done });
    await pass(500);
    for (let i = 0; i < 2; i++) {
      const undone = page.room.history.undo();
      await pass(1_000);
      expect(await undone).toBe(true);
    }
    expect(name()).toEqual(names);
    expect(page.room.view.get()?.tasks.get(world.task)?.column_id).toBe(world.column);
  });

  test('a gesture is undone as one', async () => {
    const world = new World();
    const page = await world.open(world.browser('ada'));
    const ids = [uuid(), uuid(), uuid()];
    const create = (task_id: Id): Op => ({
      kind: 'task.create',
      task_id,
      column_id: world.column,
      title: 'one of all',
    });
    page.room.submitAll(ids.map(create));
    await pass(500);
    expect(world.server.board.state.order.get(world.column)).toEqual(ids);
    void page.room.history.undo();
    await pass(500);
    expect(world.server.board.state.tasks.size).toBe(0);
    expect(page.room.history.state.get().undo).toBeNull();
  });
});

describe('kept on the device', () => {
  test('a board is shown offline, and what is done there is sent on return', async () => {
    const world = new World();
    const browser = world.browser('ada');
    const first = await world.open(browser);
    await world.createTask(first);
    await pass(3_000);
    first.tab.crash();
    first.client.stop();
    browser.setOnline(false);
    const second = await world.open(browser);
    expect(second.client.auth.signIn.get()).toMatchObject({ state: 'signed_in', offline: true });
    expect(second.room.status.get()).toBe('stale');
    expect(second.room.view.get()?.cached).toBe(true);
    expect(await soon(second.client.keptBoards())).toHaveLength(1);
    second.room.submit(world.retitle('on the train'));
    await pass(1_000);
    second.tab.crash();
    second.client.stop();
    const third = await world.open(browser);
    expect(world.titleIn(third)).toBe('on the train');
    expect(third.client.pending.get().open).toBe(1);
    browser.setOnline(true);
    await pass(5_000);
    expect(world.title).toBe('on the train');
    expect(third.client.auth.signIn.get()).toMatchObject({ state: 'signed_in', offline: false });
    expect(third.room.view.get()?.cached).toBe(false);
    expect(third.client.pending.get().open).toBe(0);
  });

  test.each([true, false])('a closed tab’s ops are taken over by another one, with locks: %s', async (withLocks) => {
    const world = new World();
    const browser = world.browser('ada', { withLocks });
    const [one, other] = [await world.open(browser), await world.open(browser)];
    await world.createTask(one);
    browser.setOnline(false);
    one.room.submit(world.retitle('left behind'));
    await pass(1_000);
    expect(other.client.pending.get().open).toBe(0);
    one.tab.crash();
    one.client.stop();
    await pass(200_000);
    expect(other.client.pending.get().open).toBe(1);
    expect(world.titleIn(other)).toBe('left behind');
    browser.setOnline(true);
    await pass(40_000);
    expect(world.title).toBe('left behind');
    expect(world.server.board.log.filter((event) => event.kind === 'task.updated')).toHaveLength(1);
  });

  test('a board that nobody opens is sent what waits for it', async () => {
    const world = new World();
    const browser = world.browser('ada');
    const first = await world.open(browser);
    await world.createTask(first);
    browser.setOnline(false);
    first.room.submit(world.retitle('unseen'));
    await pass(1_000);
    first.tab.crash();
    first.client.stop();
    browser.setOnline(true);
    const client = createClientIn(browser.openTab().environment);
    void client.auth.resume();
    await pass(20_000);
    expect(world.title).toBe('unseen');
    expect(client.pending.get()).toEqual({ open: 0, conflicts: 0 });
  });

  test('without a database all goes on in memory', async () => {
    const world = new World();
    const browser = world.browser('ada', { withDatabase: false, withLocks: false });
    const page = await world.open(browser);
    await world.createTask(page);
    browser.setOnline(false);
    page.room.submit(world.retitle('second'));
    browser.setOnline(true);
    await pass(5_000);
    expect(world.title).toBe('second');
    expect(await soon(page.client.keptBoards())).toEqual([]);
  });
});

describe('signing in and out', () => {
  test('one refresh serves all tabs', async () => {
    const world = new World();
    const browser = world.browser('ada');
    const fetched = vi.spyOn(world.server, 'fetch');
    await Promise.all([world.open(browser), world.open(browser), world.open(browser)]);
    const refreshes = fetched.mock.calls.filter(([, url]) => url.endsWith('/auth/refresh'));
    expect(refreshes).toHaveLength(1);
  });

  test('a token that has ended is renewed once, and the request is made again', async () => {
    const world = new World();
    const page = await world.open(world.browser('ada'));
    world.server.endTokens();
    const asked = page.client.rest.get('/auth/me');
    await pass(500);
    expect(await asked).toMatchObject({ user: { id: 'ada' } });
  });

  test('logging out forgets all, in all tabs', async () => {
    const world = new World();
    const browser = world.browser('ada');
    const [one, other] = [await world.open(browser), await world.open(browser)];
    await world.createTask(one);
    await pass(3_000);
    const left = one.client.auth.logOut();
    await pass(500);
    await left;
    for (const page of [one, other]) {
      expect(page.client.auth.signIn.get().state).toBe('signed_out');
      expect(page.client.connection.get().state).toBe('needs_sign_in');
      expect(page.room.view.get()).toBeNull();
    }
    browser.user = null;
    const again = await world.open(browser);
    expect(again.client.auth.signIn.get().state).toBe('signed_out');
    expect(await soon(again.client.keptBoards())).toEqual([]);
  });

  test('a sign-in in one tab is one in all; what another user left waits for them', async () => {
    const world = new World();
    const browser = world.browser('ada');
    const page = await world.open(browser);
    await world.createTask(page);
    browser.setOnline(false);
    page.room.submit(world.retitle("ada's"));
    await pass(1_000);
    browser.isOnline = true;
    const other = createClientIn(browser.openTab().environment);
    const entered = other.auth.logIn({ email: 'bob', password: '' });
    await pass(2_000);
    await entered;
    expect(page.client.auth.signIn.get()).toMatchObject({ state: 'signed_in', user: { id: 'bob' } });
    await pass(20_000);
    expect(world.title).toBe('first');
    expect(page.client.pending.get().open).toBe(0);
    const back = other.auth.logIn({ email: 'ada', password: '' });
    await pass(40_000);
    await back;
    expect(world.title).toBe("ada's");
  });

  test('nobody known, and no network: signed out until the server answers', async () => {
    const world = new World();
    const browser = world.browser('ada');
    browser.isOnline = false;
    const page = await world.open(browser);
    expect(page.client.auth.signIn.get().state).toBe('signed_out');
    browser.isOnline = true;
    await pass(6_000);
    expect(page.client.auth.signIn.get()).toMatchObject({ state: 'signed_in', offline: false });
    expect(page.room.status.get()).toBe('live');
  });
});
