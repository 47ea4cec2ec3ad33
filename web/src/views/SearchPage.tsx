/** Searches the tasks of all one's workspaces. What is searched for stands in the address. */
import { Search as SearchIcon, SearchX } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { useRead } from '@/app/read';
import type { Project } from '@/app/shapes';
import { useI18n } from '@/i18n';
import { Problem } from '@/pages/Problem';
import type { Rest } from '@/sync/api';
import type { Status } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Empty, Skeleton } from '@/ui/Empty';
import { StatusDot } from '@/ui/StatusDot';
import { FoundLine } from './FoundLine';
import { type Search, useFound } from './found';
import css from './search.module.css';

/** How long one pauses after a letter before the server is asked. */
const PAUSE_MS = 200;
const STATUSES: readonly Status[] = ['todo', 'in_progress', 'in_review', 'blocked', 'done'];

export default function SearchPage() {
  const { t } = useI18n();
  const { user, workspaces } = useMe();
  const { search, mine, change } = useSearch(user.id);
  const { tasks, error, busy, more } = useFound(search);
  const projects = useRead(useCallback((rest: Rest) => rest.all<Project>('/projects'), [])).value;
  const list = useRef<HTMLUListElement>(null);
  const toggle = (status: Status) => {
    const { statuses } = search;
    const next = statuses.includes(status) ? statuses.filter((one) => one !== status) : [...statuses, status];
    change({ status: next.join(',') });
  };
  // From the field into what was found, and on from one to the next.
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const links = [...(list.current?.querySelectorAll<HTMLElement>('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    if (at < 0 && !(event.target as HTMLElement).matches('input')) return;
    event.preventDefault();
    if (at + step < 0) document.querySelector<HTMLElement>('[data-search-text]')?.focus();
    else links[at + step]?.focus();
  };
  return (
    <Frame title={t('views.search')}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it moves the focus between the field and the links in it */}
      <div className={css.page} onKeyDown={keys}>
        <search className={css.search}>
          <Text text={search.text} onChange={(q) => change({ q })} />
          <fieldset className={css.choices}>
            <legend className="visually-hidden">{t('views.filter')}</legend>
            <Chip on={mine} onToggle={() => change({ mine: mine ? '' : '1' })}>
              {t('views.search_mine')}
            </Chip>
            {STATUSES.map((status) => (
              <Chip key={status} on={search.statuses.includes(status)} onToggle={() => toggle(status)}>
                <StatusDot status={status} />
                {t(`common.status_${status}`)}
              </Chip>
            ))}
            {workspaces.length > 1 && (
              <select
                className={css.select}
                aria-label={t('views.search_workspace')}
                value={search.workspaceId ?? ''}
                onChange={(event) => change({ workspace: event.target.value })}
              >
                <option value="">{t('views.search_everywhere')}</option>
                {workspaces.map((workspace) => (
                  <option key={workspace.id} value={workspace.id}>
                    {workspace.name}
                  </option>
                ))}
              </select>
            )}
          </fieldset>
        </search>
        <p className={css.note} role="status">
          {tasks &&
            tasks.length > 0 &&
            (search.text.trim() === '' ? t('views.search_recent') : said(tasks.length, more !== null, t))}
        </p>
        <Problem error={error} />
        {!tasks && error === null && <Skeleton label={t('common.loading')} lines={6} />}
        {tasks?.length === 0 && (
          <Empty icon={<SearchX />} title={t('views.search_nothing')} text={t('views.search_nothing_text')} />
        )}
        {tasks && tasks.length > 0 && (
          <ul ref={list} className={css.found} data-busy={busy || undefined}>
            {tasks.map((task) => (
              <FoundLine
                key={task.id}
                task={task}
                search={search.text}
                project={projects?.find((one) => one.id === task.project_id)}
                workspace={
                  workspaces.length > 1 ? workspaces.find((one) => one.id === task.workspace_id)?.name : undefined
                }
              />
            ))}
          </ul>
        )}
        {more && (
          <div className={css.more}>
            <Button busy={busy} onClick={more}>
              {t('views.search_more')}
            </Button>
          </div>
        )}
      </div>
    </Frame>
  );
}

/** How many there are; of more than have been read, only that there are at least so many. */
function said(count: number, more: boolean, t: ReturnType<typeof useI18n>['t']): string {
  return more ? t('views.search_many', { count }) : t('views.tasks', { count });
}

function useSearch(me: string) {
  const [query, setQuery] = useSearchParams();
  const text = query.get('q') ?? '';
  const workspaceId = query.get('workspace');
  const told = query.get('status') ?? '';
  const mine = query.has('mine');
  const search = useMemo<Search>(
    () => ({
      text,
      workspaceId,
      statuses: STATUSES.filter((one) => told.split(',').includes(one)),
      assigneeId: mine ? me : null,
    }),
    [text, workspaceId, told, mine, me],
  );
  const change = (fields: Readonly<Record<string, string>>) =>
    setQuery(
      (now) => {
        for (const [key, value] of Object.entries(fields)) {
          if (value) now.set(key, value);
          else now.delete(key);
        }
        return now;
      },
      { replace: true },
    );
  return { search, mine, change };
}

function Text({ text, onChange }: { text: string; onChange(text: string): void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(text);
  const timer = useRef(0);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    field.current?.focus();
    return () => clearTimeout(timer.current);
  }, []);
  const type = (next: string) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onChange(next), PAUSE_MS);
  };
  return (
    <label className={css.field}>
      <SearchIcon aria-hidden />
      <span className="visually-hidden">{t('views.search')}</span>
      <input
        ref={field}
        type="search"
        dir="auto"
        data-search-text
        maxLength={200}
        placeholder={t('views.search_placeholder')}
        value={typed}
        onChange={(event) => type(event.target.value)}
      />
    </label>
  );
}

function Chip(props: { on: boolean; onToggle(): void; children: React.ReactNode }) {
  return (
    <button type="button" className={css.chip} aria-pressed={props.on} onClick={props.onToggle}>
      {props.children}
    </button>
  );
}
