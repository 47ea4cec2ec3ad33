import { paths } from '@/app/paths';
import { BoardOn } from './support/board';
import { expect, test } from './support/test';

test('what is done offline survives a closed tab, and arrives', async ({ world }) => {
  const [ada, bob] = [await world.rest.signUp('Ada'), await world.rest.signUp('Bob')];
  const place = await world.rest.place(ada, [bob]);
  const task = await world.rest.addTask(ada, place.board_id, 'Mend the gate');
  await world.rest.addTask(ada, place.board_id, 'Paint the fence');
  const page = await world.signedIn(ada);
  const context = page.context();
  const board = await new BoardOn(page).open(place.board_id);
  await expect(board.card('Mend the gate')).toBeVisible();
  // The app and the board have to be on the device before the network goes.
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForTimeout(1_500);

  await context.setOffline(true);
  await expect(page.getByTestId('offline-banner')).toBeVisible();
  await board.drag('Paint the fence', 'In progress');
  await board.addCard('Todo', 'Made offline');
  await expect(page.getByTestId('offline-banner')).toContainText('2 changes');
  await page.close();

  // Meanwhile others go on.
  await world.rest.call(bob, 'PATCH', `/tasks/${task.id}`, { title: 'Mend the old gate' });
  expect((await world.rest.titles(bob, place.board_id)).Todo).not.toContain('Made offline');

  const again = await context.newPage();
  const reopened = new BoardOn(again);
  await again.goto(paths.board(place.board_id));
  await expect(reopened.card('Made offline')).toBeVisible();
  await expect(reopened.card('Mend the gate')).toBeVisible();
  expect(await reopened.titles('In progress')).toEqual(['Paint the fence']);

  await context.setOffline(false);
  await expect
    .poll(async () => (await world.rest.titles(bob, place.board_id)).Todo)
    .toEqual(['Mend the old gate', 'Made offline']);
  expect((await world.rest.titles(bob, place.board_id))['In progress']).toEqual(['Paint the fence']);
  await expect(reopened.card('Mend the old gate')).toBeVisible();
  await expect(again.getByTestId('offline-banner')).toHaveCount(0);
});

test('a page that is closed right after a change has lost nothing', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  const page = await world.signedIn(ada);
  const context = page.context();
  const board = await new BoardOn(page).open(place.board_id);
  await context.setOffline(true);
  await board.addCard('Todo', 'Typed in the last moment');
  await page.close();
  await context.setOffline(false);
  // Any page of the app sends it: it need not be that board.
  const home = await context.newPage();
  await home.goto(paths.home);
  await expect
    .poll(async () => (await world.rest.titles(ada, place.board_id)).Todo)
    .toEqual(['Typed in the last moment']);
});
