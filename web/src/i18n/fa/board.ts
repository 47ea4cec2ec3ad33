import type { Catalogue } from '../catalogue';

export const board: Catalogue['board'] = {
  faces: 'نماهای این تخته',
  face_board: 'تخته',
  face_list: 'فهرست',
  face_calendar: 'تقویم',
};
