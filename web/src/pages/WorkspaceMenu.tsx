/** What can be done with a workspace as a whole. */
import { MoreHorizontal } from 'lucide-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useClient, useMe } from '@/app/client';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { IconButton } from '@/ui/Button';
import { Menu, MenuItem, MenuLine } from '@/ui/Menu';
import { ConfirmDialog } from './ConfirmDialog';
import { NameDialog } from './NameDialog';

export function WorkspaceMenu({ id, name, owner }: { id: Id; name: string; owner: boolean }) {
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user } = useMe();
  const [, go] = useLocation();
  const [asking, setAsking] = useState<'rename' | 'delete' | 'leave' | null>(null);
  const close = () => setAsking(null);
  const gone = async (path: string) => {
    await rest.delete(path);
    await auth.reload();
    go(paths.home);
  };
  return (
    <>
      <Menu trigger={<IconButton label={t('common.more')} icon={<MoreHorizontal />} />}>
        {owner && <MenuItem onSelect={() => setAsking('rename')}>{t('common.rename')}</MenuItem>}
        <MenuItem onSelect={() => setAsking('leave')}>{t('pages.leave')}</MenuItem>
        {owner && (
          <>
            <MenuLine />
            <MenuItem danger onSelect={() => setAsking('delete')}>
              {t('pages.delete_workspace')}
            </MenuItem>
          </>
        )}
      </Menu>
      {asking === 'rename' && (
        <NameDialog
          title={t('common.rename')}
          label={t('pages.workspace_name')}
          name={name}
          submit={t('common.save')}
          onSubmit={(next) => rest.patch(`/workspaces/${id}`, { name: next }).then(() => auth.reload())}
          onClose={close}
        />
      )}
      {asking === 'leave' && (
        <ConfirmDialog
          title={t('pages.leave')}
          text={t('pages.leave_text', { name })}
          submit={t('pages.leave')}
          refused={{ CONFLICT: t('pages.last_owner') }}
          onSubmit={() => gone(`/workspaces/${id}/members/${user.id}`)}
          onClose={close}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('pages.delete_workspace')}
          text={t('pages.delete_workspace_text', { name })}
          submit={t('common.delete')}
          typed={name}
          onSubmit={() => gone(`/workspaces/${id}`)}
          onClose={close}
        />
      )}
    </>
  );
}
