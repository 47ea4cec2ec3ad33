/** `@teamflow/client`: see `README.md` beside this file. */
import type { Client, ClientOptions } from './api';
import { createClientIn } from './client';
import { browserEnvironment } from './environment';

export type * from './api';
export { createClientIn } from './client';
export type { Channel, Environment, Socket } from './environment';
export { browserEnvironment } from './environment';
export { ApiError } from './rest';
export type * from './wire';

/** A client for this page. One is enough: it serves all boards. */
export function createClient(options: ClientOptions = {}): Client {
  return createClientIn(browserEnvironment(options));
}
