import type { Catalogue } from '../catalogue';

export const conflict: Catalogue['conflict'] = {};
