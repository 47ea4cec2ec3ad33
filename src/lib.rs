//! TeamFlow: a real-time collaboration engine and project-management server.

pub mod domain;
pub mod protocol;
pub mod store;
