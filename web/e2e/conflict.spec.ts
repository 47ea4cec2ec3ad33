import type { Page } from '@playwright/test';
import { BoardOn } from './support/board';
import type { Account, Place } from './support/rest';
import { expect, test, type World } from './support/test';

const asking = (page: Page) => page.getByRole('dialog', { name: /What shall stand|was deleted/ });

/** Ada has renamed a task while offline that Bob has renamed meanwhile; she is back. */
async function both(world: World): Promise<{ page: Page; place: Place; ada: Account; title(): Promise<string> }> {
  const [ada, bob] = [await world.rest.signUp('Ada'), await world.rest.signUp('Bob Stone')];
  const place = await world.rest.place(ada, [bob]);
  const task = await world.rest.addTask(ada, place.board_id, 'Mend the gate');
  const page = await world.signedIn(ada);
  const board = await new BoardOn(page).open(place.board_id);
  await board.card('Mend the gate').click();
  const field = page.getByRole('complementary', { name: 'Task' }).getByRole('textbox', { name: 'Title' });
  await expect(field).toHaveValue('Mend the gate');
  await page.context().setOffline(true);
  await field.fill('Mend the northern gate');
  await field.press('Enter');
  await world.rest.call(bob, 'PATCH', `/tasks/${task.id}`, { title: 'Mend the gate today' });
  await page.context().setOffline(false);
  await page.getByRole('button', { name: '1 change needs your decision' }).click();
  const dialog = asking(page);
  await expect(dialog).toContainText('Mend the northern gate');
  await expect(dialog).toContainText('Mend the gate today');
  await expect(dialog).toContainText('Bob Stone');
  const title = async () => (await world.rest.board(ada, place.board_id)).snapshot.tasks[0]?.title ?? '';
  expect(await title()).toBe('Mend the gate today');
  return { page, place, ada, title };
}

test('a conflict is decided for mine', async ({ world }) => {
  const { page, title } = await both(world);
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await expect.poll(title).toBe('Mend the northern gate');
  await expect(page.getByRole('button', { name: /needs your decision/ })).toHaveCount(0);
  await expect(new BoardOn(page).card('Mend the northern gate')).toBeVisible();
});

test('a conflict is decided for theirs', async ({ world }) => {
  const { page, title } = await both(world);
  await page.getByRole('button', { name: 'Take theirs' }).click();
  await expect(asking(page)).toHaveCount(0);
  await expect(new BoardOn(page).card('Mend the gate today')).toBeVisible();
  expect(await title()).toBe('Mend the gate today');
});

test('a conflict is merged by hand, and waits through a reload', async ({ world }) => {
  const { page, title } = await both(world);
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('button', { name: '1 change needs your decision' }).click();
  await asking(page).getByRole('button', { name: 'Edit' }).click();
  await asking(page).getByRole('textbox').fill('Mend the northern gate today');
  await page.getByRole('button', { name: 'Save this' }).click();
  await expect.poll(title).toBe('Mend the northern gate today');
});

test('text written into a task that was deleted comes back with it', async ({ world }) => {
  const [ada, bob] = [await world.rest.signUp('Ada'), await world.rest.signUp('Bob')];
  const place = await world.rest.place(ada, [bob]);
  const task = await world.rest.addTask(ada, place.board_id, 'Mend the gate');
  const page = await world.signedIn(ada);
  const board = await new BoardOn(page).open(place.board_id);
  await board.card('Mend the gate').click();
  const panel = page.getByRole('complementary', { name: 'Task' });
  await panel.getByRole('button', { name: 'Add a description' }).click();
  await panel.getByRole('textbox', { name: 'Description' }).fill('It hangs on **one** hinge.');
  await page.context().setOffline(true);
  await panel.getByRole('button', { name: 'Save' }).click();
  await world.rest.call(ada, 'DELETE', `/tasks/${task.id}`);
  await page.context().setOffline(false);
  await page.getByRole('button', { name: '1 change needs your decision' }).click();
  await expect(asking(page)).toContainText('It hangs on **one** hinge.');
  await page.getByRole('button', { name: 'Bring it back with my text' }).click();
  await expect
    .poll(async () => world.rest.call<{ description: string }>(ada, 'GET', `/tasks/${task.id}`).catch(() => null))
    .toMatchObject({ title: 'Mend the gate', description: 'It hangs on **one** hinge.' });
});
