/** The address of everything that has one. */
import type { Id } from '@/sync/wire';

export type BoardFace = 'board' | 'list' | 'calendar';

export const paths = {
  home: '/',
  signIn: '/sign-in',
  signUp: '/sign-up',
  workspace: (id: Id) => `/w/${id}`,
  members: (id: Id) => `/w/${id}/members`,
  project: (id: Id) => `/p/${id}`,
  board: (id: Id, face: BoardFace = 'board') => (face === 'board' ? `/b/${id}` : `/b/${id}/${face}`),
  /** Goes on to the task's board, with the task open. */
  task: (id: Id) => `/t/${id}`,
  search: '/search',
  profile: '/profile',
  operators: '/operation',
} as const;
