//! What the database says of itself, for an operator.

use super::conn::{Conn, query};
use super::{Store, StoreResult};
use crate::domain::time::Moment;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;

const POSTGRES: &str = "select current_setting('server_version') as version, \
     'fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit') \
     || ', full_page_writes ' || current_setting('full_page_writes') as durability, \
     (extract(epoch from clock_timestamp()) * 1000000)::bigint as micros";
const SQLITE: &str = "select sqlite_version() as version, \
     'journal ' || (select journal_mode from pragma_journal_mode) || ', synchronous ' \
     || case (select synchronous from pragma_synchronous) when 2 then 'full' when 3 then 'extra' else 'weak' end \
     as durability, null as micros";

/// The database as it is at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub version: String,
    /// The settings on which a promise to keep something rests.
    pub durability: String,
    /// The database's clock, where it has one of its own.
    pub clock: Option<Moment>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Text)]
    durability: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    micros: Option<i64>,
}

impl Store {
    /// Asks the connection that writes, because on SQLite these are settings of a connection.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn condition(&self) -> StoreResult<Condition> {
        self.write(async move |mut conn| {
            let asked = if matches!(conn, Conn::Pg(_)) { POSTGRES } else { SQLITE };
            let row: Row = query!(&mut conn, |c| diesel::sql_query(asked).get_result(c).await)?;
            let Row { version, durability, micros } = row;
            Ok(Condition { version, durability, clock: micros.map(Moment::from_micros) })
        })
        .await
    }
}
