/** What can be done on a board, whichever face it shows. The cards' own keys are the board's; here they are only named. */
import { useEffect, useMemo, useRef } from 'react';
import { useLocation, useParams } from 'wouter';
import { announce } from '@/app/announce';
import { useStore } from '@/app/client';
import { openMaking } from '@/app/palette';
import { type BoardFace, paths } from '@/app/paths';
import { useBoard } from '@/board/context';
import { turn } from '@/board/Notices';
import { isEmpty } from '@/filter/filter';
import { useFilter } from '@/filter/useFilter';
import { useI18n } from '@/i18n';
import { cursorsOn } from '@/together/settings';
import { showToast } from '@/ui/toast';
import { type Command, useCommands } from './registry';
import { shownBoard } from './shown-board';

const FACES = [
  ['board', 'v b'],
  ['list', 'v l'],
  ['calendar', 'v c'],
] as const satisfies readonly (readonly [BoardFace, string])[];

/** Keys that the board itself listens for, on the card that has the focus. */
const CARD_KEYS = [
  ['open', 'Enter'],
  ['lift', 'Space'],
  ['rename', 'e'],
  ['menu', 'm'],
  ['select', 'x'],
  ['add', 'n'],
  ['delete', 'Delete'],
  ['walk', '← ↑ ↓ →'],
] as const;

export function BoardCommands() {
  const { t } = useI18n();
  const { room, rights } = useBoard();
  const { filter, change, clear } = useFilter();
  const mine = filter.assignees.includes('me');
  const filtered = !isEmpty(filter);
  const cursors = useStore(cursorsOn);
  // A new one comes with each address; the commands need not.
  const now = useRef({ change, clear });
  now.current = { change, clear };
  useEffect(() => {
    shownBoard.set({ room, mayWrite: rights.write });
    return () => shownBoard.set(null);
  }, [room, rights]);
  const { face: shown = 'board' } = useParams();
  const [, go] = useLocation();
  const commands = useMemo((): Command[] => {
    const say = (text: string) => {
      showToast({ text, id: 'notice' });
      announce(text);
    };
    const search = globalThis.location;
    return [
      ...(rights.write
        ? [{ id: 'make', name: t('command.make'), group: 'board', keys: 'c', run: () => openMaking() } as const]
        : []),
      ...FACES.map(
        ([face, keys]): Command => ({
          id: `face-${face}`,
          name: t(`board.face_${face}`),
          group: 'board',
          keys,
          run: () => go(paths.board(room.id, face) + search.search),
        }),
      ),
      {
        id: 'filter',
        name: t('views.filter'),
        group: 'board',
        keys: '/',
        run: () => document.querySelector<HTMLElement>('[data-filter-text]')?.focus(),
      },
      {
        id: 'mine',
        name: t(mine ? 'command.filter_all' : 'command.filter_mine'),
        group: 'board',
        keys: 'i',
        run: () => now.current.change({ assignees: mine ? [] : ['me'] }),
      },
      ...(filtered
        ? [
            {
              id: 'filter-clear',
              name: t('views.filter_clear_all'),
              group: 'board',
              run: () => now.current.clear(),
            } as const,
          ]
        : []),
      {
        id: 'cursors',
        name: t(cursors ? 'command.cursors_off' : 'command.cursors_on'),
        group: 'board',
        run: () => cursorsOn.set(!cursors),
      },
      { id: 'undo', name: t('common.undo'), group: 'board', keys: 'mod+z', run: () => turn(room, 'undo', t, say) },
      {
        id: 'redo',
        name: t('common.redo'),
        group: 'board',
        keys: 'mod+shift+z',
        alias: 'mod+y',
        run: () => turn(room, 'redo', t, say),
      },
      ...(shown === 'board' ? CARD_KEYS : []).map(
        ([name, keys]): Command => ({ id: `card-${name}`, name: t(`command.card_${name}`), group: 'card', keys }),
      ),
    ];
  }, [t, room, go, shown, rights, mine, filtered, cursors]);
  useCommands(commands);
  return null;
}
