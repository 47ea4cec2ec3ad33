import { BoardOn } from './support/board';
import { TeamFlow } from './support/node';
import { Rest } from './support/rest';
import { expect, logIn, profile, test } from './support/test';

test('the server dies and comes back under the page', async ({ browser }) => {
  const server = await new TeamFlow().start();
  try {
    const rest = new Rest(server);
    const ada = await rest.signUp('Ada');
    const place = await rest.place(ada);
    await rest.addTask(ada, place.board_id, 'Before the crash');
    const context = await profile(browser, server);
    await logIn(context, server, ada);
    const page = await context.newPage();
    const board = await new BoardOn(page).open(place.board_id);
    await expect(board.card('Before the crash')).toBeVisible();

    await server.kill();
    await expect(page.getByTestId('offline-banner')).toBeVisible();
    await board.drag('Before the crash', 'In progress');
    await board.addCard('Todo', 'During the crash');
    await server.start();

    await expect(page.getByTestId('offline-banner')).toHaveCount(0, { timeout: 40_000 });
    await expect
      .poll(async () => rest.titles(ada, place.board_id))
      .toMatchObject({
        Todo: ['During the crash'],
        'In progress': ['Before the crash'],
      });
    // Live again, too.
    await rest.addTask(ada, place.board_id, 'After the crash');
    await expect(board.card('After the crash')).toBeVisible();
    await context.close();
  } finally {
    await server.discard();
  }
});
