/** What the parts of one client share. */
import type { Rest } from './api';
import type { Conflicts } from './conflicts';
import type { Connection } from './connection';
import type { Environment } from './environment';
import type { Rooms } from './rooms';
import type { Session } from './session';
import type { Storage } from './storage';
import type { Id } from './wire';

export interface Core {
  environment: Environment;
  session: Session;
  connection: Connection;
  rooms: Rooms;
  storage: Storage;
  conflicts: Conflicts;
  rest: Rest;
  tabId: Id;
  /** There are more or fewer open ops than before. */
  onPending(): void;
}
