/** The fixtures of all tests: a server for each worker, and browsers with somebody signed in. */
import { type Browser, type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import { TeamFlow } from './node';
import { type Account, PASSWORD, Rest } from './rest';

export { expect };

export interface Look {
  locale?: 'en' | 'fa';
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  touch?: boolean;
}

export interface World {
  server: TeamFlow;
  rest: Rest;
  /** A browser of their own, in which `account` is signed in. */
  signedIn(account: Account, look?: Look): Promise<Page>;
  /** A browser in which nobody is signed in. */
  stranger(look?: Look): Promise<Page>;
}

/** A page of a new browser profile on `server`. */
export async function profile(browser: Browser, server: TeamFlow, look: Look = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: server.url,
    locale: look.locale === 'fa' ? 'fa-IR' : 'en-GB',
    colorScheme: look.theme ?? 'light',
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
    hasTouch: look.touch ?? false,
  });
  return context;
}

/** Signs in as a browser does: the refresh token is in the cookie. */
export async function logIn(context: BrowserContext, server: TeamFlow, account: Account): Promise<void> {
  const answer = await context.request.post(`${server.url}/api/v1/auth/login`, {
    data: { email: account.email, password: PASSWORD, cookie: true, remember_me: true },
    headers: { origin: server.url },
  });
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
}

export const test = base.extend<{ world: World }, { server: TeamFlow }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads what is asked for from the pattern
    async ({}, use) => {
      const server = await new TeamFlow().start();
      await use(server);
      await server.discard();
    },
    { scope: 'worker' },
  ],
  world: async ({ browser, server }, use) => {
    const contexts: BrowserContext[] = [];
    const errors: string[] = [];
    const open = async (look?: Look) => {
      const context = await profile(browser, server, look);
      contexts.push(context);
      // What the page throws, or its policy blocks, fails the test.
      context.on('weberror', (error) => errors.push(String(error.error())));
      context.on('console', (line) => {
        if (/Content Security Policy|Minified React error/.test(line.text())) errors.push(line.text());
      });
      return context;
    };
    await use({
      server,
      rest: new Rest(server),
      signedIn: async (account, look) => {
        const context = await open(look);
        // What the account speaks counts before what the browser does.
        if (look?.locale) await new Rest(server).call(account, 'PATCH', '/auth/me', { locale: look.locale });
        await logIn(context, server, account);
        return context.newPage();
      },
      stranger: async (look) => (await open(look)).newPage(),
    });
    for (const context of contexts) await context.close();
    expect(errors).toEqual([]);
  },
});
