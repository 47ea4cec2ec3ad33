/** Who is in a workspace, and what each may do. */
import { UserMinus } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAction } from '@/app/action';
import { useClient, useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { useRead, useRooms } from '@/app/read';
import { rules, type WorkspaceMember } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Role } from '@/sync/wire';
import { Avatar } from '@/ui/Avatar';
import { IconButton } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import { SelectField, TextField } from '@/ui/Field';
import { AddMember } from './AddMember';
import { ConfirmDialog } from './ConfirmDialog';
import NotFound from './NotFound';
import { Problem } from './Problem';
import css from './page.module.css';
import { Retry } from './Retry';

const ROLES: readonly Role[] = ['owner', 'admin', 'member', 'viewer'];
/** From so many on one is found by typing. */
const MANY = 10;

export default function Members() {
  const { workspaceId = '' } = useParams();
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user, workspaces } = useMe();
  const [, go] = useLocation();
  const [leaving, setLeaving] = useState<WorkspaceMember | null>(null);
  const [asked, setAsked] = useState<{ member: WorkspaceMember; role: Role } | null>(null);
  const [wanted, setWanted] = useState('');
  const change = useAction();
  const rooms = useRooms(`workspace:${workspaceId}`);
  const path = `/workspaces/${workspaceId}/members`;
  const members = useRead(
    useCallback((reader: Rest) => reader.all<WorkspaceMember>(path), [path]),
    rooms,
    ['member.'],
  );
  const workspace = workspaces.find((one) => one.id === workspaceId);
  if (!workspace) return <NotFound />;
  const mine = workspace.role;
  /** Owners are for owners to change (`RIGHT-1`). */
  const mayChange = (member: WorkspaceMember) => rules(mine) && (member.role !== 'owner' || mine === 'owner');
  const offered = ROLES.filter((role) => role !== 'owner' || mine === 'owner');
  const setRole = async (member: WorkspaceMember, role: Role) => {
    await rest.patch(`${path}/${member.user_id}`, { role });
    members.reload();
    if (member.user_id === user.id) await auth.reload();
  };
  /** Another owner, and less of a role for oneself, can't be taken back alone. */
  const chooseRole = (member: WorkspaceMember, role: Role) => {
    if (role === 'owner' || member.user_id === user.id) setAsked({ member, role });
    else void change.run(() => setRole(member, role));
  };
  const text = wanted.trim().toLowerCase();
  const shown = members.value?.filter((one) => `${one.name} ${one.email}`.toLowerCase().includes(text));
  const lastOwner = { CONFLICT: t('pages.last_owner') };
  const remove = async (member: WorkspaceMember) => {
    await rest.delete(`${path}/${member.user_id}`);
    if (member.user_id !== user.id) {
      members.reload();
      return;
    }
    await auth.reload();
    go(paths.home);
  };
  return (
    <Frame
      title={t('pages.members')}
      place={{ workspaceId }}
      crumbs={[
        { name: t('common.home'), to: paths.home },
        { name: workspace.name, to: paths.workspace(workspace.id) },
      ]}
    >
      <div className={css.stack}>
        {rules(mine) && <AddMember path={path} roles={offered} onAdded={members.reload} />}
        <Problem error={change.error} refused={lastOwner} />
        {members.error !== null && !members.value && <Retry reading={members} />}
        {members.value && members.value.length >= MANY && (
          <TextField
            bare
            type="search"
            label={t('pages.find_member')}
            placeholder={t('pages.find_member')}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
        )}
        {members.value === undefined && members.error === null && <Skeleton label={t('common.loading')} />}
        <ul className={css.list} hidden={!shown || shown.length === 0}>
          {shown?.map((member) => (
            <li key={member.user_id} className={css.row}>
              <Avatar person={{ id: member.user_id, name: member.name, avatar: member.avatar }} decorative />
              <div className={css.grow}>
                <span>
                  <bdi>{member.name}</bdi>
                  {member.user_id === user.id && <span className={css.faint}> ({t('common.you')})</span>}
                </span>
                <span className={css.faint}>
                  <bdi>{member.email}</bdi>
                </span>
              </div>
              <div className={css.rowEnd}>
                {mayChange(member) ? (
                  <SelectField
                    bare
                    label={t('pages.role_of', { name: member.name })}
                    value={member.role}
                    disabled={change.busy}
                    onChange={(event) => chooseRole(member, event.target.value as Role)}
                  >
                    {offered.map((role) => (
                      <option key={role} value={role}>
                        {t(`common.role_${role}`)}
                      </option>
                    ))}
                  </SelectField>
                ) : (
                  <span className={css.tag}>{t(`common.role_${member.role}`)}</span>
                )}
                {(mayChange(member) || member.user_id === user.id) && (
                  <IconButton
                    label={
                      member.user_id === user.id ? t('pages.leave') : t('pages.remove_member', { name: member.name })
                    }
                    icon={<UserMinus />}
                    onClick={() => setLeaving(member)}
                  />
                )}
              </div>
            </li>
          ))}
        </ul>
        <p className={css.faint}>{t('pages.roles_text')}</p>
      </div>
      {leaving && (
        <ConfirmDialog
          title={leaving.user_id === user.id ? t('pages.leave') : t('pages.remove_member', { name: leaving.name })}
          text={
            leaving.user_id === user.id
              ? t('pages.leave_text', { name: workspace.name })
              : t('pages.remove_member_text', { name: leaving.name })
          }
          submit={leaving.user_id === user.id ? t('pages.leave') : t('common.remove')}
          refused={lastOwner}
          onSubmit={() => remove(leaving)}
          onClose={() => setLeaving(null)}
        />
      )}
      {asked && (
        <ConfirmDialog
          title={t('pages.role_of', { name: asked.member.name })}
          text={t(asked.member.user_id === user.id ? 'pages.own_role_text' : 'pages.new_owner_text', {
            name: asked.member.name,
            role: t(`common.role_${asked.role}`),
          })}
          submit={t('pages.change_role')}
          refused={lastOwner}
          onSubmit={() => setRole(asked.member, asked.role)}
          onClose={() => setAsked(null)}
        />
      )}
    </Frame>
  );
}
