import { paths } from '@/app/paths';
import { BoardOn } from './support/board';
import { expect, test } from './support/test';

test('in Persian everything is mirrored: columns, keys, dates', async ({ world }) => {
  const ada = await world.rest.signUp('آدا لاولیس');
  const place = await world.rest.place(ada);
  await world.rest.addTask(ada, place.board_id, 'تعمیر دروازه', { due_date: '2030-03-21' });
  const page = await world.signedIn(ada, { locale: 'fa' });
  const board = await new BoardOn(page).open(place.board_id);
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  await expect(page.locator('html')).toHaveAttribute('lang', 'fa');

  const left = async (name: string) => (await board.column(name).boundingBox())?.x ?? Number.NaN;
  expect(await left('Todo')).toBeGreaterThan(await left('In progress'));
  // The first day of a year.
  await expect(board.card('تعمیر دروازه')).toContainText('۱ فروردین');

  // The next column lies to the left.
  await board.card('تعمیر دروازه').locator('[data-card-focus]').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Space');
  await expect.poll(() => board.titles('In progress')).toEqual(['تعمیر دروازه']);
  await expect
    .poll(async () => (await world.rest.titles(ada, place.board_id))['In progress'])
    .toEqual(['تعمیر دروازه']);

  // Letters of an Arabic keyboard find it too.
  await page.goto(`${paths.board(place.board_id)}?q=${encodeURIComponent('دروازة'.slice(0, 4))}`);
  await expect(board.card('تعمیر دروازه')).toBeVisible();
});

test('the language is chosen before and after one signs in, and stays', async ({ world }) => {
  const page = await world.stranger();
  await page.goto(paths.signIn);
  await page.getByText('فارسی', { exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  await expect(page.getByRole('button', { name: 'ورود', exact: true })).toBeVisible();
});
