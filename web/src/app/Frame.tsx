/** What is around every page of who is signed in: the bar at its head, and its place for the content. */
import { LogOut, Search, Settings2, UserRound, Waypoints } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { Link, useLocation } from 'wouter';
import { useI18n } from '@/i18n';
import { Avatar } from '@/ui/Avatar';
import { IconButton } from '@/ui/Button';
import { Menu, MenuGroup, MenuItem, MenuLine } from '@/ui/Menu';
import { useClient, useMe } from './client';
import css from './frame.module.css';
import { openPalette } from './palette';
import { paths } from './paths';

interface Props {
  /** Of the page, for the browser's tab and, where there are no `crumbs`, for the bar. */
  title: string;
  /** From the outermost in; the page itself is not among them. */
  crumbs?: readonly { name: string; to: string }[];
  /** At the end of the bar: who is here, what can be done. */
  actions?: ReactNode;
  /** A second bar below the first. */
  bar?: ReactNode;
  /** Fills the window and scrolls inside of itself, as boards do. */
  full?: boolean;
  children?: ReactNode;
}

export function Frame({ title, crumbs = [], actions, bar, full, children }: Props) {
  const { t } = useI18n();
  useEffect(() => {
    document.title = `${title} · ${t('common.app')}`;
  }, [title, t]);
  return (
    <div className={`${css.frame} ${full ? css.full : ''}`}>
      <a href="#content" className={css.skip}>
        {t('common.skip')}
      </a>
      <header className={css.head}>
        <Link href={paths.home} className={css.brand} aria-label={t('common.home')}>
          <img src="/icon.svg" alt="" width="26" height="26" />
        </Link>
        <nav className={css.crumbs} aria-label={t('common.menu')}>
          {crumbs.map((crumb) => (
            <Link key={crumb.to} href={crumb.to} className={css.crumb}>
              <bdi>{crumb.name}</bdi>
            </Link>
          ))}
          <h1 className={css.title}>
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
      <main id="content" className={css.content} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Account() {
  const { t } = useI18n();
  const { auth } = useClient();
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
      <MenuItem icon={<LogOut />} onSelect={() => void auth.logOut()}>
        {t('common.sign_out')}
      </MenuItem>
    </Menu>
  );
}
