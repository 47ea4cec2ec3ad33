create table workspaces (
    id blob not null primary key,
    name text not null,
    created_by blob not null references users (id),
    -- Grows with every change of members or labels, so that other nodes notice.
    access_version integer not null default 1,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer
) strict;

create table memberships (
    workspace_id blob not null references workspaces (id) on delete cascade,
    user_id blob not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
    joined_at integer not null,
    primary key (workspace_id, user_id)
) strict;
create index memberships_user on memberships (user_id);

create table projects (
    id blob not null primary key,
    workspace_id blob not null references workspaces (id),
    key text not null,
    name text not null,
    description text not null default '',
    archived integer not null default 0,
    -- The next task number that no board has taken yet.
    next_number integer not null default 1,
    created_by blob not null references users (id),
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer
) strict;
create unique index projects_key on projects (workspace_id, key) where deleted_at is null;

create table labels (
    id blob not null primary key,
    project_id blob not null references projects (id),
    workspace_id blob not null references workspaces (id),
    name text not null,
    color text not null,
    created_at integer not null,
    unique (project_id, name)
) strict;
create index labels_workspace on labels (workspace_id);
