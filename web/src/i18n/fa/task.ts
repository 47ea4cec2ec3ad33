import type { Catalogue } from '../catalogue';

export const task: Catalogue['task'] = {};
