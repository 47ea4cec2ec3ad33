/** A project: its boards, its labels, and its own name. */
import { useCallback, useState } from 'react';
import { useParams } from 'wouter';
import { useMe } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { isProblem } from '@/app/problem';
import { useRead, useRooms } from '@/app/read';
import { type Project as ProjectShape, rules } from '@/app/shapes';
import { useI18n } from '@/i18n';
import type { Rest } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Skeleton } from '@/ui/Empty';
import { Boards } from './Boards';
import { Labels } from './Labels';
import NotFound from './NotFound';
import { ProjectMenu } from './ProjectMenu';
import css from './page.module.css';
import { Retry } from './Retry';

export default function Project() {
  const { projectId = '' } = useParams();
  const { t } = useI18n();
  const { workspaces } = useMe();
  // Which workspace it is, is known when it is read.
  const [workspaceId, setWorkspaceId] = useState<Id>();
  const rooms = useRooms(`project:${projectId}`, workspaceId && `workspace:${workspaceId}`);
  const project = useRead(
    useCallback((rest: Rest) => rest.get<ProjectShape>(`/projects/${projectId}`), [projectId]),
    rooms,
    ['project.'],
  );
  if (project.value && project.value.workspace_id !== workspaceId) setWorkspaceId(project.value.workspace_id);
  if (isProblem(project.error) && project.error.code === 'NOT_FOUND') return <NotFound />;
  const workspace = workspaces.find((one) => one.id === project.value?.workspace_id);
  return (
    <Frame
      title={project.value?.name ?? t('common.loading')}
      crumbs={workspace ? [{ name: workspace.name, to: paths.workspace(workspace.id) }] : []}
      place={workspace && { workspaceId: workspace.id, projectId }}
      actions={
        project.value && rules(workspace?.role) && <ProjectMenu project={project.value} reload={project.reload} />
      }
    >
      {project.error !== null && !project.value && <Retry reading={project} />}
      {project.value ? (
        <div className={css.stack}>
          {project.value.description && (
            <p dir="auto" className={css.about}>
              {project.value.description}
            </p>
          )}
          {project.value.archived && <p className={css.panel}>{t('pages.archived_text')}</p>}
          <Boards projectId={projectId} rooms={rooms} rules={rules(workspace?.role)} />
          <Labels projectId={projectId} rooms={rooms} mayWrite={(workspace?.role ?? 'viewer') !== 'viewer'} />
        </div>
      ) : (
        project.error === null && <Skeleton label={t('common.loading')} />
      )}
    </Frame>
  );
}
