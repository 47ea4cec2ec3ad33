//! What every black-box test stands on: a real server, clients that speak the protocol, a replica to compare with.

#![allow(dead_code, unused_imports, reason = "each suite that takes this in uses a part of it")]

pub mod client;
pub mod fleet;
pub mod postgres;
pub mod proxy;
pub mod raw;
pub mod redis;
pub mod replica;
pub mod rest;
pub mod schema;
pub mod server;
pub mod traffic;
pub mod world;

use std::future::Future;
use std::time::Duration;

pub use client::Client;
pub use replica::Replica;
pub use rest::Rest;
pub use serde_json::{Value, json};
pub use server::{Engine, Server};
pub use world::World;

/// How long anything that the protocol promises may take on a busy machine before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// No single test runs longer.
const TEST_MAX: Duration = Duration::from_secs(240);

/// Registers each of these `async fn(Engine)` as a test on SQLite and as one on PostgreSQL.
#[macro_export]
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            use $crate::support::{Engine, block_on};

            #[test]
            fn sqlite() {
                block_on(super::$name(Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                block_on(super::$name(Engine::Postgres));
            }
        })*
    };
}

/// Runs one test to its end on a thread of its own making.
pub fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(TEST_MAX, test).await.expect("the test ran too long") });
}

/// A new id, as a client may choose it.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

pub async fn sleep_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// Asks again every 50 ms until it holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "never came: {what}");
        sleep_ms(50).await;
    }
}

/// The text of a field that must be one.
#[track_caller]
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key:?} in {value}"))
}

/// The integer of a field that must be one.
#[track_caller]
pub fn int(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_else(|| panic!("no integer {key:?} in {value}"))
}

/// The items of a field that must be an array.
#[track_caller]
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no array {key:?} in {value}"))
}
