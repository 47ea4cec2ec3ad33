//! The labels of projects.
//!
//! Each fails as the database does, and says what else it fails with.

use super::workspace::take;
use crate::domain::ids::{LabelId, ProjectId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::conn::query;
use crate::store::schema::labels;
use crate::store::{Conn, StoreError, StoreResult};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = labels)]
pub struct Label {
    pub id: LabelId,
    pub project_id: ProjectId,
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub color: String,
    pub created_at: Moment,
}

/// What to change of a label; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct LabelChanges {
    pub name: Option<String>,
    pub color: Option<String>,
}

/// The labels of a project by id, after `after`, at most `limit`.
pub async fn of_project(
    conn: &mut Conn,
    project: ProjectId,
    after: Option<LabelId>,
    limit: i64,
) -> StoreResult<Vec<Label>> {
    let after = after.unwrap_or(LabelId(uuid::Uuid::nil()));
    let rows = labels::table
        .filter(labels::project_id.eq(project).and(labels::id.gt(after)))
        .order(labels::id.asc())
        .limit(limit);
    Ok(query!(conn, |c| rows.select(Label::as_select()).load(c).await)?)
}

pub async fn by_id(conn: &mut Conn, id: LabelId) -> StoreResult<Option<Label>> {
    Ok(query!(conn, |c| labels::table.find(id).select(Label::as_select()).first(c).await.optional())?)
}

/// Makes a label; `false` where its name is taken. Call it in a transaction.
pub async fn insert(conn: &mut Conn, row: &Label) -> StoreResult<bool> {
    if !take(conn, row.workspace_id).await? {
        return Err(StoreError::NotFound);
    }
    let count = query!(conn, |c| diesel::insert_into(labels::table)
        .values(row)
        .on_conflict((labels::project_id, labels::name))
        .do_nothing()
        .execute(c)
        .await)?;
    Ok(count > 0)
}

/// Changes a label that was read before; `false` where the new name is taken. Call it in a transaction.
pub async fn change(conn: &mut Conn, label: &Label, changes: LabelChanges) -> StoreResult<bool> {
    if !take(conn, label.workspace_id).await? {
        return Err(StoreError::NotFound);
    }
    let name = changes.name.unwrap_or_else(|| label.name.clone());
    let color = changes.color.unwrap_or_else(|| label.color.clone());
    let twins = labels::table
        .filter(labels::project_id.eq(label.project_id).and(labels::name.eq(&name)).and(labels::id.ne(label.id)))
        .count();
    let twins: i64 = query!(conn, |c| twins.get_result(c).await)?;
    if twins > 0 {
        return Ok(false);
    }
    let row = labels::table.find(label.id);
    let values = (labels::name.eq(name), labels::color.eq(color));
    query!(conn, |c| diesel::update(row).set(values).execute(c).await)?;
    Ok(true)
}

/// Deletes a label. Tasks that bear it keep its id until they are next labelled. Call it in a transaction.
pub async fn delete(conn: &mut Conn, label: &Label) -> StoreResult<()> {
    take(conn, label.workspace_id).await?;
    query!(conn, |c| diesel::delete(labels::table.find(label.id)).execute(c).await)?;
    Ok(())
}
