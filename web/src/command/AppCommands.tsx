/** What can be done on every page. */
import { useMemo, useRef } from 'react';
import { useLocation } from 'wouter';
import { useMe } from '@/app/client';
import { openPalette } from '@/app/palette';
import { paths } from '@/app/paths';
import { askSignOut } from '@/app/sign-out';
import { useI18n } from '@/i18n';
import { setTheme } from '@/theme/theme';
import { type Command, useCommands } from './registry';

export function AppCommands({ onSheet }: { onSheet(): void }) {
  const { t, locale, setLocale } = useI18n();
  const { user } = useMe();
  const [, go] = useLocation();
  const sheet = useRef(onSheet);
  sheet.current = onSheet;
  const isAdmin = user.is_system_admin;
  const commands = useMemo((): Command[] => {
    const to = (path: string) => () => go(path);
    return [
      { id: 'palette', name: t('command.palette'), group: 'app', keys: 'mod+k', run: openPalette },
      { id: 'sheet', name: t('command.sheet'), group: 'app', keys: '?', run: () => sheet.current() },
      { id: 'home', name: t('common.home'), group: 'go', keys: 'g h', run: to(paths.home) },
      { id: 'search', name: t('command.search'), group: 'go', keys: 'g s', run: to(paths.search) },
      { id: 'profile', name: t('common.profile'), group: 'go', keys: 'g p', run: to(paths.profile) },
      ...(isAdmin
        ? [
            {
              id: 'operators',
              name: t('common.operators'),
              group: 'go',
              keys: 'g o',
              run: to(paths.operators),
            } as const,
          ]
        : []),
      { id: 'light', name: t('command.theme_light'), group: 'app', run: () => setTheme('light') },
      { id: 'dark', name: t('command.theme_dark'), group: 'app', run: () => setTheme('dark') },
      { id: 'system', name: t('command.theme_system'), group: 'app', run: () => setTheme('system') },
      locale === 'en'
        ? { id: 'fa', name: 'فارسی', group: 'app', run: () => setLocale('fa') }
        : { id: 'en', name: 'English', group: 'app', run: () => setLocale('en') },
      { id: 'sign-out', name: t('common.sign_out'), group: 'app', run: askSignOut },
    ];
  }, [t, go, isAdmin, locale, setLocale]);
  useCommands(commands);
  return null;
}
