//! Reads bodies and ops: what is wrong is named by its field, its bound and what was got.

use crate::domain::board::op::{Ask, FieldError, Op, OpKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads `T` from JSON text.
///
/// # Errors
/// One entry, for the first thing that is wrong; `field` is its path (`set.title`), empty for the whole.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, Vec<FieldError>> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| field_errors(&error))?;
    reader.end().map_err(|_| vec![whole("must be one JSON value and nothing after it")])?;
    Ok(value)
}

/// Reads `T` from an object that was read before.
///
/// # Errors
/// As [`from_json`].
pub fn from_object<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Vec<FieldError>> {
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| field_errors(&error))
}

/// Reads an op of protocol section 4 from its object, `kind` and all.
///
/// # Errors
/// Where there is no `kind`, or an unknown one. What is wrong with the body of a known kind is in the [`Ask`],
/// because rights are checked before it.
pub fn ask(mut object: Map<String, Value>) -> Result<Ask, Vec<FieldError>> {
    let kind = match object.remove("kind") {
        Some(Value::String(name)) => OpKind::from_name(&name).ok_or_else(|| {
            vec![FieldError { field: "kind".into(), message: format!("unknown kind {:?}", shortened(&name)) }]
        })?,
        Some(_) => return Err(vec![FieldError { field: "kind".into(), message: "must be text".into() }]),
        None => return Err(vec![FieldError { field: "kind".into(), message: "is missing".into() }]),
    };
    let task_id = object.get("task_id").and_then(Value::as_str).and_then(|text| text.parse().ok());
    Ok(match op(kind, object) {
        Ok(op) => Ask::Op(op),
        Err(errors) => Ask::Malformed { kind, task_id, errors },
    })
}

fn op(kind: OpKind, body: Map<String, Value>) -> Result<Op, Vec<FieldError>> {
    let op = match kind {
        OpKind::TaskCreate => Op::TaskCreate(from_object(body)?),
        OpKind::TaskUpdate => Op::TaskUpdate(from_object(body)?),
        OpKind::TaskMove => Op::TaskMove(from_object(body)?),
        OpKind::TaskDelete => Op::TaskDelete(from_object(body)?),
        OpKind::TaskRestore => Op::TaskRestore(from_object(body)?),
        OpKind::ColumnCreate => Op::ColumnCreate(from_object(body)?),
        OpKind::ColumnUpdate => Op::ColumnUpdate(from_object(body)?),
        OpKind::ColumnMove => Op::ColumnMove(from_object(body)?),
        OpKind::ColumnDelete => Op::ColumnDelete(from_object(body)?),
    };
    Ok(op)
}

fn whole(message: &str) -> FieldError {
    FieldError { field: String::new(), message: message.to_owned() }
}

/// Text from a client, cut so that an answer can't be made large by it.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Names the field: serde says a missing or unknown one only in its message.
fn field_errors(error: &serde_path_to_error::Error<serde_json::Error>) -> Vec<FieldError> {
    let path = match error.path().to_string() {
        path if path == "." => String::new(),
        path => path,
    };
    let message = error.inner().to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let named = |prefix: &str| {
        message.strip_prefix(prefix).and_then(|rest| rest.split_once('`')).map(|(name, _)| name.to_owned())
    };
    let (field, message) = if let Some(name) = named("missing field `") {
        (joined(&path, &name), "is missing".to_owned())
    } else if let Some(name) = named("unknown field `") {
        let path = path.strip_suffix(name.as_str()).map_or(path.as_str(), |rest| rest.trim_end_matches('.'));
        (joined(path, &shortened(&name)), "is unknown".to_owned())
    } else {
        (path, message.chars().take(300).collect())
    };
    vec![FieldError { field, message }]
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors_of(op: Value) -> Vec<(String, String)> {
        let Value::Object(object) = op else { panic!("not an object") };
        let errors = match ask(object) {
            Ok(Ask::Malformed { errors, .. }) => errors,
            Ok(Ask::Op(op)) => panic!("accepted {op:?}"),
            Err(errors) => errors,
        };
        errors.into_iter().map(|error| (error.field, error.message)).collect()
    }

    const ID: &str = "01920000-0000-7000-8000-000000000001";

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let cases = [
            (json!({}), "kind", "is missing"),
            (json!({"kind": 1}), "kind", "must be text"),
            (json!({"kind": "task.fly"}), "kind", "unknown kind \"task.fly\""),
            (json!({"kind": "task.delete"}), "task_id", "is missing"),
            (json!({"kind": "task.delete", "task_id": ID, "colour": 1}), "colour", "is unknown"),
            (json!({"kind": "task.delete", "task_id": ID, "version": 0}), "version", "must be 1 to 2147483647, got 0"),
            (
                json!({"kind": "task.update", "task_id": ID, "set": {"title": "ab"}}),
                "set.title",
                "must be 3 to 200 characters, got 2",
            ),
            (json!({"kind": "task.update", "task_id": ID, "set": {"colour": "ab"}}), "set.colour", "is unknown"),
            (
                json!({"kind": "task.update", "task_id": ID, "set": {"story_points": 22}}),
                "set.story_points",
                "must be 1 to 21, got 22",
            ),
        ];
        for (op, field, message) in cases {
            assert_eq!(errors_of(op.clone()), [(field.to_owned(), message.to_owned())], "{op}");
        }
    }

    #[test]
    fn a_null_clears_and_an_absent_field_is_left() {
        let op = json!({"kind": "task.update", "task_id": ID, "set": {"due_date": null}});
        let Value::Object(object) = op else { unreachable!() };
        let Ok(Ask::Op(Op::TaskUpdate(op))) = ask(object) else { panic!("refused") };
        let set = op.set.unwrap();
        assert_eq!((set.due_date, set.story_points), (Some(None), None));
    }

    #[test]
    fn a_destination_is_never_read_but_as_a_column() {
        assert_eq!(errors_of(json!({"kind": "task.move", "task_id": ID, "column_id": "first_done"}))[0].0, "column_id");
    }
}
