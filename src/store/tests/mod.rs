//! One suite for the store, run on SQLite and on PostgreSQL.

mod committer;
mod node;
mod queries;
mod refusals;
mod sheet;

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

use super::queries::board::{Activation, Claim};
use super::schema::{projects, users, workspaces};
use super::{Conn, Step, Store, StoreConfig, StoreError};
use crate::domain::ids::{BoardId, Incarnation, ProjectId, UserId, WorkspaceId};
use crate::domain::time::Moment;
use crate::store::conn::query;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use postgres::Cluster;
use uuid::Uuid;

/// A migrated database of a test's own.
struct Fresh {
    store: Store,
    url: String,
    _folder: Option<tempfile::TempDir>,
    /// Whether it is one of the shared cluster's.
    shared: bool,
}

impl Fresh {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/data/teamflow.db", folder.path().display());
        Self::open(url, Some(folder)).await
    }

    async fn postgres() -> Self {
        let mut fresh = Self::open(Cluster::shared().create_database(), None).await;
        fresh.shared = true;
        fresh
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(StoreConfig::new(url.as_str())).await.unwrap();
        store.migrate(Step::Up).await.unwrap();
        Self { store, url, _folder: folder, shared: false }
    }

    /// Runs SQL that is the same on both.
    async fn sql(&self, sql: impl Into<String>) {
        let sql = sql.into();
        let run = async move |mut conn: Conn| Ok(query!(&mut conn, |c| c.batch_execute(&sql).await)?);
        self.store.write(run).await.unwrap();
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if self.shared {
            Cluster::shared().drop_database(&self.url);
        }
    }
}

/// Registers each test for each database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::store::tests::Fresh::sqlite().await).await
            })*
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::store::tests::Fresh::postgres().await).await
            })*
        }
    };
}
use on_both;

/// A user with a workspace and a project.
#[derive(Clone, Copy)]
struct Home {
    user: UserId,
    workspace: WorkspaceId,
    project: ProjectId,
}

impl Home {
    async fn found(store: &Store) -> Self {
        let (user, workspace, project) = (fresh_id(), fresh_id(), fresh_id());
        let home = Self { user: UserId(user), workspace: WorkspaceId(workspace), project: ProjectId(project) };
        let now = Moment::from_micros(1_700_000_000_000_000);
        let insert = async move |mut conn: Conn| {
            let row = (
                users::id.eq(home.user),
                users::email.eq(format!("{user}@example.org")),
                users::name.eq("Ada"),
                users::created_at.eq(now),
                users::updated_at.eq(now),
            );
            query!(&mut conn, |c| diesel::insert_into(users::table).values(row).execute(c).await)?;
            let row = (
                workspaces::id.eq(home.workspace),
                workspaces::name.eq("Engines"),
                workspaces::created_by.eq(home.user),
                workspaces::created_at.eq(now),
                workspaces::updated_at.eq(now),
            );
            query!(&mut conn, |c| diesel::insert_into(workspaces::table).values(row).execute(c).await)?;
            let row = (
                projects::id.eq(home.project),
                projects::workspace_id.eq(home.workspace),
                projects::key.eq("ENG"),
                projects::name.eq("Engine"),
                projects::created_by.eq(home.user),
                projects::created_at.eq(now),
                projects::updated_at.eq(now),
            );
            query!(&mut conn, |c| diesel::insert_into(projects::table).values(row).execute(c).await)?;
            Ok(())
        };
        store.write(insert).await.unwrap();
        home
    }
}

/// Takes a board as another node, after all others have died; `None` where it is gone.
async fn activate(store: &Store, board: BoardId) -> Option<Activation> {
    store.bury_other_nodes().await.unwrap();
    let me = enter(store).await;
    match store.claim(board, me).await.unwrap() {
        Claim::Taken(activation) => Some(activation),
        Claim::Gone => None,
        Claim::Held => panic!("a dead node holds it"),
    }
}

/// Enters a node.
async fn enter(store: &Store) -> Incarnation {
    let me = Incarnation(fresh_id());
    store.register_node(me, me.to_string(), "test", Some("ok")).await.unwrap().unwrap();
    me
}

fn fresh_id() -> Uuid {
    Uuid::now_v7()
}

on_both! {
    migrations_go_up_and_down,
    a_transaction_that_fails_leaves_nothing,
    a_call_that_nobody_waits_for_runs_to_its_end,
    a_panic_in_a_transaction_harms_nobody,
    a_taken_key_is_named,
}

async fn migrations_go_up_and_down(fresh: Fresh) {
    let store = &fresh.store;
    assert_eq!(store.migrate(Step::Look).await.unwrap(), [""; 0]);
    assert_eq!(store.migrate(Step::Down).await.unwrap().len(), 4);
    assert_eq!(store.migrate(Step::Look).await.unwrap().len(), 4);
    assert_eq!(store.migrate(Step::Up).await.unwrap().len(), 4);
    Home::found(store).await;
    store.ping().await.unwrap();
    store.close().await;
    assert!(store.ping().await.is_err());
}

async fn count_workspaces(store: &Store) -> i64 {
    let count = async |mut conn: Conn| Ok(query!(&mut conn, |c| workspaces::table.count().get_result(c).await)?);
    store.read(count).await.unwrap()
}

async fn a_transaction_that_fails_leaves_nothing(fresh: Fresh) {
    let home = Home::found(&fresh.store).await;
    let failing = async move |mut conn: Conn| {
        conn.tx(async |conn| {
            let gone = diesel::delete(projects::table.find(home.project));
            query!(conn, |c| gone.execute(c).await)?;
            let gone = diesel::delete(workspaces::table.find(home.workspace));
            query!(conn, |c| gone.execute(c).await)?;
            Err::<(), _>(StoreError::NotFound)
        })
        .await
    };
    assert!(matches!(fresh.store.write(failing).await, Err(StoreError::NotFound)));
    assert_eq!(count_workspaces(&fresh.store).await, 1);
}

async fn a_call_that_nobody_waits_for_runs_to_its_end(fresh: Fresh) {
    let home = Home::found(&fresh.store).await;
    let slow = async move |mut conn: Conn| {
        conn.tx(async |conn| {
            let renamed = diesel::update(workspaces::table.find(home.workspace));
            let renamed = renamed.set(workspaces::name.eq("Motors"));
            query!(conn, |c| renamed.execute(c).await)?;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            Ok(())
        })
        .await
    };
    let waiting = fresh.store.write(slow);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(20), waiting).await.is_err());
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let renamed = async |mut conn: Conn| {
        let name = workspaces::table.select(workspaces::name);
        Ok(query!(&mut conn, |c| name.first::<String>(c).await)?)
    };
    assert_eq!(fresh.store.read(renamed).await.unwrap(), "Motors");
}

async fn a_panic_in_a_transaction_harms_nobody(fresh: Fresh) {
    let home = Home::found(&fresh.store).await;
    let panicking = async move |mut conn: Conn| {
        conn.tx(async |conn| {
            let renamed = diesel::update(workspaces::table.find(home.workspace)).set(workspaces::name.eq("Motors"));
            query!(conn, |c| renamed.execute(c).await)?;
            assert!(std::hint::black_box(false), "a test of a panic");
            Ok(())
        })
        .await
    };
    assert!(fresh.store.write(panicking).await.is_err());
    for _ in 0..12 {
        Home::found(&fresh.store).await;
    }
    assert_eq!(count_workspaces(&fresh.store).await, 13);
}

async fn a_taken_key_is_named(fresh: Fresh) {
    let home = Home::found(&fresh.store).await;
    let again = async move |mut conn: Conn| {
        let now = Moment::default();
        let row = (
            projects::id.eq(ProjectId(fresh_id())),
            projects::workspace_id.eq(home.workspace),
            projects::key.eq("ENG"),
            projects::name.eq("Engine"),
            projects::created_by.eq(home.user),
            projects::created_at.eq(now),
            projects::updated_at.eq(now),
        );
        query!(&mut conn, |c| diesel::insert_into(projects::table).values(row).execute(c).await)?;
        Ok(())
    };
    let Err(StoreError::Taken { key }) = fresh.store.write(again).await else { panic!("not refused") };
    assert!(key.contains("projects") && key.contains("key"), "{key}");
}
