import { BoardOn } from './support/board';
import { dragged, frames, heapOf, scrolled } from './support/frames';
import { expect, test } from './support/test';

/** What it takes is told, not judged: another machine has other figures. */
test('a board of 2,000 cards scrolls and drags', async ({ world }) => {
  test.setTimeout(120_000);
  const ada = await world.rest.signUp('Ada');
  const place = await world.rest.place(ada);
  await world.rest.fill(ada, place, 2_000);
  const page = await world.signedIn(ada);
  const board = await new BoardOn(page).open(place.board_id);
  await expect(board.card('Task 1 of 2000')).toBeVisible();
  // Most of them are not on the page.
  expect(await page.locator('[data-task-id]').count()).toBeLessThan(300);

  const scroll = await frames(page, () => scrolled(board, 'Todo'));
  const drag = await frames(page, () => dragged(board, 'Task 2 of 2000', 'Todo'));
  const heap = await heapOf(page);
  const text = ({ p50, p95, worst }: typeof scroll) =>
    `frames p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`;
  test.info().annotations.push({ type: 'scroll', description: text(scroll) });
  test.info().annotations.push({ type: 'drag', description: text(drag) });
  console.log(`2,000 cards: scroll ${text(scroll)}; drag ${text(drag)}; heap ${heap.toFixed(1)} MB`);
  await expect.poll(async () => (await world.rest.titles(ada, place.board_id)).Todo?.at(-1)).toBeDefined();
  expect(await page.locator('[data-task-id]').count()).toBeLessThan(300);
});
