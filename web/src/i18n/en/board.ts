export const board = {
  faces: 'Views of this board',
  face_board: 'Board',
  face_list: 'List',
  face_calendar: 'Calendar',
};
