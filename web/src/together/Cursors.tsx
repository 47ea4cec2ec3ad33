/** The cursors of the others over the board's columns. React draws one for each session; what moves them is no matter of it. */
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useClient, useStore } from '@/app/client';
import { useBoard } from '@/board/context';
import { stillness } from '@/board/motion';
import { useI18n } from '@/i18n';
import type { Id, Member, Person } from '@/sync/wire';
import { personStyle } from '@/ui/Avatar';
import { CursorField } from './cursor-field';
import css from './cursors.module.css';
import { derived, once, useDerived } from './derived';

/** More than so many hide the board that they point at. */
const MOST = 24;

interface Pointing {
  session: Id;
  user: Person;
}

const pointing = once((presence: ReturnType<typeof useBoard>['room']['presence']) =>
  derived(presence, (members, last: readonly Pointing[] | undefined) => {
    const all = [...members.values()].filter(({ state }) => state.cursor || state.over).slice(0, MOST);
    const isSame = last?.length === all.length && all.every((one, i) => isOf(one, last[i]));
    return isSame && last ? last : all.map(({ session_id, user }) => ({ session: session_id, user }));
  }),
);

function isOf(member: Member, pointing: Pointing | undefined): boolean {
  return member.session_id === pointing?.session && member.user.name === pointing.user.name;
}

export function Cursors() {
  const area = useStore(useBoard().area);
  return area && <Layer area={area} />;
}

function Layer({ area }: { area: HTMLElement }) {
  const { room } = useBoard();
  const { sessionId } = useStore(useClient().connection);
  const others = useDerived(pointing(room.presence), (all) => all);
  const [field, setField] = useState<CursorField | null>(null);
  useEffect(() => {
    const made = new CursorField(area, stillness);
    setField(made);
    const follow = () => made.follow();
    const stops = [room.view.subscribe(follow), room.presence.subscribe(() => tell(made, room.presence.get()))];
    const resized = new ResizeObserver(follow);
    resized.observe(area);
    area.addEventListener('scroll', follow, { passive: true, capture: true });
    return () => {
      for (const stop of stops) stop();
      resized.disconnect();
      area.removeEventListener('scroll', follow, { capture: true });
      made.stop();
      setField(null);
    };
  }, [area, room]);
  return createPortal(
    <div className={css.layer} aria-hidden data-testid="cursors">
      {field &&
        others
          .filter(({ session }) => session !== sessionId)
          .map(({ session, user }) => <Cursor key={session} {...{ field, session, user }} />)}
    </div>,
    document.body,
  );
}

function tell(field: CursorField, members: ReadonlyMap<Id, Member>) {
  for (const { session_id, state } of members.values()) field.sample(session_id, state);
}

function Cursor({ field, session, user }: Pointing & { field: CursorField }) {
  const { t } = useI18n();
  const { room, me } = useBoard();
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return;
    field.attach(session, element.current, room.presence.get().get(session)?.state ?? {});
    return () => field.detach(session);
  }, [field, session, room]);
  return (
    <div ref={element} className={css.cursor} style={personStyle(user.id)} hidden>
      <svg className={css.arrow} viewBox="0 0 16 16" aria-hidden>
        <path d="M1.5 1.2 14 6.4 8.6 8.4 6.3 14Z" />
      </svg>
      <span className={css.name}>
        <bdi>{user.id === me.id ? t('together.you') : user.name}</bdi>
      </span>
    </div>
  );
}
