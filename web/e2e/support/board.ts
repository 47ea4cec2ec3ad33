/** A board on a page, as its user sees it. */
import { expect, type Locator, type Page } from '@playwright/test';
import { paths } from '@/app/paths';
import type { Id } from '@/sync/wire';

export class BoardOn {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(board: Id): Promise<this> {
    await this.page.goto(paths.board(board));
    await expect(this.page.locator('[data-column-id]').first()).toBeVisible();
    return this;
  }

  column(name: string): Locator {
    return this.page.locator('[data-column-id]').filter({ has: this.page.getByRole('heading', { name, exact: true }) });
  }

  card(title: string): Locator {
    return this.page.locator('[data-task-id]').filter({ hasText: title });
  }

  /** The titles that are on the page in one column, from top to bottom. */
  async titles(column: string): Promise<string[]> {
    const titles = this.column(column).locator('[data-card-focus]');
    return titles.evaluateAll((elements) =>
      elements
        .map((element) => ({ top: element.getBoundingClientRect().top, text: element.textContent ?? '' }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text.trim()),
    );
  }

  /** Drags a card with the mouse to the end of a column. */
  async drag(title: string, column: string): Promise<void> {
    const { mouse } = this.page;
    const from = await boxOf(this.card(title));
    await mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await mouse.down();
    await mouse.move(from.x + from.width / 2 + 12, from.y + from.height / 2 + 6, { steps: 3 });
    const to = await boxOf(this.column(column));
    await mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
    await mouse.up();
  }

  async addCard(column: string, title: string): Promise<void> {
    await this.column(column)
      .getByRole('button', { name: `Add a card to ${column}` })
      .first()
      .click();
    await this.page.keyboard.type(title);
    await this.page.keyboard.press('Enter');
    await this.page.keyboard.press('Escape');
    await expect(this.card(title)).toBeVisible();
  }
}

async function boxOf(element: Locator) {
  const box = await element.boundingBox();
  if (!box) throw new Error('not on the page');
  return box;
}
