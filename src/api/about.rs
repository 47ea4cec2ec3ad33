//! What a server says of itself to strangers.

use super::App;
use crate::protocol::rest::demo::About;
use actix_web::web;

/// What the page shows before anybody is signed in.   `GET /api/v1/about`
pub async fn about(app: web::Data<App>) -> web::Json<About> {
    web::Json(About { version: env!("CARGO_PKG_VERSION"), demo: app.config.demo, sign_up: true })
}
