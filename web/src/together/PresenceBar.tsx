/** Who is on the board: their faces, and in a menu what each of them looks at. */
import { useMemo, useRef } from 'react';
import { useStore } from '@/app/client';
import { keyOf } from '@/board/actions';
import { useBoard, useOpenTask, useView } from '@/board/context';
import { fieldName } from '@/conflict/words';
import { type I18n, useI18n } from '@/i18n';
import type { BoardView } from '@/sync/api';
import { Avatar } from '@/ui/Avatar';
import { Menu, MenuCheck, MenuGroup, MenuItem, MenuLine } from '@/ui/Menu';
import { derived, useDerived } from './derived';
import { jumpTo } from './jump';
import { type Present, peopleIn, samePeople } from './people';
import css from './presence-bar.module.css';
import { changesOn, cursorsOn } from './settings';
import { useHasPointer } from './useHasPointer';

/** Faces; one of them is the number of all who have no room. A phone shows two. */
const FACES = 5;

export function PresenceBar() {
  const { t } = useI18n();
  const { room, me, area, show } = useBoard();
  const open = useOpenTask();
  const chosen = useRef<Present | null>(null);
  const store = useMemo(
    () =>
      derived(room.presence, (members, last: readonly Present[] | undefined) =>
        samePeople(peopleIn(members.values(), me), last),
      ),
    [room, me],
  );
  const people = useDerived(store, (all) => all);
  const names = people.map((one) => (one.isMe ? t('together.you') : one.user.name)).join(t('task.comma'));
  const trigger = (
    <button
      type="button"
      className={css.bar}
      aria-label={t('together.here', { count: people.length, names })}
      title={names}
      data-testid="presence"
    >
      <Faces people={people} />
    </button>
  );
  // While the menu is open, nothing outside of it takes the focus.
  const leave = () => {
    const one = chosen.current;
    chosen.current = null;
    return !(one && jumpTo(one, area.get(), show.get(), open));
  };
  return (
    <Menu trigger={trigger} finalFocus={leave}>
      <People
        people={people}
        onSelect={(one) => {
          chosen.current = one;
        }}
      />
      <MenuLine />
      <Switches />
    </Menu>
  );
}

/** Those who do something now stand before those who do not: the number at the end is for these. */
function Faces({ people }: { people: readonly Present[] }) {
  const { number } = useI18n();
  const hidden = people.length > FACES ? people.length - (FACES - 1) : 0;
  const shown = hidden > 0 ? awakeFirst(people).slice(0, FACES - 1) : people;
  return (
    <span className={css.faces}>
      {shown.map(({ user, idle }) => (
        <span key={user.id} className={css.face} data-idle={idle || undefined}>
          <Avatar person={user} />
        </span>
      ))}
      {hidden > 0 && (
        <span className={css.rest} data-wide>
          +{number(hidden)}
        </span>
      )}
      {people.length > 2 && (
        <span className={css.rest} data-narrow>
          +{number(people.length - 1)}
        </span>
      )}
    </span>
  );
}

function awakeFirst(people: readonly Present[]): readonly Present[] {
  return people.toSorted((a, b) => Number(b.isMe) - Number(a.isMe) || Number(a.idle) - Number(b.idle));
}

function People({ people, onSelect }: { people: readonly Present[]; onSelect(one: Present): void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const view = useView((now) => now);
  return (
    <MenuGroup label={t('together.people', { count: people.length })}>
      {people.map((one) => (
        <MenuItem
          key={one.user.id}
          icon={
            <span className={css.menuFace} data-idle={one.idle || undefined}>
              <Avatar person={one.user} decorative />
            </span>
          }
          onSelect={() => onSelect(one)}
        >
          <span className={css.person}>
            <span className={css.name}>
              <bdi>{one.isMe ? t('together.name_you', { name: one.user.name }) : one.user.name}</bdi>
            </span>
            <span className={css.what}>{whatOf(one, view, i18n)}</span>
          </span>
        </MenuItem>
      ))}
    </MenuGroup>
  );
}

function whatOf(one: Present, view: BoardView | null, { t }: I18n): string {
  const task = one.taskId === null ? undefined : view?.tasks.get(one.taskId);
  if (task && one.activity && !(one.idle && one.activity === 'viewing')) {
    const name = `${keyOf(view, task) ?? ''} \u2068${task.title}\u2069`.trim();
    if (one.field !== null) return t('together.edits_field', { task: name, field: fieldName(one.field, t) });
    return t(`together.is_${one.activity}`, { task: name });
  }
  return t(one.idle ? 'together.is_idle' : 'together.is_here');
}

function Switches() {
  const { t } = useI18n();
  const hasPointer = useHasPointer();
  const cursors = useStore(cursorsOn);
  const changes = useStore(changesOn);
  return (
    <>
      {hasPointer && (
        <MenuCheck checked={cursors} onChange={cursorsOn.set}>
          {t('together.show_cursors')}
        </MenuCheck>
      )}
      <MenuCheck checked={changes} onChange={changesOn.set}>
        {t('together.tell_changes')}
      </MenuCheck>
    </>
  );
}
