//! Whether answers are what the OpenAPI document says: every answer that a test sees is
//! looked at, so that clients made from the document miss no field of any.

use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&greenzone::api::document_text()).expect("JSON"));

/// Checks that the document describes a JSON answer of the API: its status, and each field.
#[track_caller]
pub fn check(method: &str, path: &str, status: u16, body: &Value) {
    let operation = operation(method, path).unwrap_or_else(|| panic!("{method} {path} is not described"));
    let answer = &operation["responses"][status.to_string()];
    let schema = &answer["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {path} does not describe what it answers with {status}: {body}");
    let mut found = BTreeSet::new();
    undescribed(&DOCUMENT, &[schema], body, "", &mut found);
    assert!(found.is_empty(), "{method} {path} does not describe of what it answers with {status}: {found:?}");
}

/// The operation of an address: the pattern with the fewest parts that stand for any.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let asked: Vec<&str> = path.split('?').next()?.split('/').collect();
    let is_any = |part: &str| part.starts_with('{');
    let matches = |pattern: &&String| {
        let parts: Vec<&str> = pattern.split('/').collect();
        parts.len() == asked.len() && parts.iter().zip(&asked).all(|(part, asked)| is_any(part) || part == asked)
    };
    let paths = DOCUMENT["paths"].as_object()?;
    let pattern = paths.keys().filter(matches).min_by_key(|p| p.split('/').filter(|part| is_any(part)).count())?;
    paths[pattern].get(method.to_lowercase())
}

/// The schemas that a schema is made of, itself among them.
fn parts<'a>(document: &'a Value, schema: &'a Value, found: &mut Vec<&'a Value>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        parts(document, document.pointer(pointer).expect("a schema"), found);
    }
    for member in ["allOf", "oneOf", "anyOf"].iter().flat_map(|of| schema[*of].as_array().into_iter().flatten()) {
        parts(document, member, found);
    }
    found.push(schema);
}

/// The fields of a value that its schemas say nothing of, by their places.
fn undescribed(document: &Value, schemas: &[&Value], value: &Value, place: &str, found: &mut BTreeSet<String>) {
    let mut whole = Vec::new();
    schemas.iter().for_each(|schema| parts(document, schema, &mut whole));
    match value {
        Value::Object(members) => {
            let says = |name| whole.iter().any(|schema| schema.get(name).is_some_and(|said| *said != false));
            let is_open = says("additionalProperties") || !says("properties");
            for (name, member) in members {
                let place = format!("{place}.{name}");
                let inner: Vec<_> = whole.iter().filter_map(|schema| schema["properties"].get(name)).collect();
                if inner.is_empty() && !is_open {
                    found.insert(place);
                } else {
                    undescribed(document, &inner, member, &place, found);
                }
            }
        }
        Value::Array(items) => {
            let inner: Vec<_> = whole.iter().filter_map(|schema| schema.get("items")).collect();
            items.iter().for_each(|item| undescribed(document, &inner, item, &format!("{place}[]"), found));
        }
        _ => {}
    }
}

#[test]
fn a_field_that_is_not_described_is_found_wherever_it_stands() {
    let document = serde_json::json!({"s": {
        "day": {"properties": {"date": {}, "counts": {"type": "array", "items": {"$ref": "#/s/count"}}}},
        "count": {"allOf": [{"properties": {"level": {}}}, {"properties": {"units": {}}}]},
        "free": {"additionalProperties": {"$ref": "#/s/count"}},
    }});
    let found = |schema: &str, value: Value| {
        let mut found = BTreeSet::new();
        undescribed(&document, &[&serde_json::json!({"$ref": format!("#/s/{schema}")})], &value, "", &mut found);
        found.into_iter().collect::<Vec<_>>()
    };
    let day = serde_json::json!({"date": "x", "green": 1, "counts": [{"level": "a", "units": 1, "share": 2}]});
    assert_eq!(found("day", day), [".counts[].share", ".green"]);
    assert!(found("free", serde_json::json!({"anything": {"at": "all"}})).is_empty());
    assert!(found("day", serde_json::json!({"date": null, "counts": []})).is_empty());
}
