import { BoardOn } from './support/board';
import { expect, test } from './support/test';

test('two browsers show each other moves, and come to the same while both drag', async ({ world }) => {
  const [ada, bob] = [await world.rest.signUp('Ada'), await world.rest.signUp('Bob')];
  const place = await world.rest.place(ada, [bob]);
  const columns = place.columns.map((column) => column.name);
  for (let n = 1; n <= 6; n++) await world.rest.addTask(ada, place.board_id, `Card ${n} of six`);
  const hers = await new BoardOn(await world.signedIn(ada)).open(place.board_id);
  const his = await new BoardOn(await world.signedIn(bob)).open(place.board_id);
  await expect(his.card('Card 6 of six')).toBeVisible();

  const walk = async (board: BoardOn, cards: readonly number[]) => {
    for (const [turn, card] of cards.entries()) {
      await board.drag(`Card ${card} of six`, columns[1 + (turn % 3)] ?? '');
    }
  };
  await Promise.all([walk(hers, [1, 3, 5, 1]), walk(his, [2, 4, 6, 3])]);

  const truth = () => world.rest.titles(ada, place.board_id);
  for (const column of columns.slice(0, 4)) {
    await expect.poll(async () => hers.titles(column)).toEqual((await truth())[column]);
    await expect.poll(async () => his.titles(column)).toEqual((await truth())[column]);
  }
  const held = Object.values(await truth()).flat();
  expect(held.sort()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `Card ${n} of six`));
  // A card that slips away under the pointer is another one's drag; but each of them has moved some.
  const { items } = await world.rest.call<{ items: { kind: string; actor_id: string }[] }>(
    ada,
    'GET',
    `/boards/${place.board_id}/events?since=0`,
  );
  for (const person of [ada, bob]) {
    const moves = items.filter((event) => event.kind === 'task.moved' && event.actor_id === person.id);
    expect(moves.length).toBeGreaterThan(1);
  }
});

test('who is here is shown, and whoever goes is gone', async ({ world }) => {
  const [ada, bob] = [await world.rest.signUp('Ada Lovelace'), await world.rest.signUp('Bob Stone')];
  const place = await world.rest.place(ada, [bob]);
  const hers = await new BoardOn(await world.signedIn(ada)).open(place.board_id);
  const page = await world.signedIn(bob);
  await new BoardOn(page).open(place.board_id);
  const bar = hers.page.getByRole('banner');
  await expect(bar.getByRole('img', { name: /Bob Stone/ })).toBeVisible();
  await page.close();
  await expect(bar.getByRole('img', { name: /Bob Stone/ })).toHaveCount(0);
});
