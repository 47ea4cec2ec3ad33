/** A board with its faces: columns, list and calendar, and the panel of the task that is open. */
import { CalendarDays, Columns3, List } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Link, useLocation, useParams, useSearchParams } from 'wouter';
import { useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { type BoardFace, paths } from '@/app/paths';
import { BoardCommands } from '@/command/BoardCommands';
import { ConflictTray } from '@/conflict/ConflictTray';
import { FilterBar } from '@/filter/FilterBar';
import { useI18n } from '@/i18n';
import NotFound from '@/pages/NotFound';
import { BoardEcho } from '@/together/BoardEcho';
import { PresenceBar } from '@/together/PresenceBar';
import { Button } from '@/ui/Button';
import { Empty, Skeleton } from '@/ui/Empty';
import { BoardColumns } from './BoardColumns';
import css from './board-page.module.css';
import { BoardProvider, useBoard, useView } from './context';
import { Notices } from './Notices';

const ListView = lazy(() => import('@/views/ListView'));
const CalendarView = lazy(() => import('@/views/CalendarView'));
const TaskPanel = lazy(() => import('@/task/TaskPanel'));

const FACES = [
  { face: 'board', icon: Columns3, name: 'board.face_board' },
  { face: 'list', icon: List, name: 'board.face_list' },
  { face: 'calendar', icon: CalendarDays, name: 'board.face_calendar' },
] as const satisfies readonly { face: BoardFace; icon: unknown; name: string }[];

export default function BoardPage() {
  const { boardId = '' } = useParams();
  const { t } = useI18n();
  return (
    <BoardProvider boardId={boardId} somebody={t('common.somebody')}>
      <Faces />
    </BoardProvider>
  );
}

function Faces() {
  const { face = 'board' } = useParams();
  const { t } = useI18n();
  const { room, status } = useBoard();
  const { workspaces } = useMe();
  const [query] = useSearchParams();
  const board = useView((view) => view?.board);
  const open = query.get('task');
  if (!FACES.some((one) => one.face === face)) return <NotFound />;
  if (status === 'gone') return <Gone />;
  const workspace = workspaces.find((one) => one.id === board?.workspace_id);
  const crumbs = board && [
    ...(workspace ? [{ name: workspace.name, to: paths.workspace(workspace.id) }] : []),
    { name: board.project_key, to: paths.project(board.project_id) },
  ];
  const place = board && { workspaceId: board.workspace_id, projectId: board.project_id };
  const bar = (
    <div className={css.bar}>
      <nav className={css.faces} aria-label={t('board.faces')}>
        {FACES.map(({ face: one, icon: Icon, name }) => (
          <Link
            key={one}
            href={paths.board(room.id, one) + keptQuery(query)}
            className={css.face}
            aria-current={one === face ? 'page' : undefined}
          >
            <Icon aria-hidden />
            <span>{t(name)}</span>
          </Link>
        ))}
      </nav>
      <FilterBar />
    </div>
  );
  return (
    <Frame
      title={board?.name ?? t('common.loading')}
      crumbs={crumbs ?? []}
      place={place}
      actions={<PresenceBar />}
      bar={bar}
      full
    >
      <BoardEcho />
      <Notices />
      <BoardCommands />
      <Suspense fallback={<Skeleton label={t('common.loading')} />}>
        {face === 'board' && <BoardColumns />}
        {face === 'list' && <ListView />}
        {face === 'calendar' && <CalendarView />}
      </Suspense>
      <ConflictTray />
      {open && (
        <Suspense fallback={null}>
          <TaskPanel key={open} taskId={open} />
        </Suspense>
      )}
    </Frame>
  );
}

/** Deleted, or not for this user any more: it may have been here a moment ago. */
function Gone() {
  const { t } = useI18n();
  const [, go] = useLocation();
  return (
    <Frame title={t('board.gone_title')}>
      <Empty icon={<Columns3 aria-hidden />} title={t('board.gone_title')} text={t('board.gone_text')}>
        <Button look="primary" onClick={() => go(paths.home)}>
          {t('common.back_home')}
        </Button>
      </Empty>
      <ConflictTray />
    </Frame>
  );
}

/** Filters stay when the face changes; the open task does not. */
function keptQuery(query: URLSearchParams): string {
  const kept = new URLSearchParams(query);
  kept.delete('task');
  return kept.size > 0 ? `?${kept}` : '';
}
