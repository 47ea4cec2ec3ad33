//! The black-box suite: the protocol page, section by section, against the real program on each database.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it failed")]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod app;
mod columns;
mod connection;
mod crash;
mod demo;
mod document;
mod doors;
mod hostile;
mod limits;
mod once;
mod operations;
mod placing;
mod presence;
mod profile;
mod recorded;
mod roles;
mod rooms;
mod tasks;
mod versions;
mod workspaces;
