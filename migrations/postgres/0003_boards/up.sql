create table boards (
    id uuid primary key,
    project_id uuid not null references projects (id),
    workspace_id uuid not null references workspaces (id),
    name text not null,
    created_by uuid not null references users (id),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz
);
create index boards_project on boards (project_id);
create index boards_workspace on boards (workspace_id);

-- Where each board stands. Narrow, because every commit updates it; half empty pages keep the updates in place.
create table heads (
    board_id uuid primary key,
    head bigint not null,
    -- The fencing token: grows with every activation.
    epoch bigint not null,
    -- Another one after a restore from a backup: old positions of clients mean nothing then.
    history text not null,
    owner text,
    -- The last event's time.
    at timestamptz not null
) with (fillfactor = 50);

-- Columns, tasks, their lists and the log are written by the committer alone, holding the board's row of heads.
-- No foreign key points into them, lest a cascade write there too.
create table columns (
    id uuid primary key,
    board_id uuid not null,
    name text not null,
    status text not null check (status in ('todo', 'in_progress', 'in_review', 'blocked', 'done')),
    rank text collate "C" not null,
    wip_limit integer check (wip_limit > 0),
    version integer not null,
    changed_name integer not null,
    changed_status integer not null,
    changed_wip_limit integer not null,
    changed_position integer not null,
    deleted_at timestamptz
) with (fillfactor = 70);
create index columns_board on columns (board_id);

-- No index on what a move changes (column_id, rank, version, updated_at), so that a move touches no index.
create table tasks (
    id uuid primary key,
    board_id uuid not null,
    project_id uuid not null,
    workspace_id uuid not null,
    number bigint not null,
    title text not null,
    description text not null default '',
    column_id uuid not null,
    rank text collate "C" not null,
    version integer not null,
    priority text not null check (priority in ('low', 'medium', 'high', 'critical')),
    story_points integer check (story_points between 1 and 21),
    due_date timestamptz,
    comment_count integer not null default 0,
    attachment_count integer not null default 0,
    subtask_count integer not null default 0,
    subtask_done_count integer not null default 0,
    created_by uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    completed_at timestamptz,
    -- The version at which each field last changed.
    changed_title integer not null,
    changed_description integer not null,
    changed_priority integer not null,
    changed_story_points integer not null,
    changed_due_date integer not null,
    changed_assignee_ids integer not null,
    changed_label_ids integer not null,
    changed_position integer not null,
    deleted_at timestamptz
) with (fillfactor = 70);
create index tasks_board on tasks (board_id);
create index tasks_number on tasks (project_id, number);
create index tasks_due_date on tasks (due_date) where due_date is not null;

create table task_assignees (
    task_id uuid not null,
    user_id uuid not null,
    board_id uuid not null,
    -- The place in the task's list.
    position smallint not null,
    primary key (task_id, user_id)
);
create index task_assignees_user on task_assignees (user_id);
create index task_assignees_board on task_assignees (board_id);

create table task_labels (
    task_id uuid not null,
    label_id uuid not null,
    board_id uuid not null,
    position smallint not null,
    primary key (task_id, label_id)
);
create index task_labels_label on task_labels (label_id);
create index task_labels_board on task_labels (board_id);

-- One row for every op ever accepted. Trimming empties the event and keeps the row, so that an op_id is known for
-- as long as its board lives.
create table op_log (
    board_id uuid not null,
    seq bigint not null,
    op_id uuid not null,
    epoch bigint not null,
    hash bigint not null,
    version integer not null,
    target uuid not null,
    kind text not null,
    -- The event's bytes as they cross the wire.
    event bytea,
    primary key (board_id, seq),
    -- The op_id leads, so that a search for one can't become a walk along its board's log.
    constraint op_log_op unique (op_id, board_id)
);
create index op_log_target on op_log (target, seq);
create index op_log_columns_deleted on op_log (board_id, seq) where kind = 'column.deleted';
