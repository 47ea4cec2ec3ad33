/** Measures what the app promises to the eye, and prints it beside what is to be reached. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { paths } from '@/app/paths';
import { BoardOn } from '../support/board';
import { dragged, frames, heapOf, scrolled } from '../support/frames';
import { type Account, PASSWORD, type Place } from '../support/rest';
import { expect, logIn, profile, test, type World } from '../support/test';

const ROWS: [string, string, string][] = [];
const row = (what: string, measured: string, goal: string) => ROWS.push([what, measured, goal]);
const ms = (value: number) => `${value.toFixed(1)} ms`;

test('figures', async ({ world, browser }) => {
  const ada = await world.rest.signUp('Ada');
  const bob = await world.rest.signUp('Bob');

  const small = await world.rest.place(ada, [bob]);
  await world.rest.fill(ada, small, 200);
  const loads: number[] = [];
  for (let turn = 0; turn < 5; turn++) loads.push(await coldLoad(world, browser, ada, small));
  const script = await firstScript(world, browser, ada, small);
  row('script on first load of a board, compressed', `${(script / 1000).toFixed(1)} kB`, '≤ 180 kB');
  row('all script there is, compressed', `${(allScript() / 1000).toFixed(1)} kB`, '');
  row('sign-in to 200 cards, cold, median of 5', ms(median(loads)), '≤ 1,500 ms');

  const page = await world.signedIn(ada);
  await new BoardOn(page).open(small.board_id);
  const painted = await remoteEvents(world, page, bob, small);
  row('event by others, commit to paint, p50 of 40', ms(median(painted)), '≤ 50 ms');
  row('event by others, commit to paint, p95 of 40', ms(percentile(painted, 0.95)), '≤ 50 ms');
  await page.context().close();

  const large = await world.rest.place(ada);
  await world.rest.fill(ada, large, 2_000);
  const wide = await world.signedIn(ada);
  const board = await new BoardOn(wide).open(large.board_id);
  await expect(board.card('Task 1 of 2000')).toBeVisible();
  await wide.waitForTimeout(1_000);
  const drag = await frames(wide, () => dragged(board, 'Task 2 of 2000', 'Todo'));
  row('drag on 2,000 cards, frame p50', ms(drag.p50), '');
  row('drag on 2,000 cards, frame p95', ms(drag.p95), '≤ 16.7 ms');
  const scroll = await frames(wide, () => scrolled(board, 'In progress'));
  row('scroll on 2,000 cards, frame p95', ms(scroll.p95), '≤ 16.7 ms');
  row('memory of the page with 2,000 cards', `${(await heapOf(wide)).toFixed(1)} MB`, '');

  const width = Math.max(...ROWS.map(([what]) => what.length));
  console.log(`\n${ROWS.map(([what, is, goal]) => `${what.padEnd(width)}  ${is.padStart(12)}  ${goal}`).join('\n')}\n`);
});

type Browser = Parameters<typeof profile>[0];

/** From the press on "Sign in" until the board's cards are painted, in a browser that has never been here. */
async function coldLoad(world: World, browser: Browser, account: Account, place: Place) {
  const context = await profile(browser, world.server);
  const page = await context.newPage();
  await page.goto(`${paths.signIn}?to=${encodeURIComponent(paths.board(place.board_id))}`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  const done = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let begun = 0;
        document.addEventListener('click', () => (begun ||= performance.now()), { capture: true, once: true });
        const look = (now: number) => {
          if (document.querySelectorAll('[data-task-id]').length > 10)
            requestAnimationFrame((then) => resolve(then - begun));
          else if (now >= 0) requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );
  await page.getByRole('button', { name: 'Sign in' }).click();
  const time = await done;
  await context.close();
  return time;
}

/** The bytes of all scripts that a new browser asks for until a board's cards are there. */
async function firstScript(world: World, browser: Browser, account: Account, place: Place): Promise<number> {
  const context = await profile(browser, world.server);
  await logIn(context, world.server, account);
  const page = await context.newPage();
  const scripts = new Set<string>();
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith('.js')) scripts.add(pathname);
  });
  await page.goto(paths.board(place.board_id));
  await page.locator('[data-task-id]').first().waitFor();
  const size = [...scripts].reduce((sum, path) => sum + packedSize(join('dist', path)), 0);
  await context.close();
  return size;
}

/** Bob renames a card again and again; from each commit until Ada's page has painted it, in milliseconds. */
async function remoteEvents(world: World, page: Page, bob: Account, place: Place): Promise<number[]> {
  const { snapshot } = await world.rest.board(bob, place.board_id);
  const [task] = snapshot.tasks;
  if (!task) throw new Error('an empty board');
  const times: number[] = [];
  for (let turn = 0; turn < 40; turn++) {
    const title = `Renamed ${turn} times`;
    const seen = page.evaluate(
      ([id, text]) =>
        new Promise<number>((resolve) => {
          const look = () => {
            const card = document.querySelector(`[data-task-id="${id}"]`);
            // The frame after the one in which it is there has painted it.
            if (card?.textContent?.includes(text ?? '')) requestAnimationFrame(() => resolve(Date.now()));
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }),
      [task.id, title],
    );
    const changed = await world.rest.call<{ updated_at: string }>(bob, 'PATCH', `/tasks/${task.id}`, { title });
    times.push((await seen) - Date.parse(changed.updated_at));
    await page.waitForTimeout(60);
  }
  return times;
}

function allScript(): number {
  const files = readdirSync('dist/assets').filter((name) => name.endsWith('.js'));
  return files.reduce((sum, name) => sum + packedSize(join('dist/assets', name)), 0);
}

/** What goes over the wire of a file, in bytes. */
function packedSize(file: string): number {
  return (statSync(`${file}.br`, { throwIfNoEntry: false }) ?? statSync(file)).size;
}

const median = (values: readonly number[]) => percentile(values, 0.5);

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
