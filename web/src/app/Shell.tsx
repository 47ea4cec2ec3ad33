/** What stays when the page changes: the sidebar beside it, or the drawer over it. */
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { useCommands } from '@/command/registry';
import { useI18n } from '@/i18n';
import { useMedia } from '@/ui/useMedia';
import { useStore } from './client';
import { usePrefetch } from './prefetch';
import { Sidebar } from './Sidebar';
import css from './shell.module.css';
import { drawerOpen, sidebarOpen, WIDE } from './sidebar';

const Drawer = lazy(() => import('./Drawer'));

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const wide = useMedia(WIDE);
  const open = useStore(sidebarOpen);
  const drawn = useStore(drawerOpen);
  const [location] = useLocation();
  // Once it was wanted it stays, so that it can go gently.
  const [wanted, setWanted] = useState(false);
  if (drawn && !wanted) setWanted(true);
  usePrefetch();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever has gone somewhere is done with it
  useEffect(() => drawerOpen.set(false), [location, wide]);
  const commands = useMemo(
    () => [
      {
        id: 'sidebar',
        name: t('pages.sidebar_toggle'),
        group: 'app' as const,
        keys: 'mod+\\',
        run: () => toggleSidebar(),
      },
    ],
    [t],
  );
  useCommands(commands);
  return (
    <div className={css.shell}>
      <a href="#content" className={css.skip}>
        {t('common.skip')}
      </a>
      {wide && open && (
        <aside id="sidebar" className={css.aside} aria-label={t('pages.sidebar')}>
          <Sidebar />
        </aside>
      )}
      <Suspense fallback={null}>{!wide && wanted && <Drawer open={drawn} />}</Suspense>
      <div className={css.page}>{children}</div>
    </div>
  );
}

export function toggleSidebar() {
  const store = matchMedia(WIDE).matches ? sidebarOpen : drawerOpen;
  store.set(!store.get());
}
