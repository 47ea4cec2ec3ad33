//! How ids and times lie in the two databases: native `uuid` and `timestamptz` on PostgreSQL, 16-byte blobs and
//! integer microseconds on SQLite.

use crate::domain::ids::{
    BoardId, ColumnId, FamilyId, Incarnation, LabelId, OpId, ProjectId, SessionId, TaskId, UserId, WorkspaceId,
};
use crate::domain::time::Moment;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use std::io::Write;
use uuid::Uuid;

/// SQL types that are native on both sides.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    /// `uuid`, or a 16-byte `blob`.
    #[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Binary"))]
    pub struct Id;

    /// `timestamptz`, or an integer: microseconds since 1970.
    #[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Long"))]
    pub struct Moment;
}

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

macro_rules! stored_ids {
    ($($proxy:ident = $id:ident),* $(,)?) => { $(
        #[derive(AsExpression, FromSqlRow)]
        #[diesel(foreign_derive, sql_type = sql::Id)]
        #[expect(dead_code, reason = "stands in for the domain's type, which knows nothing of Diesel")]
        struct $proxy($id);

        impl ToSql<sql::Id, Pg> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.0.as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<sql::Id, Sqlite> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(&self.0.as_bytes()[..]);
                Ok(IsNull::No)
            }
        }

        impl FromSql<sql::Id, Pg> for $id {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.as_bytes())?))
            }
        }

        impl FromSql<sql::Id, Sqlite> for $id {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.read_blob())?))
            }
        }
    )* };
}

stored_ids! {
    StoredUserId = UserId,
    StoredWorkspaceId = WorkspaceId,
    StoredProjectId = ProjectId,
    StoredBoardId = BoardId,
    StoredColumnId = ColumnId,
    StoredTaskId = TaskId,
    StoredLabelId = LabelId,
    StoredSessionId = SessionId,
    StoredOpId = OpId,
    StoredFamilyId = FamilyId,
    StoredIncarnation = Incarnation,
    StoredAnyId = AnyId,
}

/// An id of a kind that the column does not tell, as the target of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnyId(pub Uuid);

#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = sql::Moment)]
#[expect(dead_code, reason = "stands in for the domain's type, which knows nothing of Diesel")]
struct StoredMoment(Moment);

impl ToSql<sql::Moment, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<BigInt, Pg>::to_sql(&(self.micros() - POSTGRES_EPOCH_MICROS), &mut out.reborrow())
    }
}

impl ToSql<sql::Moment, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Moment, Pg> for Moment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        Ok(Self::from_micros(micros.saturating_add(POSTGRES_EPOCH_MICROS)))
    }
}

impl FromSql<sql::Moment, Sqlite> for Moment {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_micros(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?))
    }
}
