import type { Locator, Page } from '@playwright/test';
import { paths } from '@/app/paths';
import { expect, test } from './support/test';

/** A day of the month that is shown, `YYYY-MM-DD`. */
const day = (number: number) => `${new Date().toISOString().slice(0, 8)}${String(number).padStart(2, '0')}`;

async function carry(page: Page, from: Locator, to: Locator): Promise<void> {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (!start || !end) throw new Error('not on the page');
  await page.mouse.move(start.x + 20, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(start.x + 40, start.y + start.height / 2 + 8, { steps: 3 });
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 10 });
  await page.mouse.up();
}

test('a due date is carried to another day, by hand and by keys', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  const task = await world.rest.addTask(ada, place.board_id, 'Mend the gate', { due_date: day(10) });
  const due = async () =>
    (await world.rest.board(ada, place.board_id)).snapshot.tasks.find((one) => one.id === task.id)?.due_date;
  const page = await world.signedIn(ada);
  await page.goto(paths.board(place.board_id, 'calendar'));
  const on = (number: number) => page.locator(`td[data-day="${day(number)}"]`);
  const link = (within: Locator) => within.getByRole('link', { name: 'Mend the gate' });

  await carry(page, link(on(10)), on(18));
  await expect(link(on(18))).toBeVisible();
  await expect.poll(due).toContain(day(18));

  await link(on(18)).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Space');
  await expect(link(on(10))).toBeFocused();
  await expect.poll(due).toContain(day(10));

  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await expect(link(on(10))).toBeFocused();

  await carry(page, link(on(10)), page.getByRole('region', { name: 'Without a due date' }));
  await expect.poll(due).toBeNull();
  await page.keyboard.press('Control+z');
  await expect(link(on(10))).toBeVisible();
});

test('the list is gone through and changed by keys alone', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  for (const title of ['Mend the gate', 'Paint the fence']) await world.rest.addTask(ada, place.board_id, title);
  const fence = async () =>
    (await world.rest.board(ada, place.board_id)).snapshot.tasks.find((one) => one.title === 'Paint the fence');
  const page = await world.signedIn(ada);
  await page.goto(`${paths.board(place.board_id, 'list')}?group=none`);
  const row = (title: string) => page.getByRole('row').filter({ hasText: title });

  await row('Mend the gate').getByRole('link').focus();
  await page.keyboard.press('ArrowDown');
  await expect(row('Paint the fence').getByRole('link')).toBeFocused();
  await page.keyboard.press('p');
  await page.getByRole('menuitem', { name: 'Critical' }).press('Enter');
  await expect(row('Paint the fence')).toContainText('Critical');
  await expect(row('Paint the fence').locator('[title="Priority"]')).toBeFocused();
  await page.keyboard.press('d');
  await page.getByRole('dialog', { name: 'Due date' }).getByRole('button', { name: 'Today' }).click();
  await expect.poll(async () => (await fence())?.due_date).not.toBeNull();
  expect(await fence()).toMatchObject({ priority: 'critical' });

  // Those without a date come last, and the order stands in the address.
  await page.getByRole('columnheader', { name: 'Due date' }).getByRole('button').click();
  await expect(page.locator('[data-row]').first()).toContainText('Paint the fence');
  await page.reload();
  await expect(page.locator('[data-row]').first()).toContainText('Paint the fence');
});

test('a task is made, found and opened without a mouse', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  const page = await world.signedIn(ada);
  await page.goto(paths.board(place.board_id));
  await expect(page.locator('[data-column-id]').first()).toBeVisible();
  await page.keyboard.press('c');
  await page.getByRole('combobox').fill('Mend the gate');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-task-id]').filter({ hasText: 'Mend the gate' })).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('gate');
  await expect(page.getByRole('option', { name: 'Mend the gate' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Task: Mend the gate' })).toBeVisible();

  await page.goto(`${paths.search}?q=gate`);
  await page.getByRole('searchbox').press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Task: Mend the gate' })).toBeVisible();
});

test('a filter stands in the address, and going back takes it away', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  await world.rest.addTask(ada, place.board_id, 'Mend the gate', { assignee_ids: [ada.id] });
  await world.rest.addTask(ada, place.board_id, 'Paint the fence');
  const page = await world.signedIn(ada);
  await page.goto(paths.board(place.board_id));
  const cards = page.locator('[data-task-id]');
  await expect(cards).toHaveCount(2);
  await page.keyboard.press('i');
  await expect(cards).toHaveCount(1);
  await expect(page).toHaveURL(/assignee=me/);
  await page.goBack();
  await expect(cards).toHaveCount(2);
  await page.keyboard.press('/');
  await page.keyboard.type('FENCE');
  await expect(page.getByRole('search').getByRole('status')).toHaveText('1 of 2');
  await expect(cards).toHaveCount(1);
});
