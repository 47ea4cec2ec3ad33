//! Many nodes: one board, one writer, any node, whatever dies. Real processes on real PostgreSQL and Redis; after each
//! scenario a checker reads what every client saw, and the log.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it failed")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod bites;
mod checker;
mod checker_tests;
mod cut;
mod database;
mod deaths;
mod demo;
mod follower;
mod load;
mod membership;
mod nemesis;
mod presence;
mod redis;
mod relay;
mod rest_writer;
mod surroundings;
mod topologies;
