//! TeamFlow: a real-time collaboration engine and project-management server.

pub mod domain;

pub mod protocol;

pub mod store;

pub mod cluster;

pub mod live;

pub mod auth;

pub mod demo;

pub mod api;

pub mod app;
pub mod config;
pub mod telemetry;
