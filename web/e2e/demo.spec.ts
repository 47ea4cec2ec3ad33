import { BoardOn } from './support/board';
import { TeamFlow } from './support/node';
import { expect, profile, test } from './support/test';

test('a newcomer sees a board alive at the press of a button', async ({ world }) => {
  const page = await world.signedIn(await world.rest.signUp('Ada'));
  await page.goto('/');
  await page.getByRole('button', { name: 'Show me a living board' }).click();
  const board = new BoardOn(page);
  await expect(page.locator('[data-task-id]').first()).toBeVisible();
  // Some of the colleagues are here, and one of them changes something before long.
  await expect.poll(() => page.getByRole('banner').getByRole('img').count()).toBeGreaterThan(1);
  const shown = async () => {
    const columns = await page.locator('[data-column-id] h2').allTextContents();
    return Promise.all(columns.map((column) => board.titles(column)));
  };
  const before = JSON.stringify(await shown());
  await expect.poll(async () => JSON.stringify(await shown()), { timeout: 40_000 }).not.toBe(before);
});

test('a guest looks around without an account where the server shows a demonstration', async ({ browser }) => {
  const server = await new TeamFlow(['--demo']).start();
  try {
    const context = await profile(browser, server);
    const page = await context.newPage();
    await page.goto('/');
    await page.getByRole('button', { name: 'Look around a live board' }).click();
    await expect(page.locator('[data-task-id]').first()).toBeVisible();
    await context.close();
  } finally {
    await server.discard();
  }
});
