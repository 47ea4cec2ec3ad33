import type { Catalogue } from '../catalogue';
import { account } from './account';
import { board } from './board';
import { command } from './command';
import { common } from './common';
import { conflict } from './conflict';
import { pages } from './pages';
import { task } from './task';
import { together } from './together';
import { views } from './views';

export const fa: Catalogue = { account, board, command, common, conflict, pages, task, together, views };
