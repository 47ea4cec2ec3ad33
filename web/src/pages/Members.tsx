/** Who is in a workspace, and what each may do. */
import { UserMinus } from 'lucide-react';
import { type FormEvent, useCallback, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAction } from '@/app/action';
import { useClient, useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { isProblem } from '@/app/problem';
import { useRead, useRoom } from '@/app/read';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Role } from '@/sync/wire';
import { Avatar } from '@/ui/Avatar';
import { Button, IconButton } from '@/ui/Button';
import { Skeleton } from '@/ui/Empty';
import { SelectField, TextField } from '@/ui/Field';
import { ConfirmDialog } from './ConfirmDialog';
import NotFound from './NotFound';
import { Problem } from './Problem';
import css from './page.module.css';
import { rules, type WorkspaceMember } from './shapes';

const ROLES: readonly Role[] = ['owner', 'admin', 'member', 'viewer'];

export default function Members() {
  const { workspaceId = '' } = useParams();
  const { t } = useI18n();
  const { rest, auth } = useClient();
  const { user, workspaces } = useMe();
  const [, go] = useLocation();
  const [leaving, setLeaving] = useState<WorkspaceMember | null>(null);
  const change = useAction();
  const room = useRoom(`workspace:${workspaceId}`);
  const path = `/workspaces/${workspaceId}/members`;
  const members = useRead(
    useCallback((reader: Rest) => reader.all<WorkspaceMember>(path), [path]),
    room,
    ['member.'],
  );
  const workspace = workspaces.find((one) => one.id === workspaceId);
  if (!workspace) return <NotFound />;
  const mine = workspace.role;
  /** Owners are for owners to change (`RIGHT-1`). */
  const mayChange = (member: WorkspaceMember) => rules(mine) && (member.role !== 'owner' || mine === 'owner');
  const offered = ROLES.filter((role) => role !== 'owner' || mine === 'owner');
  const setRole = (member: WorkspaceMember, role: Role) =>
    void change.run(async () => {
      await rest.patch(`${path}/${member.user_id}`, { role });
      members.reload();
      if (member.user_id === user.id) await auth.reload();
    });
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
      crumbs={[
        { name: t('common.home'), to: paths.home },
        { name: workspace.name, to: paths.workspace(workspace.id) },
      ]}
    >
      <div className={css.stack}>
        {rules(mine) && <AddMember path={path} roles={offered} onAdded={members.reload} />}
        <Problem error={members.error ?? change.error} />
        {members.value === undefined && members.error === null && <Skeleton label={t('common.loading')} />}
        <ul className={css.list}>
          {members.value?.map((member) => (
            <li key={member.user_id} className={css.row}>
              <Avatar person={{ id: member.user_id, name: member.name }} decorative />
              <div className={css.grow}>
                <bdi>
                  {member.name}
                  {member.user_id === user.id && <span className={css.faint}> ({t('common.you')})</span>}
                </bdi>
                <bdi className={css.faint}>{member.email}</bdi>
              </div>
              {mayChange(member) ? (
                <SelectField
                  bare
                  label={t('pages.role_of', { name: member.name })}
                  value={member.role}
                  disabled={change.busy}
                  onChange={(event) => setRole(member, event.target.value as Role)}
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
          onSubmit={() => remove(leaving)}
          onClose={() => setLeaving(null)}
        />
      )}
    </Frame>
  );
}

function AddMember({ path, roles, onAdded }: { path: string; roles: readonly Role[]; onAdded(): void }) {
  const { t } = useI18n();
  const { rest } = useClient();
  const action = useAction();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('member');
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (email.trim() === '') return;
    if (await action.run(() => rest.post(path, { email: email.trim(), role }))) {
      setEmail('');
      onAdded();
    }
  };
  const code = isProblem(action.error) ? action.error.code : null;
  const error =
    code === 'NOT_FOUND'
      ? t('pages.no_account')
      : code === 'CONFLICT'
        ? t('pages.member_already')
        : code === 'VALIDATION_ERROR'
          ? t('account.email_wrong')
          : undefined;
  return (
    <form className={css.panel} onSubmit={add}>
      <div className={css.inline}>
        <TextField
          label={t('pages.add_by_email')}
          type="email"
          dir="ltr"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <SelectField label={t('pages.role')} value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {roles.map((one) => (
            <option key={one} value={one}>
              {t(`common.role_${one}`)}
            </option>
          ))}
        </SelectField>
        <Button look="primary" type="submit" busy={action.busy} disabled={email.trim() === ''}>
          {t('pages.add_member')}
        </Button>
      </div>
      {error ? (
        <p role="alert" className={css.error}>
          {error}
        </p>
      ) : (
        <Problem error={action.error} />
      )}
    </form>
  );
}
