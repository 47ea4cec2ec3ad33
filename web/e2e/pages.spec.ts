import { paths } from '@/app/paths';
import { BoardOn } from './support/board';
import { TeamFlow } from './support/node';
import { PASSWORD, Rest } from './support/rest';
import { expect, logIn, profile, test } from './support/test';

test('one comes to the page that was asked for, and signs out of it', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  const page = await world.stranger();
  await page.goto(paths.members(place.workspace_id));
  await page.getByLabel('E-mail').fill(ada.email);
  await page.getByLabel('Password', { exact: true }).fill('something else');
  await page.keyboard.press('Enter');
  await expect(page.getByText('E-mail or password is not right.')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(paths.members(place.workspace_id));
  await expect(page).toHaveTitle('Members · TeamFlow');
  await page.getByRole('button', { name: 'Account of Ada' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(paths.signIn);
});

test('a workspace is made, changed and deleted, and the sidebar follows', async ({ world }) => {
  const page = await world.signedIn(await world.rest.signUp('Ada'));
  await page.goto(paths.home);
  await page.getByLabel('Name of the workspace').fill('Moonshot');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/b\//);
  const sidebar = page.locator('#sidebar');
  await expect(sidebar.locator('[aria-current=page]')).toHaveText('First project');
  await sidebar.locator('a[href^="/p/"]').click();
  await page.getByRole('button', { name: 'New board' }).click();
  await page.getByLabel('Name of the board').fill('Launch');
  await page.keyboard.press('Enter');
  await expect(sidebar.locator('[aria-current=page]')).toHaveText('Launch');

  await page.getByTestId('workspace-switcher').click();
  await page.getByRole('menuitem', { name: 'Projects and settings' }).click();
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Leave the workspace' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave the workspace' }).click();
  await expect(page.getByText('A workspace needs an owner')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Delete the workspace' }).click();
  await page.getByLabel('Type “Moonshot” to be sure').fill('Moonshot');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Welcome, Ada')).toBeVisible();
});

test('a role that changes is seen at once by whom it concerns', async ({ world }) => {
  const [ada, grace] = [await world.rest.signUp('Ada'), await world.rest.signUp('Grace')];
  const place = await world.rest.place(ada, [grace]);
  const [hers, theirs] = [await world.signedIn(ada), await world.signedIn(grace)];
  await theirs.goto(paths.workspace(place.workspace_id));
  await expect(theirs.getByRole('button', { name: 'New project' })).toBeVisible();
  await expect(theirs.getByTestId('connection')).toHaveText('Live');
  await hers.goto(paths.members(place.workspace_id));
  await hers.getByLabel('Role of Grace').selectOption('viewer');
  await expect(theirs.getByRole('button', { name: 'New project' })).toHaveCount(0);
});

test('a page is as it was left when one comes back to it', async ({ world }) => {
  const ada = await world.rest.signUp('Ada');
  const page = await world.signedIn(ada, { height: 420 });
  await page.goto(paths.profile);
  await expect(page.getByText('this browser')).toBeVisible();
  await page.evaluate(() => scrollTo(0, 300));
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(300);
  await page.locator('#sidebar').getByRole('link', { name: 'Home' }).click();
  await expect(page.getByText('Welcome, Ada')).toBeVisible();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await expect(page.locator('#content')).toBeFocused();
  await page.goBack();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(300);
});

test('without a server the app opens all the same, and says what it can not read', async ({ browser }) => {
  const server = await new TeamFlow().start();
  try {
    const rest = new Rest(server);
    const ada = await rest.signUp('Ada');
    const place = await rest.place(ada);
    await rest.addTask(ada, place.board_id, 'Kept on the device');
    const context = await profile(browser, server);
    await logIn(context, server, ada);
    const page = await context.newPage();
    await new BoardOn(page).open(place.board_id);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    // The device keeps a board after two seconds.
    await page.waitForTimeout(2_500);
    await server.kill();
    const board = await new BoardOn(page).open(place.board_id);
    await expect(board.card('Kept on the device')).toBeVisible();
    await page.goto(paths.members(place.workspace_id));
    await expect(page.getByText('This could not be loaded')).toBeVisible();
    await context.close();
  } finally {
    await server.discard();
  }
});
