import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { paths } from '@/app/paths';
import { BoardOn } from './support/board';
import { expect, type Look, test } from './support/test';

/** Nothing serious, by the rules of WCAG 2.2 AA and good practice. */
async function check(page: Page, what: string): Promise<void> {
  // What comes in is measured when it is there, not half transparent.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))));
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(' | ')}`);
  expect(serious, what).toEqual([]);
}

const LOOKS: readonly [string, Look][] = [
  ['light', {}],
  ['dark, Persian, on a phone', { theme: 'dark', locale: 'fa', width: 360, height: 740 }],
];

for (const [name, look] of LOOKS) {
  test(`every page can be used by everybody: ${name}`, async ({ world }) => {
    test.setTimeout(180_000);
    const [ada, bob] = [await world.rest.signUp('Ada'), await world.rest.signUp('Bob')];
    const place = await world.rest.place(ada, [bob]);
    await world.rest.call(ada, 'POST', `/projects/${place.project_id}/labels`, { name: 'urgent', color: '#b42318' });
    const due = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const fields = { priority: 'critical', story_points: 5, due_date: due, assignee_ids: [bob.id] };
    const task = await world.rest.addTask(ada, place.board_id, 'Mend the gate', fields);
    await world.rest.call(ada, 'PATCH', `/tasks/${task.id}`, { description: '# Why\n\n- it **hangs**\n- `one` hinge' });
    await world.rest.fill(ada, place, 12);

    const stranger = await world.stranger(look);
    for (const path of [paths.signIn, paths.signUp]) {
      await stranger.goto(path);
      await expect(stranger.getByRole('heading', { level: 1 })).toBeVisible();
      await check(stranger, path);
    }

    const page = await world.signedIn(ada, look);
    const pages = [
      paths.home,
      paths.workspace(place.workspace_id),
      paths.members(place.workspace_id),
      paths.project(place.project_id),
      paths.board(place.board_id, 'list'),
      paths.board(place.board_id, 'calendar'),
      paths.search,
      paths.profile,
      paths.operators,
      '/nothing-here',
    ];
    for (const path of pages) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await check(page, path);
    }

    const board = await new BoardOn(page).open(place.board_id);
    await expect(board.card('Mend the gate')).toBeVisible();
    await check(page, 'the board');
    await page.goto(`${paths.board(place.board_id)}?task=${task.id}`);
    await expect(page.getByRole('complementary').getByRole('heading', { name: 'Why' })).toBeVisible();
    await check(page, 'a task');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox')).toBeVisible();
    await check(page, 'the palette');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('combobox')).toHaveCount(0);
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    await check(page, 'the shortcuts');
  });
}
