/** Where one begins: one's workspaces, the boards seen last, and for a newcomer the first steps. */
import { Plus, Sparkles, Users } from 'lucide-react';
import { type FormEvent, useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useAction } from '@/app/action';
import { useClient, useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { type Reading, useRead } from '@/app/read';
import { useI18n } from '@/i18n';
import type { BoardInfo, Id } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Empty } from '@/ui/Empty';
import { TextField } from '@/ui/Field';
import { Problem } from './Problem';
import css from './page.module.css';
import type { Project, Workspace } from './shapes';

/** Boards of this device that are shown; the rest is found by their workspaces. */
const RECENT = 6;

export default function Home() {
  const { t } = useI18n();
  const { workspaces } = useMe();
  const [making, setMaking] = useState(false);
  if (workspaces.length === 0) return <Newcomer />;
  return (
    <Frame title={t('common.home')}>
      <div className={css.stack}>
        <Recent />
        <section className={css.section}>
          <div className={css.sectionHead}>
            <h2>{t('common.workspaces')}</h2>
            <DemoButton />
            <Button onClick={() => setMaking(true)}>
              <Plus aria-hidden />
              {t('pages.new_workspace')}
            </Button>
          </div>
          <ul className={css.grid}>
            {workspaces.map((workspace) => (
              <li key={workspace.id}>
                <Link href={paths.workspace(workspace.id)} className={css.card}>
                  <bdi className={css.cardName}>{workspace.name}</bdi>
                  <span className={css.faint}>{t(`common.role_${workspace.role}`)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      </div>
      {making && (
        <Dialog open onClose={() => setMaking(false)} title={t('pages.new_workspace')}>
          <NewWorkspace />
        </Dialog>
      )}
    </Frame>
  );
}

function Newcomer() {
  const { t } = useI18n();
  const { user } = useMe();
  return (
    <Frame title={t('common.home')}>
      <Empty icon={<Users />} title={t('pages.welcome', { name: user.name })} text={t('pages.welcome_text')} />
      <div className={`${css.panel} ${css.narrow}`}>
        <NewWorkspace />
        <DemoButton />
      </div>
    </Frame>
  );
}

/** Makes a workspace with a project in one go, and opens its board. */
function NewWorkspace() {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const [, go] = useLocation();
  const action = useAction();
  const [name, setName] = useState('');
  const [project, setProject] = useState('');
  const make = async () => {
    const workspace = await rest.post<Workspace>('/workspaces', { name: name.trim() });
    const made = await rest.post<Project>(`/workspaces/${workspace.id}/projects`, {
      name: project.trim() || t('pages.first_project'),
    });
    await auth.reload();
    go(paths.board(made.board_id));
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') void action.run(make);
  };
  return (
    <form className={css.form} onSubmit={send}>
      <TextField
        label={t('pages.workspace_name')}
        hint={t('pages.workspace_hint')}
        value={name}
        maxLength={100}
        required
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={t('pages.project_name')}
        placeholder={t('pages.first_project')}
        value={project}
        maxLength={100}
        onChange={(event) => setProject(event.target.value)}
      />
      <Problem error={action.error} />
      <Button look="primary" type="submit" busy={action.busy} disabled={name.trim() === ''}>
        {t('pages.make_workspace')}
      </Button>
    </form>
  );
}

/** A workspace of one's own in which simulated colleagues are at work. */
function DemoButton() {
  const { t, locale } = useI18n();
  const { rest, auth } = useClient();
  const [, go] = useLocation();
  const action = useAction();
  const make = async () => {
    const { board_id } = await rest.post<{ board_id: Id }>('/demo', { locale });
    await auth.reload();
    go(paths.board(board_id));
  };
  return (
    <>
      <Button busy={action.busy} onClick={() => void action.run(make)}>
        <Sparkles aria-hidden />
        {t('pages.demo')}
      </Button>
      <Problem error={action.error} />
    </>
  );
}

function Recent() {
  const { t, ago } = useI18n();
  const client = useClient();
  const kept: Reading<readonly { board: BoardInfo; seen_at: string }[]> = useRead(
    useCallback(() => client.keptBoards(), [client]),
  );
  const boards = (kept.value ?? []).slice(0, RECENT);
  if (boards.length === 0) return null;
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.recent')}</h2>
      </div>
      <ul className={css.grid}>
        {boards.map(({ board, seen_at }) => (
          <li key={board.id}>
            <Link href={paths.board(board.id)} className={css.card}>
              <bdi className={css.cardName}>{board.name}</bdi>
              <span className={css.faint}>
                {board.project_key} · {ago(seen_at)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
