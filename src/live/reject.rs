//! How a refusal of the core reaches its client: the code, and what only the log and the tables know.

use super::registry::Live;
use crate::domain::board::model::{ColumnField, TaskField, Version};
use crate::domain::board::refusal::Refusal;
use crate::domain::ids::{BoardId, TaskId};
use crate::protocol::code::Code;
use crate::protocol::frame::{Conflict, Reject};
use crate::store::{StoreResult, queries};
use serde_json::Value;
use uuid::Uuid;

/// What has to be read before a conflict can be told.
pub struct Conflicting {
    target: Uuid,
    current: Value,
    fields: Vec<(&'static str, Version)>,
    /// The task whose description belongs to `current`.
    described: Option<TaskId>,
}

/// Turns a refusal into what the client is told, as far as that can be known without the store.
pub fn reject(refusal: Refusal) -> Result<Reject, Conflicting> {
    Ok(match refusal {
        Refusal::Forbidden => Reject::new(Code::Forbidden, "your role does not allow it"),
        Refusal::Invalid(details) => Reject::invalid(details),
        Refusal::NotFound(what) => Reject::not_found(&what),
        Refusal::Conflict(message) => Reject::new(Code::Conflict, message),
        Refusal::WipLimit(message) => Reject::new(Code::WipLimit, message),
        Refusal::Unavailable(message) => Reject { message: message.into_owned(), ..Reject::unavailable() },
        Refusal::Defect => Reject::new(Code::InternalError, "the op could not be stored"),
        Refusal::TaskVersion { current, conflicts, touches_description } => {
            let fields = conflicts.iter().map(|(field, version)| (task_field(*field), *version)).collect();
            let described = touches_description.then_some(current.id);
            return Err(Conflicting { target: current.id.0, current: json(&current), fields, described });
        }
        Refusal::ColumnVersion { current, conflicts } => {
            let fields = conflicts.iter().map(|(field, version)| (column_field(*field), *version)).collect();
            return Err(Conflicting { target: current.id.0, current: json(&current), fields, described: None });
        }
    })
}

impl Conflicting {
    /// Reads who changed what. Where the store doesn't answer, that part is left open: the conflict is told all the same.
    pub async fn into_reject(self, live: &Live, board: BoardId) -> Reject {
        let Self { target, mut current, fields, described } = self;
        let versions: Vec<_> = fields.iter().map(|(_, version)| *version).collect();
        let read: StoreResult<_> = live
            .store()
            .read(async move |mut conn| {
                let changes = queries::log::changes_of(&mut conn, board, target, &versions).await?;
                let description = match described {
                    Some(task) => queries::task::description(&mut conn, task).await?,
                    None => None,
                };
                Ok((changes, description))
            })
            .await;
        let (changes, description) = read.unwrap_or_else(|error| {
            tracing::warn!(board_id = %board, %error, "who changed what could not be read for a conflict");
            (Vec::new(), None)
        });
        if let (Some(text), Some(object)) = (description, current.as_object_mut()) {
            object.insert("description".to_owned(), Value::String(text));
        }
        let conflicts = fields.into_iter().map(|(field, version)| {
            let change = changes.iter().find(|change| change.version == version);
            Conflict {
                field,
                version,
                actor_id: change.map(|change| change.actor_id),
                at: change.map(|change| change.at),
            }
        });
        Reject {
            current: Some(current),
            conflicts: conflicts.collect(),
            ..Reject::new(Code::VersionConflict, "it was changed since the version that the op names")
        }
    }
}

/// Plain structs of text and numbers can't fail to become JSON.
fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn task_field(field: TaskField) -> &'static str {
    match field {
        TaskField::Title => "title",
        TaskField::Description => "description",
        TaskField::Priority => "priority",
        TaskField::StoryPoints => "story_points",
        TaskField::DueDate => "due_date",
        TaskField::AssigneeIds => "assignee_ids",
        TaskField::LabelIds => "label_ids",
        TaskField::Position => "position",
    }
}

fn column_field(field: ColumnField) -> &'static str {
    match field {
        ColumnField::Name => "name",
        ColumnField::Status => "status",
        ColumnField::WipLimit => "wip_limit",
        ColumnField::Position => "position",
    }
}
