/** What can be done on a board, whichever face it shows. The cards' own keys are the board's; here they are only named. */
import { useMemo } from 'react';
import { useLocation, useParams } from 'wouter';
import { announce } from '@/app/announce';
import { type BoardFace, paths } from '@/app/paths';
import { useBoard } from '@/board/context';
import { turn } from '@/board/Notices';
import { useI18n } from '@/i18n';
import { showToast } from '@/ui/toast';
import { type Command, useCommands } from './registry';

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
  const { room } = useBoard();
  const { face: shown = 'board' } = useParams();
  const [, go] = useLocation();
  const commands = useMemo((): Command[] => {
    const say = (text: string) => {
      showToast({ text, id: 'notice' });
      announce(text);
    };
    const search = globalThis.location;
    return [
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
  }, [t, room, go, shown]);
  useCommands(commands);
  return null;
}
