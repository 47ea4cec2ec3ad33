import { lazy, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { Commands } from '@/command/Commands';
import { hasChosenLocale, useI18n } from '@/i18n';
import NotFound from '@/pages/NotFound';
import { Toasts } from '@/ui/toast';
import { Announcer } from './announce';
import { Banner } from './Banner';
import { useClient, useMe, useStore } from './client';
import { ErrorBoundary } from './ErrorBoundary';
import { Frame } from './Frame';
import { paths } from './paths';
import { PAGES, SignIn, SignUp } from './routes';
import { Shell } from './Shell';
import { Splash } from './Splash';
import { signOutWanted } from './sign-out';
import { useNewVersion } from './useNewVersion';

const SignOut = lazy(() => import('./SignOut'));

export function App() {
  const signIn = useStore(useClient().auth.signIn);
  const [location] = useLocation();
  useNewVersion();
  return (
    <>
      <Banner />
      <ErrorBoundary place={`${signIn.state} ${location}`}>
        {signIn.state === 'unknown' && <Splash />}
        {signIn.state === 'signed_in' && <SignedIn />}
        {signIn.state === 'signed_out' && <SignedOut />}
      </ErrorBoundary>
      <Toasts />
      <Announcer />
    </>
  );
}

function SignedIn() {
  const { t } = useI18n();
  const [location] = useLocation();
  const signingOut = useStore(signOutWanted);
  useLocaleOfAccount();
  return (
    <Shell>
      <ErrorBoundary place={location}>
        <Suspense fallback={<Frame title={t('common.loading')} />}>
          <Switch>
            {PAGES.map(({ path, Page }) => (
              <Route key={path} path={path}>
                {/* The key keeps one page from showing another's things. */}
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
        </Suspense>
      </ErrorBoundary>
      <Commands />
      <Suspense fallback={null}>{signingOut && <SignOut />}</Suspense>
    </Shell>
  );
}

/** On a device that was never told what to speak, the account's language is spoken. */
function useLocaleOfAccount() {
  const { user } = useMe();
  const { setLocale } = useI18n();
  const { locale } = user;
  useEffect(() => {
    if (!hasChosenLocale() && (locale === 'en' || locale === 'fa')) setLocale(locale);
  }, [locale, setLocale]);
}

/** After a sign-in one goes on to where one wanted to be. */
function Onward() {
  const wanted = new URLSearchParams(globalThis.location.search).get('to');
  return <Redirect to={wanted?.startsWith('/') && !/^\/[/\\]/.test(wanted) ? wanted : paths.home} replace />;
}

function SignedOut() {
  const [location] = useLocation();
  const here = location + globalThis.location.search;
  const to = here === '/' ? '' : `?to=${encodeURIComponent(here)}`;
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path={paths.signIn} component={SignIn} />
        <Route path={paths.signUp} component={SignUp} />
        <Route>
          <Redirect to={paths.signIn + to} replace />
        </Route>
      </Switch>
    </Suspense>
  );
}
