/** What is around every page of who is signed in: the bar at its head, and its place for the content. */
import { LogOut, PanelLeft, Search, Settings2, UserRound, Waypoints } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useI18n } from '@/i18n';
import { Avatar } from '@/ui/Avatar';
import { IconButton } from '@/ui/Button';
import { Menu, MenuGroup, MenuItem, MenuLine } from '@/ui/Menu';
import { useMe } from './client';
import css from './frame.module.css';
import { openPalette } from './palette';
import { paths } from './paths';
import { toggleSidebar } from './Shell';
import { type Place, usePlace } from './sidebar';
import { askSignOut } from './sign-out';

interface Props {
  /** Of the page, for the browser's tab and, where there are no `crumbs`, for the bar. */
  title: string;
  /** From the outermost in; the page itself is not among them. */
  crumbs?: readonly { name: string; to: string }[];
  /** What the sidebar unfolds; left out for pages that belong to no workspace. */
  place?: Place | undefined;
  /** At the end of the bar: who is here, what can be done. */
  actions?: ReactNode;
  /** A second bar below the first. */
  bar?: ReactNode;
  /** Fills the window and scrolls inside of itself, as boards do. */
  full?: boolean;
  children?: ReactNode;
}

export function Frame({ title, crumbs = [], place, actions, bar, full, children }: Props) {
  const { t } = useI18n();
  const heading = useId();
  const main = useRef<HTMLElement>(null);
  usePlace(place);
  useFocusOfPage(main);
  useEffect(() => {
    document.title = `${title} · ${t('common.app')}`;
  }, [title, t]);
  return (
    <div className={`${css.frame} ${full ? css.full : ''}`}>
      <header className={css.head}>
        <IconButton
          label={t('pages.sidebar_toggle')}
          icon={<PanelLeft />}
          onClick={toggleSidebar}
          className={css.toggle ?? ''}
        />
        <nav className={css.crumbs} aria-label={t('common.menu')}>
          {crumbs.map((crumb) => (
            <Link key={crumb.to} href={crumb.to} className={css.crumb}>
              <bdi>{crumb.name}</bdi>
            </Link>
          ))}
          <h1 id={heading} className={css.title}>
            <bdi>{title}</bdi>
          </h1>
        </nav>
        <div className={css.actions}>
          {actions}
          <IconButton label={t('common.search')} icon={<Search />} onClick={openPalette} className={css.search ?? ''} />
          <Account />
        </div>
      </header>
      {bar}
      <main id="content" ref={main} className={css.content} tabIndex={-1} aria-labelledby={heading}>
        {children}
      </main>
    </div>
  );
}

/** The first page keeps the focus where the browser has put it. */
let isFirst = true;
for (const kind of ['pushState', 'replaceState', 'popstate']) {
  addEventListener(
    kind,
    () => {
      isFirst = false;
    },
    { once: true },
  );
}

/**
 * A new page takes the focus where that would be lost with the old one, or still is on the way that led to it: the
 * next Tab goes on in the page, and a screen reader says its name.
 */
function useFocusOfPage(main: { current: HTMLElement | null }) {
  useEffect(() => {
    const { activeElement } = document;
    const isLost = activeElement === null || activeElement === document.body;
    if (!isFirst && (isLost || activeElement.closest('#sidebar'))) main.current?.focus({ preventScroll: true });
  }, [main]);
}

function Account() {
  const { t } = useI18n();
  const { user } = useMe();
  const [, go] = useLocation();
  const trigger = (
    <button type="button" className={css.account} aria-label={t('common.account', { name: user.name })}>
      <Avatar person={user} decorative />
    </button>
  );
  return (
    <Menu trigger={trigger}>
      <MenuGroup label={user.email}>
        <MenuItem icon={<UserRound />} onSelect={() => go(paths.profile)}>
          {t('common.profile')}
        </MenuItem>
        <MenuItem icon={<Waypoints />} onSelect={() => go(paths.home)}>
          {t('common.workspaces')}
        </MenuItem>
        {user.is_system_admin && (
          <MenuItem icon={<Settings2 />} onSelect={() => go(paths.operators)}>
            {t('common.operators')}
          </MenuItem>
        )}
      </MenuGroup>
      <MenuLine />
      <MenuItem icon={<LogOut />} onSelect={askSignOut}>
        {t('common.sign_out')}
      </MenuItem>
    </Menu>
  );
}
