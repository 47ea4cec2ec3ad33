-- A row for each run of a node: its beats say that it lives. `dead` is never taken back; who finds itself dead takes
-- another incarnation.
create table nodes (
    incarnation uuid primary key,
    node_id text not null,
    version text not null,
    started_at timestamptz not null,
    beat_at timestamptz not null,
    dead boolean not null default false,
    draining boolean not null default false,
    -- Whether it reaches the bus; none for a node without Redis.
    bus text check (bus in ('ok', 'away')),
    sessions integer not null default 0
);

-- A board belongs to a run of a node, not to its name.
alter table heads drop column owner;
alter table heads add column owner uuid;
create index heads_owner on heads (owner) where owner is not null;

-- What was ended lately, for nodes that were not told.
create index auth_sessions_revoked on auth_sessions (revoked_at) where revoked_at is not null;
create index users_disabled on users (disabled_at) where disabled_at is not null;
