//! Questions and changes, written once for both databases, a file a noun.

pub mod auth;
pub mod board;
pub mod guest;
pub mod label;
pub mod log;
pub mod node;
pub mod project;
pub mod seed;
pub mod task;
pub mod task_list;
pub mod task_values;
pub mod user;
pub mod workspace;

use super::conn::{Conn, query};
use super::error::StoreResult;
use diesel_async::RunQueryDsl;

/// Asks for nothing, and so whether there is an answer.
///
/// # Errors
/// Where there is none.
pub async fn ping(conn: &mut Conn) -> StoreResult<()> {
    let nothing = diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"));
    query!(conn, |c| nothing.execute(c).await)?;
    Ok(())
}
