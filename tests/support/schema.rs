//! Whether JSON is what the OpenAPI document says: the part of JSON Schema that the document uses.

use super::Value;

const UNNAMED: &str = "is not in the document";

/// All ways in which `value` is not what `schema` says; `$ref` is looked up in `document`.
pub fn differences(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "$", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        match document.pointer(reference.trim_start_matches('#')) {
            Some(target) => check(document, target, value, path, found),
            None => found.push(format!("{path}: {reference} is not in the document")),
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let mut different = Vec::new();
        check(document, part, value, path, &mut different);
        // What one part doesn't name, another may.
        found.extend(different.into_iter().filter(|difference| !difference.ends_with(UNNAMED)));
    }
    for key in ["oneOf", "anyOf"] {
        let Some(choices) = schema[key].as_array() else { continue };
        let all: Vec<_> = choices.iter().map(|choice| differences(document, choice, value)).collect();
        if !all.iter().any(Vec::is_empty) {
            found.push(format!("{path}: none of {key} fits: {all:?}"));
        }
    }
    let types = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let nullable = schema["nullable"] == true && value.is_null();
    if !types.is_empty() && !nullable && !types.iter().any(|name| is(name, value)) {
        found.push(format!("{path}: not {types:?}: {value}"));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{path}: not one of {allowed:?}: {value}"));
    }
    if let Some(object) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                found.push(format!("{path}.{name} is missing"));
            }
        }
        for (name, item) in object {
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Null) if schema["properties"].is_object() => {
                    found.push(format!("{path}.{name} {UNNAMED}"));
                }
                (Value::Null, Value::Bool(false)) => found.push(format!("{path}.{name} {UNNAMED}")),
                (Value::Null, other) => check(document, other, item, &format!("{path}.{name}"), found),
                (property, _) => check(document, property, item, &format!("{path}.{name}"), found),
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{path}[{index}]"), found);
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
