//! Whether the process runs, whether it can serve, and what it measures. Outside the API's authentication.

use super::App;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long the database may take to answer.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

/// Whether this node can serve, and each thing that it hangs on.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`, `degraded` (Redis is away: boards of other nodes can't be changed from here), `draining`, `cut_off` (this
    /// node alone misses Redis or the database) or `unavailable`.
    pub status: &'static str,
    pub dependencies: Vec<Dependency>,
}

/// One thing that this node needs.
#[derive(Serialize, ToSchema)]
pub struct Dependency {
    pub name: &'static str,
    /// `ok` or `unavailable`.
    pub status: &'static str,
}

/// Whether the process runs.   `GET /health/live`
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok", dependencies: Vec::new() })
}

/// Whether this node can serve.   `GET /health/ready`
pub async fn ready(app: web::Data<App>) -> HttpResponse {
    let answered = tokio::time::timeout(DATABASE_WAIT, app.store.ping()).await;
    let database_is_there = matches!(answered, Ok(Ok(())));
    let bus = app.live.bus_state();
    let status = match (app.live.is_draining(), database_is_there, app.live.is_cut_off(), bus) {
        (true, ..) => "draining",
        (false, false, ..) => "unavailable",
        (false, true, true, _) => "cut_off",
        (false, true, false, Some((_, false))) => "degraded",
        (false, true, false, _) => "ok",
    };
    let serves = matches!(status, "ok" | "degraded");
    let code = if serves { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let dependency = |name, is_there| Dependency { name, status: if is_there { "ok" } else { "unavailable" } };
    let database = dependency(app.store.engine_name(), database_is_there);
    let bus = bus.map(|(name, is_up)| dependency(name, is_up));
    let dependencies = std::iter::once(database).chain(bus).collect();
    HttpResponse::build(code).json(Health { status, dependencies })
}

/// What this node measures, as Prometheus text.   `GET /metrics`
pub async fn metrics(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(app.metrics.render())
}
