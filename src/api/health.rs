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
    /// `ok`, `draining` or `unavailable`.
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
    let status = match (database_is_there, app.live.is_draining()) {
        (_, true) => "draining",
        (true, false) => "ok",
        (false, false) => "unavailable",
    };
    let code = if status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let database =
        Dependency { name: app.store.engine_name(), status: if database_is_there { "ok" } else { "unavailable" } };
    HttpResponse::build(code).json(Health { status, dependencies: vec![database] })
}

/// What this node measures, as Prometheus text.   `GET /metrics`
pub async fn metrics(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(app.metrics.render())
}
