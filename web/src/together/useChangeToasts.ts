/** Short words about what others do to what one looks at, unless they are switched off. */
import { useEffect, useRef } from 'react';
import { useSearchParams } from 'wouter';
import { useStore } from '@/app/client';
import { useBoard, useOpenTask } from '@/board/context';
import { useFilter } from '@/filter/useFilter';
import { useI18n } from '@/i18n';
import { showToast } from '@/ui/toast';
import { Hearing } from './hearing';
import { changesOn } from './settings';

const STAYS_MS = 5_000;

export function useChangeToasts(): void {
  const i18n = useI18n();
  const board = useBoard();
  const open = useOpenTask();
  const { matches } = useFilter();
  const [query] = useSearchParams();
  const isOn = useStore(changesOn);
  // Who hears stays; what is looked at, and the language, change.
  const now = useRef({ i18n, board, open, matches, openTask: query.get('task') });
  now.current = { i18n, board, open, matches, openTask: query.get('task') };
  const { room } = board;
  useEffect(() => {
    if (!isOn) return;
    const hearing = new Hearing(room.view.get(), {
      sight: () => ({ me: now.current.board.me.id, openTask: now.current.openTask, matches: now.current.matches }),
      speaker: () => ({ i18n: now.current.i18n, nameOf: now.current.board.nameOf }),
      say({ id, text, taskId }) {
        const action = { label: now.current.i18n.t('together.show'), run: () => now.current.open(taskId) };
        showToast({ text, id, stays: STAYS_MS, ...(taskId === null ? {} : { action }) });
      },
    });
    const hidden = () => hearing.hide(document.hidden);
    const stops = [
      room.view.subscribe(() => hearing.see(room.view.get())),
      room.onEvents((events) => {
        for (const event of events) hearing.hear(event);
      }),
    ];
    document.addEventListener('visibilitychange', hidden);
    hidden();
    return () => {
      for (const stop of stops) stop();
      hearing.stop();
      document.removeEventListener('visibilitychange', hidden);
    };
  }, [room, isOn]);
}
