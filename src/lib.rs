//! TeamFlow: a real-time collaboration engine and project-management server.

pub mod api;
pub mod auth;
pub mod domain;
pub mod live;
pub mod protocol;
pub mod store;
