//! The tables, as both databases have them; the types are those of [`super::columns::sql`] and Diesel's own.

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    users (id) {
        id -> Id,
        email -> Text,
        name -> Text,
        avatar -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        locale -> Text,
        timezone -> Text,
        email_verified -> Bool,
        is_system_admin -> Bool,
        disabled_at -> Nullable<Moment>,
        last_login_at -> Nullable<Moment>,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    login_failures (email) {
        email -> Text,
        failures -> Integer,
        locked_until -> Nullable<Moment>,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    auth_sessions (id) {
        id -> Id,
        user_id -> Id,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        cookie -> Bool,
        created_at -> Moment,
        last_used_at -> Moment,
        expires_at -> Moment,
        revoked_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    refresh_tokens (token_hash) {
        token_hash -> Binary,
        family_id -> Id,
        user_id -> Id,
        created_at -> Moment,
        expires_at -> Moment,
        spent_at -> Nullable<Moment>,
        successor -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    workspaces (id) {
        id -> Id,
        name -> Text,
        created_by -> Id,
        access_version -> BigInt,
        created_at -> Moment,
        updated_at -> Moment,
        deleted_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    memberships (workspace_id, user_id) {
        workspace_id -> Id,
        user_id -> Id,
        role -> Text,
        joined_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    projects (id) {
        id -> Id,
        workspace_id -> Id,
        key -> Text,
        name -> Text,
        description -> Text,
        archived -> Bool,
        next_number -> BigInt,
        created_by -> Id,
        created_at -> Moment,
        updated_at -> Moment,
        deleted_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    labels (id) {
        id -> Id,
        project_id -> Id,
        workspace_id -> Id,
        name -> Text,
        color -> Text,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    boards (id) {
        id -> Id,
        project_id -> Id,
        workspace_id -> Id,
        name -> Text,
        created_by -> Id,
        created_at -> Moment,
        updated_at -> Moment,
        deleted_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    heads (board_id) {
        board_id -> Id,
        head -> BigInt,
        epoch -> BigInt,
        history -> Text,
        owner -> Nullable<Id>,
        at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    columns (id) {
        id -> Id,
        board_id -> Id,
        name -> Text,
        status -> Text,
        rank -> Text,
        wip_limit -> Nullable<Integer>,
        version -> Integer,
        changed_name -> Integer,
        changed_status -> Integer,
        changed_wip_limit -> Integer,
        changed_position -> Integer,
        deleted_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    tasks (id) {
        id -> Id,
        board_id -> Id,
        project_id -> Id,
        workspace_id -> Id,
        number -> BigInt,
        title -> Text,
        description -> Text,
        column_id -> Id,
        rank -> Text,
        version -> Integer,
        priority -> Text,
        story_points -> Nullable<Integer>,
        due_date -> Nullable<Moment>,
        comment_count -> Integer,
        attachment_count -> Integer,
        subtask_count -> Integer,
        subtask_done_count -> Integer,
        created_by -> Nullable<Id>,
        created_at -> Moment,
        updated_at -> Moment,
        completed_at -> Nullable<Moment>,
        changed_title -> Integer,
        changed_description -> Integer,
        changed_priority -> Integer,
        changed_story_points -> Integer,
        changed_due_date -> Integer,
        changed_assignee_ids -> Integer,
        changed_label_ids -> Integer,
        changed_position -> Integer,
        deleted_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    task_assignees (task_id, user_id) {
        task_id -> Id,
        user_id -> Id,
        board_id -> Id,
        position -> SmallInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    task_labels (task_id, label_id) {
        task_id -> Id,
        label_id -> Id,
        board_id -> Id,
        position -> SmallInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    op_log (board_id, seq) {
        board_id -> Id,
        seq -> BigInt,
        op_id -> Id,
        epoch -> BigInt,
        hash -> BigInt,
        version -> Integer,
        target -> Id,
        kind -> Text,
        event -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::columns::sql::{Id, Moment};

    nodes (incarnation) {
        incarnation -> Id,
        node_id -> Text,
        version -> Text,
        started_at -> Moment,
        beat_at -> Moment,
        dead -> Bool,
        draining -> Bool,
        bus -> Nullable<Text>,
        sessions -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    nodes,
    users,
    login_failures,
    auth_sessions,
    refresh_tokens,
    workspaces,
    memberships,
    projects,
    labels,
    boards,
    heads,
    columns,
    tasks,
    task_assignees,
    task_labels,
    op_log
);
diesel::joinable!(auth_sessions -> users (user_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(memberships -> workspaces (workspace_id));
diesel::joinable!(projects -> workspaces (workspace_id));
diesel::joinable!(labels -> projects (project_id));
diesel::joinable!(boards -> projects (project_id));
diesel::joinable!(boards -> workspaces (workspace_id));
diesel::joinable!(heads -> boards (board_id));
