//! The black-box suite: the protocol page, section by section, against the real program on each database.

#[path = "../support/mod.rs"]
mod support;

mod columns;
mod connection;
mod presence;
mod rooms;
mod tasks;
