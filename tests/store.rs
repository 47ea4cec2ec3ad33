//! One suite for the store, run on SQLite and on PostgreSQL.

#[path = "support/postgres.rs"]
mod postgres;

use postgres::Postgres;
use teamflow::store::{Step, Store, StoreConfig};

/// A fresh, migrated database.
struct Fresh {
    store: Store,
    server: Option<Postgres>,
    _folder: tempfile::TempDir,
}

impl Fresh {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/data/teamflow.db", folder.path().display());
        Self::open(url, None, folder).await
    }

    async fn postgres() -> Self {
        let server = Postgres::start();
        Self::open(server.create_database("teamflow"), Some(server), tempfile::tempdir().unwrap()).await
    }

    async fn open(url: String, server: Option<Postgres>, folder: tempfile::TempDir) -> Self {
        let store = Store::open(StoreConfig::new(url)).await.unwrap();
        store.migrate(Step::Up).await.unwrap();
        Self { store, server, _folder: folder }
    }
}

macro_rules! on_both {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        mod sqlite { $( $(#[$meta])* #[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Fresh::sqlite().await).await } )* }
        mod postgresql { $( $(#[$meta])* #[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Fresh::postgres().await).await } )* }
    };
}

on_both! { migrations_go_up_and_down }

async fn migrations_go_up_and_down(fresh: Fresh) {
    let store = &fresh.store;
    assert!(store.migrate(Step::Look).await.unwrap().is_empty());
    assert_eq!(store.migrate(Step::Down).await.unwrap().len(), 3);
    assert_eq!(store.migrate(Step::Look).await.unwrap().len(), 3);
    assert_eq!(store.migrate(Step::Up).await.unwrap().len(), 3);
    store.ping().await.unwrap();
    store.close().await;
    assert!(store.ping().await.is_err());
}
