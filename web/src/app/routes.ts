/** Every page of who is signed in: its address, and the script that is loaded when it is first wanted. */
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { paths } from './paths';

type Load = () => Promise<{ default: ComponentType }>;

export interface Page {
  /** As wouter writes it. */
  path: string;
  Page: LazyExoticComponent<ComponentType>;
  /** Loads the script ahead of time: when a link to the page is pointed at. */
  load: Load;
}

const page = (path: string, load: Load): Page => ({ path, Page: lazy(load), load });

export const PAGES: readonly Page[] = [
  page(paths.home, () => import('@/pages/Home')),
  page('/w/:workspaceId', () => import('@/pages/Workspace')),
  page('/w/:workspaceId/members', () => import('@/pages/Members')),
  page('/p/:projectId', () => import('@/pages/Project')),
  page('/b/:boardId/:face?', () => import('@/board/BoardPage')),
  page('/t/:taskId', () => import('@/pages/TaskLink')),
  page(paths.search, () => import('@/views/SearchPage')),
  page(paths.profile, () => import('@/pages/Profile')),
  page(paths.operators, () => import('@/pages/Operators')),
];

export const SignIn = lazy(() => import('@/pages/SignIn'));
export const SignUp = lazy(() => import('@/pages/SignUp'));
