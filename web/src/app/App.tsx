import { type ComponentType, type LazyExoticComponent, lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { Commands } from '@/command/Commands';
import { useI18n } from '@/i18n';
import NotFound from '@/pages/NotFound';
import { Toasts } from '@/ui/toast';
import { Announcer } from './announce';
import { Banner } from './Banner';
import { useClient, useStore } from './client';
import { Frame } from './Frame';
import { paths } from './paths';

const SignIn = lazy(() => import('@/pages/SignIn'));
const SignUp = lazy(() => import('@/pages/SignUp'));
const Home = lazy(() => import('@/pages/Home'));
const Workspace = lazy(() => import('@/pages/Workspace'));
const Members = lazy(() => import('@/pages/Members'));
const Project = lazy(() => import('@/pages/Project'));
const Board = lazy(() => import('@/board/BoardPage'));
const TaskLink = lazy(() => import('@/pages/TaskLink'));
const Search = lazy(() => import('@/views/SearchPage'));
const Profile = lazy(() => import('@/pages/Profile'));
const Operators = lazy(() => import('@/pages/Operators'));

/** For who is signed in: a page and its address. `key`s keep one page from showing another's things. */
const PAGES: readonly [string, LazyExoticComponent<ComponentType>][] = [
  [paths.home, Home],
  ['/w/:workspaceId', Workspace],
  ['/w/:workspaceId/members', Members],
  ['/p/:projectId', Project],
  ['/b/:boardId/:face?', Board],
  ['/t/:taskId', TaskLink],
  [paths.search, Search],
  [paths.profile, Profile],
  [paths.operators, Operators],
];

export function App() {
  const signIn = useStore(useClient().auth.signIn);
  const { t } = useI18n();
  const waiting = <Frame title={t('common.loading')} />;
  return (
    <>
      <Banner />
      <Suspense fallback={signIn.state === 'signed_in' ? waiting : null}>
        {signIn.state === 'signed_in' && <SignedIn />}
        {signIn.state === 'signed_out' && <SignedOut />}
      </Suspense>
      {signIn.state === 'signed_in' && <Commands />}
      <Toasts />
      <Announcer />
    </>
  );
}

function SignedIn() {
  return (
    <Switch>
      {PAGES.map(([path, Page]) => (
        <Route key={path} path={path}>
          {(params) => <Page key={Object.entries(params).find(([name]) => name.endsWith('Id'))?.[1]} />}
        </Route>
      ))}
      <Route path={paths.signIn}>
        <Onward />
      </Route>
      <Route path={paths.signUp}>
        <Onward />
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

/** After a sign-in one goes on to where one wanted to be. */
function Onward() {
  const wanted = new URLSearchParams(globalThis.location.search).get('to');
  return <Redirect to={wanted?.startsWith('/') && !wanted.startsWith('//') ? wanted : paths.home} replace />;
}

function SignedOut() {
  const [location] = useLocation();
  const here = location + globalThis.location.search;
  const to = here === '/' ? '' : `?to=${encodeURIComponent(here)}`;
  return (
    <Switch>
      <Route path={paths.signIn} component={SignIn} />
      <Route path={paths.signUp} component={SignUp} />
      <Route>
        <Redirect to={paths.signIn + to} replace />
      </Route>
    </Switch>
  );
}
