import type { Catalogue } from '../catalogue';
import { account } from './account';
import { board } from './board';
import { common } from './common';
import { pages } from './pages';
import { task } from './task';
import { views } from './views';

export const fa: Catalogue = { account, board, common, pages, task, views };
