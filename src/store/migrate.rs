//! The schema's history: two folders with the same names, compiled in.

use super::conn::{Conn, PgConn};
use super::error::{StoreError, StoreResult};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Nodes that start together wait for one another here.
const LOCK: &str = "set lock_timeout = '60s'; set statement_timeout = 0; select pg_advisory_lock(7308895158453234)";
const UNLOCK: &str = "select pg_advisory_unlock(7308895158453234); reset lock_timeout; reset statement_timeout";

/// What is asked of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Applies all that is pending.
    Up,
    /// Takes all of it back: every table, and what is in it.
    Down,
    /// Changes nothing.
    Look,
}

/// Does `step`, and gives the names of the migrations that it applied, took back, or found pending.
pub(super) async fn run(conn: Conn, step: Step) -> StoreResult<Vec<String>> {
    match conn {
        Conn::Pg(mut object) => {
            if step == Step::Look {
                return on_postgres(object, step).map(|(_, names)| names);
            }
            object.batch_execute(LOCK).await?;
            let (mut object, names) = on_postgres(object, step)?;
            object.batch_execute(UNLOCK).await?;
            Ok(names)
        }
        Conn::Lite(mut handle) => handle.spawn_blocking(move |c| Ok(perform::<Sqlite>(c, SQLITE, step))).await?,
    }
}

/// On an error the connection is not given back: its end frees the lock.
fn on_postgres(object: Object<PgConn>, step: Step) -> StoreResult<(PgConn, Vec<String>)> {
    let mut harness = AsyncMigrationHarness::new(Object::take(object));
    let names = perform::<Pg>(&mut harness, POSTGRES, step)?;
    Ok((harness.into_inner(), names))
}

fn perform<DB: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
    step: Step,
) -> StoreResult<Vec<String>>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let done = match step {
        Step::Up => harness.run_pending_migrations(source).map(|done| done.iter().map(ToString::to_string).collect()),
        Step::Down => harness.revert_all_migrations(source).map(|done| done.iter().map(ToString::to_string).collect()),
        Step::Look => {
            harness.pending_migrations(source).map(|found| found.iter().map(|one| one.name().to_string()).collect())
        }
    };
    done.map_err(|error| StoreError::Setup(format!("migration failed: {error}")))
}
