//! How the domain's types are described in the OpenAPI document: the domain itself knows nothing of it.

use crate::domain::board::model::{BoardInfo, Bounded, Column, Priority, Status, Task};
use crate::domain::board::op::FieldError;
use crate::domain::email::{EMAIL_MAX, Email};
use crate::domain::ids::{
    BoardId, ColumnId, FamilyId, LabelId, OpId, ProjectId, SessionId, TaskId, UserId, WorkspaceId,
};
use crate::domain::locale::{Locale, Zone};
use crate::domain::permission::Role;
use crate::domain::rank::{RANK_BYTES_MAX, Rank};
use crate::domain::text::Text;
use crate::domain::time::Moment;
use crate::protocol::rest::account::{AVATAR_MAX, Avatar};
use crate::protocol::rest::project::{Color, Key};
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

type Schemas = Vec<(String, RefOr<Schema>)>;

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn format(known: KnownFormat) -> Option<SchemaFormat> {
    Some(SchemaFormat::KnownFormat(known))
}

macro_rules! described {
    ($($type:ty => $schema:expr),* $(,)?) => { $(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }
        impl ToSchema for $type {}
    )* };
}

described! {
    UserId => text().format(format(KnownFormat::Uuid)),
    WorkspaceId => text().format(format(KnownFormat::Uuid)),
    ProjectId => text().format(format(KnownFormat::Uuid)),
    BoardId => text().format(format(KnownFormat::Uuid)),
    ColumnId => text().format(format(KnownFormat::Uuid)),
    TaskId => text().format(format(KnownFormat::Uuid)),
    LabelId => text().format(format(KnownFormat::Uuid)),
    SessionId => text().format(format(KnownFormat::Uuid)),
    OpId => text().format(format(KnownFormat::Uuid)),
    FamilyId => text().format(format(KnownFormat::Uuid)),
    Moment => text()
        .format(format(KnownFormat::DateTime))
        .description(Some("RFC 3339 in UTC with microseconds and a Z")),
    Email => text().format(format(KnownFormat::Email)).max_length(Some(EMAIL_MAX)),
    Key => text().pattern(Some("^[A-Z][A-Z0-9]{1,9}$")),
    Color => text().pattern(Some("^#[0-9A-Fa-f]{6}$")),
    Avatar => text()
        .max_length(Some(AVATAR_MAX))
        .pattern(Some("^data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/=]+$")),
    Zone => text().description(Some("a name of the IANA's time zone database")),
    Locale => text().enum_values(Some(Locale::ALL.iter().map(|value| value.name()))),
    Rank => text().max_length(Some(RANK_BYTES_MAX)).description(Some("an order key, compared bytewise")),
    Priority => text().enum_values(Some(Priority::ALL.iter().map(|value| value.name()))),
    Status => text().enum_values(Some(Status::ALL.iter().map(|value| value.name()))),
    Role => text().enum_values(Some(Role::ALL.iter().map(|value| value.name()))),
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        text().min_length(Some(MIN)).max_length(Some(MAX)).into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Text<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }
}

impl<const MIN: i32, const MAX: i32> PartialSchema for Bounded<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(MIN)).maximum(Some(MAX)).into()
    }
}

impl<const MIN: i32, const MAX: i32> ToSchema for Bounded<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("Integer{MIN}To{MAX}").into()
    }
}

/// Describes a struct of the domain by one that looks the same on the wire.
macro_rules! like {
    ($($type:ty => $mirror:ident),* $(,)?) => { $(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                mirror::$mirror::schema()
            }
        }
        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                stringify!($mirror).into()
            }

            fn schemas(schemas: &mut Schemas) {
                mirror::$mirror::schemas(schemas);
            }
        }
    )* };
}

like!(FieldError => FieldError, BoardInfo => BoardInfo, Column => Column, Task => BoardTask);

#[expect(dead_code, reason = "only described, never made")]
mod mirror {
    use super::*;

    /// One field that is wrong, and why.
    #[derive(ToSchema)]
    pub struct FieldError {
        field: String,
        message: String,
    }

    /// What a board is called and where it hangs.
    #[derive(ToSchema)]
    pub struct BoardInfo {
        id: BoardId,
        name: String,
        project_id: ProjectId,
        workspace_id: WorkspaceId,
        /// The prefix of its tasks' numbers: `KEY-42`.
        project_key: String,
        created_at: Moment,
        updated_at: Moment,
    }

    /// A column of a board.
    #[derive(ToSchema)]
    pub struct Column {
        id: ColumnId,
        name: String,
        status: Status,
        rank: Rank,
        wip_limit: Option<i32>,
        version: i32,
    }

    /// A task as a board holds it.
    #[derive(ToSchema)]
    pub struct BoardTask {
        id: TaskId,
        number: i64,
        title: String,
        column_id: ColumnId,
        rank: Rank,
        version: i32,
        priority: Priority,
        story_points: Option<i32>,
        due_date: Option<Moment>,
        assignee_ids: Vec<UserId>,
        label_ids: Vec<LabelId>,
        comment_count: i32,
        attachment_count: i32,
        subtask_count: i32,
        subtask_done_count: i32,
        created_by: Option<UserId>,
        created_at: Moment,
        updated_at: Moment,
        completed_at: Option<Moment>,
    }
}
