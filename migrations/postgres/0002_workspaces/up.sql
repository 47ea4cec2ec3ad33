create table workspaces (
    id uuid primary key,
    name text not null,
    created_by uuid not null references users (id),
    -- Grows with every change of members or labels, so that other nodes notice.
    access_version bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz
);

create table memberships (
    workspace_id uuid not null references workspaces (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
    joined_at timestamptz not null,
    primary key (workspace_id, user_id)
);
create index memberships_user on memberships (user_id);

create table projects (
    id uuid primary key,
    workspace_id uuid not null references workspaces (id),
    key text not null,
    name text not null,
    description text not null default '',
    archived boolean not null default false,
    -- The next task number that no board has taken yet.
    next_number bigint not null default 1,
    created_by uuid not null references users (id),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz
);
create unique index projects_key on projects (workspace_id, key) where deleted_at is null;

create table labels (
    id uuid primary key,
    project_id uuid not null references projects (id),
    workspace_id uuid not null references workspaces (id),
    name text not null,
    color text not null,
    created_at timestamptz not null,
    unique (project_id, name)
);
create index labels_workspace on labels (workspace_id);
