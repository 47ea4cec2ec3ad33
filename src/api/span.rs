//! The span of a request: every line of the log that it causes bears these fields.

use super::socket::SOCKET_PATHS;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use std::fmt::Display;
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{DefaultRootSpanBuilder, RootSpanBuilder, root_span};

/// For `TracingLogger::<RequestSpan>`. Headers, and with them tokens, are not logged; no URL holds one.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        if SOCKET_PATHS.contains(&request.path()) {
            // It would be entered for each piece of all that a connection is ever sent.
            return Span::none();
        }
        root_span!(request, user_id = Empty, workspace_id = Empty, board_id = Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        DefaultRootSpanBuilder::on_request_end(span, outcome);
    }
}

/// Sets a field of the request's span, once it is known.
pub fn record(field: &'static str, value: impl Display) {
    Span::current().record(field, tracing::field::display(value));
}
