//! Ops that come by REST: through the board's actor, like all others.

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Caller, Ids, OpKey};
use crate::domain::board::op::{Ask, FieldError, Op, OpKind};
use crate::domain::board::sequencer::Applied;
use crate::domain::ids::{BoardId, OpId, TaskId};
use crate::live::BoardHandle;
use crate::protocol::code::Code;
use crate::protocol::decode;
use crate::protocol::frame::{Ack, Reject};
use crate::protocol::rest::board::{BULK_OPS_MAX, BulkAnswer, BulkOps, OpResult};
use actix_web::http::StatusCode;
use actix_web::web;
use serde_json::{Map, Value};

/// An op, or what is wrong with its body: the board checks rights first.
pub fn ask(kind: OpKind, task_id: Option<TaskId>, op: Result<Op, Vec<FieldError>>) -> Ask {
    match op {
        Ok(op) => Ask::Op(op),
        Err(errors) => Ask::Malformed { kind, task_id, errors },
    }
}

/// Submits one op of a flat body; an error names fields as that body has them.
pub async fn submit(board: &BoardHandle, caller: Caller, key: OpKey, ask: Ask) -> ApiResult<Applied> {
    let answer = board.submit(caller.user_id, key.0, ask).await;
    answer.map_err(|reject| ApiError::from(reject).without_set())
}

/// Up to 1,000 ops at once, each judged on its own or all together.
///
/// `POST /api/v1/boards/{board_id}/ops`
pub async fn bulk(
    caller: Caller,
    app: web::Data<App>,
    id: Ids<BoardId>,
    body: Body,
) -> ApiResult<web::Json<BulkAnswer>> {
    let board = app.board_for(caller, id.0, "board").await?;
    let body: BulkOps = body.json()?;
    let count = body.ops.len();
    if !(1..=BULK_OPS_MAX).contains(&count) {
        return Err(ApiError::field("ops", format!("must be 1 to {BULK_OPS_MAX} ops, got {count}")));
    }
    let asks = body.ops.into_iter().enumerate().map(|(i, op)| read(i, op)).collect::<ApiResult<Vec<_>>>()?;
    let op_ids: Vec<OpId> = asks.iter().map(|(op_id, _)| *op_id).collect();
    let results = board.submit_all(caller.user_id, asks, body.atomic).await;
    if body.atomic
        && let Some((i, reject)) = culprit(&results)
    {
        return Err(refused_together(i, reject));
    }
    let results = op_ids.into_iter().zip(results).map(|(op_id, result)| shown(op_id, result)).collect();
    Ok(web::Json(BulkAnswer { results }))
}

/// Reads one op of several: without an `op_id` and a known `kind` it can't even be rejected.
fn read(i: usize, mut op: Map<String, Value>) -> ApiResult<(OpId, Ask)> {
    let place = format!("ops[{i}]");
    let wrong = |message: &str| ApiError::field(&format!("{place}.op_id"), message);
    let op_id = match op.remove("op_id") {
        Some(Value::String(text)) => text.parse().map_err(|_| wrong("must be a UUID"))?,
        Some(_) => return Err(wrong("must be a UUID")),
        None => return Err(wrong("is missing")),
    };
    let ask = decode::ask(op).map_err(|errors| ApiError::invalid(errors).within(&place))?;
    Ok((op_id, ask))
}

/// How the board refuses the ops of an atomic request that are refused only for another one's sake.
const FOR_ANOTHER: &str = "not applied, because ops[";

/// Which op spoilt an atomic request, and why.
fn culprit(results: &[Result<Applied, Reject>]) -> Option<(usize, &Reject)> {
    let rejects = || results.iter().enumerate().filter_map(|(i, result)| Some((i, result.as_ref().err()?)));
    rejects().find(|(_, reject)| !reject.message.starts_with(FOR_ANOTHER)).or_else(|| rejects().next())
}

/// What is said of the whole is a conflict, unless it is only a matter of time.
fn refused_together(i: usize, reject: &Reject) -> ApiError {
    let code = reject.code;
    let error = ApiError::from(reject.clone());
    match code {
        Code::Unavailable | Code::RateLimitExceeded | Code::InternalError => error,
        _ => error.within(&format!("ops[{i}]")).with_status(StatusCode::CONFLICT),
    }
}

fn shown(op_id: OpId, result: Result<Applied, Reject>) -> OpResult {
    match result {
        Ok(applied) => {
            let Ack { op_id, seq, version, task_id, number, column_id } = Ack::new(op_id, &applied);
            OpResult::Applied { op_id, seq, version, task_id, number, column_id }
        }
        Err(reject) => OpResult::Rejected {
            op_id,
            code: reject.code,
            message: reject.message,
            details: reject.details,
            current: reject.current,
            conflicts: (!reject.conflicts.is_empty()).then(|| serde_json::to_value(&reject.conflicts).ok()).flatten(),
            retry_after_ms: reject.retry_after_ms,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_op_that_spoilt_the_others_is_named() {
        let other = Reject::new(Code::Conflict, "not applied, because ops[1] was refused");
        let results = [Err(other.clone()), Err(Reject::not_found("task")), Err(other)];
        let (i, reject) = culprit(&results).unwrap();
        assert_eq!((i, reject.code), (1, Code::NotFound));
        let error = refused_together(i, reject);
        let status = actix_web::ResponseError::status_code(&error);
        assert_eq!((error.code(), status), (Code::NotFound, StatusCode::CONFLICT));
    }

    #[test]
    fn what_is_a_matter_of_time_keeps_its_status() {
        let error = refused_together(0, &Reject::unavailable());
        assert_eq!(actix_web::ResponseError::status_code(&error), StatusCode::SERVICE_UNAVAILABLE);
    }
}
