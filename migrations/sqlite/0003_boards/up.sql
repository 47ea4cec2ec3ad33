create table boards (
    id blob not null primary key,
    project_id blob not null references projects (id),
    workspace_id blob not null references workspaces (id),
    name text not null,
    created_by blob not null references users (id),
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer
) strict;
create index boards_project on boards (project_id);
create index boards_workspace on boards (workspace_id);

-- Where each board stands. Narrow, because every commit updates it.
create table heads (
    board_id blob not null primary key,
    head integer not null,
    -- The fencing token: grows with every activation.
    epoch integer not null,
    -- Another one after a restore from a backup: old positions of clients mean nothing then.
    history text not null,
    owner text,
    -- The last event's time.
    at integer not null
) strict, without rowid;

-- Columns, tasks, their lists and the log are written by the committer alone, holding the board's row of heads.
-- No foreign key points into them, lest a cascade write there too.
create table columns (
    id blob not null primary key,
    board_id blob not null,
    name text not null check (instr(name, char(0)) = 0),
    status text not null check (status in ('todo', 'in_progress', 'in_review', 'blocked', 'done')),
    rank text not null,
    wip_limit integer check (wip_limit > 0),
    version integer not null,
    changed_name integer not null,
    changed_status integer not null,
    changed_wip_limit integer not null,
    changed_position integer not null,
    deleted_at integer
) strict;
create index columns_board on columns (board_id);

-- No index on what a move changes (column_id, rank, version, updated_at), so that a move touches no index.
create table tasks (
    id blob not null primary key,
    board_id blob not null,
    project_id blob not null,
    workspace_id blob not null,
    number integer not null,
    title text not null check (instr(title, char(0)) = 0),
    description text not null default '' check (instr(description, char(0)) = 0),
    column_id blob not null,
    rank text not null,
    version integer not null,
    priority text not null check (priority in ('low', 'medium', 'high', 'critical')),
    story_points integer check (story_points between 1 and 21),
    due_date integer,
    comment_count integer not null default 0,
    attachment_count integer not null default 0,
    subtask_count integer not null default 0,
    subtask_done_count integer not null default 0,
    created_by blob,
    created_at integer not null,
    updated_at integer not null,
    completed_at integer,
    -- The version at which each field last changed.
    changed_title integer not null,
    changed_description integer not null,
    changed_priority integer not null,
    changed_story_points integer not null,
    changed_due_date integer not null,
    changed_assignee_ids integer not null,
    changed_label_ids integer not null,
    changed_position integer not null,
    deleted_at integer
) strict;
create index tasks_board on tasks (board_id);
create index tasks_number on tasks (project_id, number);
create index tasks_due_date on tasks (due_date) where due_date is not null;

create table task_assignees (
    task_id blob not null,
    user_id blob not null,
    board_id blob not null,
    -- The place in the task's list.
    position integer not null,
    primary key (task_id, user_id)
) strict, without rowid;
create index task_assignees_user on task_assignees (user_id);
create index task_assignees_board on task_assignees (board_id);

create table task_labels (
    task_id blob not null,
    label_id blob not null,
    board_id blob not null,
    position integer not null,
    primary key (task_id, label_id)
) strict, without rowid;
create index task_labels_label on task_labels (label_id);
create index task_labels_board on task_labels (board_id);

-- One row for every op ever accepted. Trimming empties the event and keeps the row, so that an op_id is known for
-- as long as its board lives.
create table op_log (
    board_id blob not null,
    seq integer not null,
    op_id blob not null,
    epoch integer not null,
    hash integer not null,
    version integer not null,
    target blob not null,
    kind text not null,
    -- The event's bytes as they cross the wire.
    event blob,
    primary key (board_id, seq),
    -- The op_id leads, so that a search for one can't become a walk along its board's log.
    constraint op_log_op unique (op_id, board_id)
) strict, without rowid;
create index op_log_target on op_log (target, seq);
create index op_log_columns_deleted on op_log (board_id, seq) where kind = 'column.deleted';
