//! The committer on PostgreSQL: one statement at a time, on a connection of its own.

use super::{Pending, lone, measure, next_group, settle, statement};
use crate::domain::board::commit::Outcome;
use crate::store::Engine;
use crate::store::conn::{Conn, PgConn};
use crate::store::error::{StoreError, StoreResult};
use crate::store::postgres::{self, PgPool};
use diesel_async::SimpleAsyncConnection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// A batch that could not even be sent for so long is answered `Unavailable`.
const GIVE_UP_AFTER: Duration = Duration::from_millis(2_500);
/// Between attempts to connect.
const RETRY_EVERY: Duration = Duration::from_millis(100);
/// A statement without an answer for so long is taken for lost. The server gives up before.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// The plan is made once, maybe while the tables are empty: it must be the one that stays right when they are large.
const SESSION: &str = "set statement_timeout = '6s'; set plan_cache_mode = force_generic_plan; set jit = off; \
     set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off; \
     set enable_material = off";

/// What the committer's tasks share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) pool: PgPool,
    /// The way back in, for a batch that must be written again.
    pub(super) batches: mpsc::WeakUnboundedSender<Pending>,
}

/// Writes what comes out of `queue` until nobody can put anything into it.
pub(super) async fn run(
    engine: Arc<Engine>,
    mut queue: mpsc::UnboundedReceiver<Pending>,
    batches: mpsc::WeakUnboundedSender<Pending>,
) {
    let Engine::Pg { primary, url, .. } = &*engine else { return };
    let shared = Shared { pool: primary.clone(), batches };
    let mut waiting = Vec::new();
    let mut open = None;
    loop {
        if waiting.is_empty() {
            let Some(pending) = queue.recv().await else { return };
            waiting.push(pending);
        }
        while let Ok(pending) = queue.try_recv() {
            waiting.push(pending);
        }
        let mut conn = match open.take() {
            Some(conn) => conn,
            None => match in_time(connect(url)).await {
                Ok(conn) => conn,
                Err(error) => {
                    tracing::warn!(%error, "the committer can't connect");
                    give_up(&mut waiting);
                    tokio::time::sleep(RETRY_EVERY).await;
                    continue;
                }
            },
        };
        let group = next_group(&mut waiting);
        if write(&mut conn, group, &shared).await {
            open = Some(conn);
        }
    }
}

pub(in crate::store) async fn connect(url: &str) -> StoreResult<PgConn> {
    let mut conn = postgres::connect(url).await?;
    postgres::check_durability(&mut conn).await?;
    conn.batch_execute(SESSION).await?;
    Ok(conn)
}

pub(super) async fn in_time<T>(work: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    let done = tokio::time::timeout(ANSWER_WITHIN, work).await;
    done.unwrap_or_else(|_| Err(StoreError::lost("no answer in time")))
}

/// Answers those that have waited too long: nothing of them was ever sent.
fn give_up(waiting: &mut Vec<Pending>) {
    for pending in waiting.extract_if(.., |pending| pending.since.elapsed() >= GIVE_UP_AFTER) {
        pending.answer(Outcome::Unavailable);
    }
}

/// Writes `group` with one statement. Boards that it could not write are looked at one by one, beside the next
/// write. Gives whether the connection can be used again.
async fn write(conn: &mut PgConn, group: Vec<Pending>, shared: &Shared) -> bool {
    let begun = Instant::now();
    let batches: Vec<_> = group.iter().map(|pending| &*pending.batch).collect();
    let written = in_time(statement::execute(conn, &batches)).await;
    measure(&group, begun);
    match written {
        Ok(written) => {
            for (pending, written) in group.into_iter().zip(written) {
                if written {
                    pending.answer(Outcome::Committed);
                } else {
                    tokio::spawn(alone(shared.clone(), pending));
                }
            }
            true
        }
        Err(error) if answers(conn).await => {
            // The server has refused the statement and speaks on, so nothing of it was committed.
            tracing::warn!(%error, boards = group.len(), "a commit was refused; trying each board alone");
            for pending in group {
                tokio::spawn(alone(shared.clone(), pending));
            }
            true
        }
        Err(error) => {
            tracing::warn!(%error, boards = group.len(), "the connection was lost with a commit; asking what became of it");
            for pending in group {
                tokio::spawn(settle::settle(shared.clone(), pending));
            }
            false
        }
    }
}

/// Writes a board that the common statement could not write, or learns why it can't.
async fn alone(shared: Shared, pending: Pending) {
    let write = async {
        let conn = postgres::from_pool(&shared.pool).await?;
        lone::write(&mut Conn::Pg(conn), &pending.batch).await
    };
    match in_time(write).await {
        Ok(outcome) => pending.answer(outcome),
        Err(error) if error.is_surely_not_applied() => {
            tracing::warn!(%error, board_id = %pending.batch.commit.board_id, "a commit could not be written");
            pending.answer(Outcome::Unavailable);
        }
        Err(_) => settle::settle(shared, pending).await,
    }
}

/// Whether the connection is alive, which after an error means that the server has rolled back what failed.
async fn answers(conn: &mut PgConn) -> bool {
    matches!(tokio::time::timeout(Duration::from_secs(1), conn.batch_execute("select 1")).await, Ok(Ok(())))
}
