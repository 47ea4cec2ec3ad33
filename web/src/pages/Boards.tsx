/** A project's boards. */
import { Columns3, MoreHorizontal, Plus } from 'lucide-react';
import { useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import { useRead } from '@/app/read';
import type { Board } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { EventRoom, Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Button, IconButton } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import { Menu, MenuItem } from '@/ui/Menu';
import { ConfirmDialog } from './ConfirmDialog';
import { NameDialog } from './NameDialog';
import { Problem } from './Problem';
import css from './page.module.css';

export function Boards(props: { projectId: Id; rooms: readonly EventRoom[]; rules: boolean }) {
  const { projectId, rooms, rules: mayRule } = props;
  const { t, ago } = useI18n();
  const { rest } = useClient();
  const [, go] = useLocation();
  const [asking, setAsking] = useState<{ what: 'create' } | { what: 'rename' | 'delete'; board: Board } | null>(null);
  const path = `/projects/${projectId}/boards`;
  const boards = useRead(
    useCallback((reader: Rest) => reader.all<Board>(path), [path]),
    rooms,
    ['board.'],
  );
  const close = () => setAsking(null);
  const then = (sent: Promise<unknown>) => sent.then(boards.reload);
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{t('pages.boards')}</h2>
        {mayRule && (
          <Button onClick={() => setAsking({ what: 'create' })}>
            <Plus aria-hidden />
            {t('pages.new_board')}
          </Button>
        )}
      </div>
      <Problem error={boards.error} />
      {boards.value === undefined && boards.error === null && <Skeleton lines={1} label={t('common.loading')} />}
      <ul className={css.list}>
        {boards.value?.map((board) => (
          <li key={board.id} className={css.row}>
            <Columns3 aria-hidden size={16} />
            <div className={css.grow}>
              <Link href={paths.board(board.id)} className={css.rowLink}>
                <bdi>{board.name}</bdi>
              </Link>
              <span className={css.faint}>{ago(board.updated_at)}</span>
            </div>
            {mayRule && (
              <Menu trigger={<IconButton label={t('pages.more_of', { name: board.name })} icon={<MoreHorizontal />} />}>
                <MenuItem onSelect={() => setAsking({ what: 'rename', board })}>{t('common.rename')}</MenuItem>
                <MenuItem danger onSelect={() => setAsking({ what: 'delete', board })}>
                  {t('common.delete')}
                </MenuItem>
              </Menu>
            )}
          </li>
        ))}
      </ul>
      {asking?.what === 'create' && (
        <NameDialog
          title={t('pages.new_board')}
          label={t('pages.board_name')}
          submit={t('common.create')}
          onSubmit={(name) => rest.post<Board>(path, { name }).then((made) => go(paths.board(made.id)))}
          onClose={close}
        />
      )}
      {asking?.what === 'rename' && (
        <NameDialog
          title={t('common.rename')}
          label={t('pages.board_name')}
          name={asking.board.name}
          submit={t('common.save')}
          onSubmit={(name) => then(rest.patch(`/boards/${asking.board.id}`, { name }))}
          onClose={close}
        />
      )}
      {asking?.what === 'delete' && (
        <ConfirmDialog
          title={t('pages.delete_board')}
          text={t('pages.delete_board_text', { name: asking.board.name })}
          submit={t('common.delete')}
          typed={asking.board.name}
          refused={{ CONFLICT: t('pages.last_board') }}
          onSubmit={() => then(rest.delete(`/boards/${asking.board.id}`))}
          onClose={close}
        />
      )}
    </section>
  );
}
