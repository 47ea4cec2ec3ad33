import { BoardOn } from './support/board';
import { expect, test, type World } from './support/test';

/** Ada and Bob on one board with two cards. */
async function pair(world: World) {
  const [ada, bob] = [await world.rest.signUp('Ada'), await world.rest.signUp('Bob Stone')];
  const place = await world.rest.place(ada, [bob]);
  const gate = await world.rest.addTask(ada, place.board_id, 'Mend the gate');
  await world.rest.addTask(ada, place.board_id, 'Paint the fence');
  const hers = await new BoardOn(await world.signedIn(ada)).open(place.board_id);
  const his = await new BoardOn(await world.signedIn(bob)).open(place.board_id);
  await expect(his.card('Mend the gate')).toBeVisible();
  return { hers, his, place, gate, bob };
}

test('a cursor stands on the same card in the other window, until it is switched off', async ({ world }) => {
  const { hers, his } = await pair(world);
  await his.card('Mend the gate').hover({ position: { x: 60, y: 20 } });
  const cursor = hers.page.getByTestId('cursors').getByText('Bob Stone');
  await expect(cursor).toBeVisible();
  const card = await hers.card('Mend the gate').boundingBox();
  await expect.poll(async () => ((await cursor.boundingBox())?.y ?? 0) - (card?.y ?? 0)).toBeLessThan(60);
  await his.page.getByTestId('presence').click();
  await his.page.getByRole('menuitemcheckbox', { name: /cursors/ }).click();
  await expect(cursor).toHaveCount(0);
  await his.page.reload();
  await his.card('Mend the gate').hover();
  await expect(hers.page.getByRole('banner').getByRole('img', { name: 'Bob Stone' })).toBeVisible();
  await expect(cursor).toHaveCount(0);
});

test('who edits a card and who drags one is named on it', async ({ world }) => {
  const { hers, his } = await pair(world);
  await his.card('Mend the gate').click();
  await his.page.getByRole('textbox', { name: 'Title' }).focus();
  const gate = hers.card('Mend the gate').getByTestId('card-marks');
  await expect(gate).toHaveAttribute('data-busy', 'editing');
  await expect(gate).toContainText('Bob Stone edits it');
  await his.page.getByRole('button', { name: 'Close' }).click();
  await expect(gate).toHaveCount(0);
  const box = await his.card('Paint the fence').boundingBox();
  await his.page.mouse.move((box?.x ?? 0) + 60, (box?.y ?? 0) + 20);
  await his.page.mouse.down();
  await his.page.mouse.move((box?.x ?? 0) + 160, (box?.y ?? 0) + 60, { steps: 6 });
  const fence = hers.card('Paint the fence').getByTestId('card-marks');
  await expect(fence).toHaveAttribute('data-busy', 'dragging');
  await his.page.keyboard.press('Escape');
  await his.page.mouse.up();
  await expect(fence).toHaveCount(0);
});

test('who is chosen in the menu of those present is gone to', async ({ world }) => {
  const { hers, his } = await pair(world);
  await his.card('Paint the fence').click();
  await hers.page.getByTestId('presence').click();
  await hers.page.getByRole('menuitem', { name: /Bob Stone.*Looks at/ }).click();
  await expect(hers.card('Paint the fence').getByRole('link')).toBeFocused();
});

test('words tell what others change of the open card, and take no focus', async ({ world }) => {
  const { hers, place, gate, bob } = await pair(world);
  await hers.card('Mend the gate').click();
  const field = hers.page.getByRole('textbox', { name: 'Title' });
  await field.focus();
  await world.rest.call(bob, 'PATCH', `/tasks/${gate.id}`, { priority: 'high' });
  await world.rest.call(bob, 'POST', `/tasks/${gate.id}/move`, { column_id: place.columns[1]?.id });
  await expect(hers.page.getByText('Bob Stone moved this card to')).toBeVisible();
  await expect(field).toBeFocused();
});
