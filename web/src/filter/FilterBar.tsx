/** What is shown of a board: words, people, priorities, labels, due dates. */
import { AlarmClock, Flag, Search, Tag, UserRound, X } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useBoard, useView } from '@/board/context';
import { PriorityMark } from '@/board/PriorityMark';
import { useI18n } from '@/i18n';
import { Avatar } from '@/ui/Avatar';
import { Button } from '@/ui/Button';
import { Menu, MenuCheck, MenuLine } from '@/ui/Menu';
import { DUES, isEmpty, PRIORITIES } from './filter';
import css from './filter-bar.module.css';
import { useFilter } from './useFilter';

/** How long one pauses after a letter before the board follows. */
const PAUSE_MS = 120;

export function FilterBar() {
  const { t } = useI18n();
  const { me, colleagues, labels } = useBoard();
  const { filter, matches, change, clear } = useFilter();
  const toggle = <T,>(list: readonly T[], one: T) =>
    list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
  const assign = (one: string) => change({ assignees: toggle(filter.assignees, one) });
  const others = [...colleagues.values()].filter((person) => person.user_id !== me.id);
  return (
    <search className={css.bar} aria-label={t('views.filter')}>
      <Text text={filter.text} onChange={(text) => change({ text })} />
      <Choice icon={<UserRound />} label={t('views.filter_assignee')} count={filter.assignees.length}>
        <MenuCheck checked={filter.assignees.includes('me')} onChange={() => assign('me')}>
          {t('views.assigned_to_me')}
        </MenuCheck>
        <MenuCheck checked={filter.assignees.includes('none')} onChange={() => assign('none')}>
          {t('views.assigned_to_nobody')}
        </MenuCheck>
        {others.length > 0 && <MenuLine />}
        {others.map((person) => (
          <MenuCheck
            key={person.user_id}
            checked={filter.assignees.includes(person.user_id)}
            onChange={() => assign(person.user_id)}
          >
            <span className={css.option}>
              <Avatar person={{ id: person.user_id, name: person.name }} size="small" decorative />
              <bdi>{person.name}</bdi>
            </span>
          </MenuCheck>
        ))}
      </Choice>
      <Choice icon={<Flag />} label={t('views.filter_priority')} count={filter.priorities.length}>
        {PRIORITIES.map((one) => (
          <MenuCheck
            key={one}
            checked={filter.priorities.includes(one)}
            onChange={() => change({ priorities: toggle(filter.priorities, one) })}
          >
            <span className={css.option}>
              <PriorityMark priority={one} />
              {t(`common.priority_${one}`)}
            </span>
          </MenuCheck>
        ))}
      </Choice>
      {labels.size > 0 && (
        <Choice icon={<Tag />} label={t('views.filter_label')} count={filter.labels.length}>
          {[...labels.values()].map((label) => (
            <MenuCheck
              key={label.id}
              checked={filter.labels.includes(label.id)}
              onChange={() => change({ labels: toggle(filter.labels, label.id) })}
            >
              <span className={css.option}>
                <span className={css.swatch} style={{ '--swatch': label.color } as Record<string, string>} />
                <bdi>{label.name}</bdi>
              </span>
            </MenuCheck>
          ))}
        </Choice>
      )}
      <Choice icon={<AlarmClock />} label={t('views.filter_due')} count={filter.due ? 1 : 0}>
        {DUES.map((one) => (
          <MenuCheck
            key={one}
            checked={filter.due === one}
            onChange={(checked) => change({ due: checked ? one : null })}
          >
            {t(`views.due_${one}`)}
          </MenuCheck>
        ))}
      </Choice>
      {matches && <Matching matches={matches} />}
      {!isEmpty(filter) && (
        <Button small look="quiet" onClick={clear}>
          <X aria-hidden />
          {t('views.filter_clear')}
        </Button>
      )}
    </search>
  );
}

function Matching({ matches }: { matches: NonNullable<ReturnType<typeof useFilter>['matches']> }) {
  const { t } = useI18n();
  const tasks = useView((view) => view?.tasks);
  const shown = tasks ? [...tasks.values()].filter(matches).length : 0;
  return (
    <span role="status" className={css.count}>
      {t('views.filter_count', { count: shown, total: tasks?.size ?? 0 })}
    </span>
  );
}

function Text({ text, onChange }: { text: string; onChange(text: string): void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(text);
  const timer = useRef(0);
  // The address changed by other ways: back, a link, "clear".
  useEffect(() => setTyped(text), [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (next: string) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onChange(next), PAUSE_MS);
  };
  return (
    <label className={css.text}>
      <Search aria-hidden />
      <span className="visually-hidden">{t('views.filter_text')}</span>
      <input
        type="search"
        dir="auto"
        data-filter-text
        placeholder={t('views.filter_text')}
        value={typed}
        onChange={(event) => type(event.target.value)}
      />
    </label>
  );
}

function Choice(props: { icon: ReactNode; label: string; count: number; children: ReactNode }) {
  const { number } = useI18n();
  const { icon, label, count, children } = props;
  const trigger = (
    <Button small look="quiet" className={count > 0 ? (css.on ?? '') : ''}>
      {icon}
      <span className={css.label}>{label}</span>
      {count > 0 && <span className={css.badge}>{number(count)}</span>}
    </Button>
  );
  return (
    <Menu trigger={trigger} align="start">
      {children}
    </Menu>
  );
}
