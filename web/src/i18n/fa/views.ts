import type { Catalogue } from '../catalogue';

export const views: Catalogue['views'] = {};
