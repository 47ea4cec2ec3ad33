import { BoardOn } from './support/board';
import { PASSWORD } from './support/rest';
import { expect, test } from './support/test';

test('from sign-up to a moved card without a mouse', async ({ world }) => {
  const page = await world.stranger();
  await page.goto('/sign-up');
  await expect(page.getByLabel('Your name')).toBeFocused();
  const { keyboard } = page;
  await keyboard.type('Grace Hopper');
  await keyboard.press('Tab');
  await keyboard.type(`grace.${Date.now()}@example.com`);
  await keyboard.press('Tab');
  await keyboard.type(PASSWORD);
  await keyboard.press('Enter');

  const name = page.getByLabel('Name of the workspace');
  await expect(name).toBeVisible();
  await tabTo(page, name);
  await keyboard.type('Navy');
  await keyboard.press('Enter');

  const board = new BoardOn(page);
  const add = board.column('Todo').getByRole('button', { name: /Add a card/ });
  await expect(add.first()).toBeVisible();
  await tabTo(page, add.first());
  await keyboard.press('Enter');
  await keyboard.type('Find the moth');
  await keyboard.press('Enter');
  await keyboard.press('Escape');
  await expect(board.card('Find the moth')).toBeVisible();

  await tabTo(page, board.card('Find the moth').locator('[data-card-focus]'), 'Shift+Tab');
  await keyboard.press('Space');
  await expect(page.getByRole('log')).toContainText('Find the moth lifted');
  await keyboard.press('ArrowRight');
  await expect(page.getByRole('log')).toContainText('In progress');
  await keyboard.press('Space');
  await expect(page.getByRole('log')).toContainText('Find the moth moved to In progress, position 1 of 1');
  expect(await board.titles('In progress')).toEqual(['Find the moth']);
  // The focus is still on it: it goes on from there.
  await keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Task' })).toBeVisible();
  await keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Task' })).toHaveCount(0);
  await keyboard.press('Control+z');
  await expect.poll(() => board.titles('Todo')).toEqual(['Find the moth']);
});

/** Goes on with Tab until it is there. */
async function tabTo(
  page: import('@playwright/test').Page,
  target: import('@playwright/test').Locator,
  key = 'Tab',
): Promise<void> {
  for (let tabs = 0; tabs < 40; tabs++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error('Tab does not lead there');
}
