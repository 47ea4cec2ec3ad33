import type { Catalogue } from '../catalogue';

export const account: Catalogue['account'] = {};
