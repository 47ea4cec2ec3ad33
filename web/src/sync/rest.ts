/** Requests to the REST interface. */
import type { ApiErrorShape, Page, Rest } from './api';
import type { Environment } from './environment';
import type { Code, Problem } from './wire';

const TIMEOUT_MS = 20_000;
const PAGE_MAX = 200;

/** What the server refused, or that it could not be reached (`status` 0, code `UNAVAILABLE`). */
export class ApiError extends Error implements ApiErrorShape {
  readonly status: number;
  readonly code: Code;
  readonly details?: NonNullable<Problem['details']>;
  readonly retry_after_ms?: number;
  readonly request_id?: string;

  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code;
    if (problem.details) this.details = problem.details;
    if (problem.retry_after_ms !== undefined) this.retry_after_ms = problem.retry_after_ms;
    if (problem.request_id !== undefined) this.request_id = problem.request_id;
  }

  /** Whether the same may be asked again later. */
  get isPassing(): boolean {
    return this.code === 'UNAVAILABLE' || this.code === 'RATE_LIMIT_EXCEEDED';
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

/** One request, without trying again. Rejects with {@link ApiError}. */
export async function call(
  environment: Environment,
  method: string,
  path: string,
  { body, token, query }: { body?: unknown; token?: string; query?: Query | undefined } = {},
): Promise<unknown> {
  const url = new URL(`/api/v1${path}`, environment.origin);
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), credentials: 'same-origin' };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  let text: string;
  try {
    response = await environment.fetch(url.href, init);
    text = await response.text();
  } catch {
    throw new ApiError(0, { code: 'UNAVAILABLE', message: 'the server could not be reached' });
  }
  const answer = parsed(text);
  if (response.ok) return answer;
  throw new ApiError(response.status, problemOf(answer) ?? unnamed(response));
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(answer: unknown): Problem | undefined {
  const { error } = (answer ?? {}) as { error?: Problem };
  return error?.code ? error : undefined;
}

/** Something between us and the server has answered. */
function unnamed(response: Response): Problem {
  const code: Code = response.status >= 500 ? 'UNAVAILABLE' : response.status === 401 ? 'UNAUTHORIZED' : 'NOT_FOUND';
  return { code, message: `the server answered ${response.status}` };
}

/** What gives access tokens. */
export interface Tokens {
  /** One that is good for a while. Rejects with {@link ApiError} where there is none. */
  token(): Promise<string>;
  /** Another than `refused`. */
  renewed(refused: string): Promise<string>;
}

/** One request by whoever is signed in. A token that is refused is renewed once. */
export async function callAs(
  environment: Environment,
  tokens: Tokens,
  method: string,
  path: string,
  options: { body?: unknown; query?: Query | undefined } = {},
): Promise<unknown> {
  const token = await tokens.token();
  try {
    return await call(environment, method, path, { ...options, token });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    return call(environment, method, path, { ...options, token: await tokens.renewed(token) });
  }
}

export function createRest(environment: Environment, tokens: Tokens): Rest {
  const ask = (method: string, path: string, options?: { body?: unknown; query?: Query | undefined }) =>
    callAs(environment, tokens, method, path, options);
  const rest: Rest = {
    get: <T>(path: string, query?: Query) => ask('GET', path, { query }) as Promise<T>,
    post: <T>(path: string, body?: unknown) => ask('POST', path, { body }) as Promise<T>,
    patch: <T>(path: string, body: unknown) => ask('PATCH', path, { body }) as Promise<T>,
    delete: async (path) => {
      await ask('DELETE', path);
    },
    async all<T>(path: string, query?: Query, max = 1_000) {
      const items: T[] = [];
      let cursor: string | undefined;
      do {
        const limit = Math.min(PAGE_MAX, max - items.length);
        const page: Page<T> = await rest.get<Page<T>>(path, { ...query, limit, cursor });
        items.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && items.length < max);
      return items;
    },
  };
  return rest;
}
