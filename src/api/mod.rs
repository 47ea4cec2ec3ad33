//! REST: HTTP on one side, `live` (whatever changes a board), `store` (reads and plain changes) and `auth` on the
//! other. One file a noun.

mod about;
mod access;
mod account;
mod admit;
mod asset;
mod board;
mod client;
mod column;
mod cursor;
mod demo;
mod error;
mod extract;
mod front;
mod guest;
mod health;
mod label;
mod member;
mod node;
mod op;
mod openapi;
mod origin;
mod project;
mod rate;
mod routes;
mod socket;
mod span;
mod task;
mod task_list;
#[cfg(test)]
mod tests;
mod workspace;

use demo::Demo;

pub use asset::Assets;
pub use client::client_ip;
pub use error::{ApiError, ApiResult};
pub use front::front;
pub use guest::keep_demo;
pub use openapi::openapi;
pub use origin::origin_allowed;
pub use rate::Limits;
pub use routes::configure;
pub use socket::{TokenAuthenticator, configure_socket};
pub use span::RequestSpan;

use crate::auth::{ACCESS_LIFE_MS, Auth, Revoked, now};
use crate::demo::Crews;
use crate::live::{Ended, Live};
use crate::store::Store;
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::IpAddr;

/// The largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 10 * 1_024 * 1_024;

/// What REST is told by the configuration.
#[derive(Debug, Clone, Default)]
pub struct ApiConfig {
    /// Lets refresh cookies go over plain http.
    pub development: bool,
    /// Browser origins that are allowed beside the one that equals `Host`: `https://app.example.org`.
    pub cors_origins: Vec<String>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Lets guests look at the demonstration.
    pub demo: bool,
}

/// All that handlers need: one for the whole process, shared as `web::Data<App>`.
pub struct App {
    pub store: Store,
    pub live: Live,
    pub auth: Auth,
    pub limits: Limits,
    pub config: ApiConfig,
    /// The browser app.
    pub assets: Assets,
    pub demo: Demo,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
}

impl App {
    /// Also tells `live` of every revocation, so that the sockets of an ended sign-in close.
    pub fn new(
        store: Store,
        live: Live,
        auth: Auth,
        limits: Limits,
        config: ApiConfig,
        assets: Assets,
        metrics: PrometheusHandle,
    ) -> Self {
        let told = live.clone();
        auth.on_revoked(move |what| told.revoked(ended(what)));
        let forgetful = auth.clone();
        live.on_ended_elsewhere(move |what| {
            forgetful.forget(match what {
                Ended::Family(id) => Revoked::Family(id),
                Ended::User(id) => Revoked::User(id),
            });
        });
        let tokens = auth.tokens().clone();
        let crews = Crews::new(move |user| Some(tokens.sign(user, None, now(), ACCESS_LIFE_MS).ok()?.0));
        Self { store, live, auth, limits, config, assets, demo: Demo::new(crews), metrics }
    }
}

fn ended(what: Revoked) -> Ended {
    match what {
        Revoked::Family(id) => Ended::Family(id),
        Revoked::User(id) => Ended::User(id),
    }
}
