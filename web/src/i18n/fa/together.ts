import type { Catalogue } from '../catalogue';

export const together: Catalogue['together'] = {};
