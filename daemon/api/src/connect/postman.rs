//! The Postman collection, made anew of the OpenAPI document at each download.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use super::openapi;
use crate::web::App;

/// The form's own name (Postman Collection Format 2.1.0).
const FORMAT: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];
type Head = (HeaderName, HeaderValue);

/// The collection, as a file.
#[utoipa::path(get, path = "/api/v1/health/postman-collection", tag = "Health",
    responses((status = 200, body = Object)))]
pub(super) async fn download(State(app): State<App>) -> ([Head; 1], Json<Value>) {
    let name = "attachment; filename=\"kyconnect_postman_collection.json\"";
    let head = (header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    let spec = serde_json::to_value(openapi::document()).unwrap_or_default();
    ([head], Json(collection(&spec, &app.settings.public_url)))
}

/// A folder for each category, a request for each operation.
fn collection(spec: &Value, public_url: &str) -> Value {
    let mut folders: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let paths = spec["paths"].as_object();
    for (path, operations) in paths.into_iter().flatten() {
        for method in METHODS {
            let operation = &operations[method];
            if !operation.is_null() {
                let tag = operation["tags"][0].as_str().unwrap_or("Other");
                folders
                    .entry(tag)
                    .or_default()
                    .push(item(spec, path, method, operation));
            }
        }
    }
    let folders: Vec<Value> = folders
        .into_iter()
        .map(|(name, items)| json!({"name": name, "item": items}))
        .collect();
    json!({
        "info": {"name": spec["info"]["title"], "description": spec["info"]["description"], "schema": FORMAT},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{KYCONNECT_JWT}}", "type": "string"}]},
        "variable": [
            {"key": "KYCONNECT_BASE_URL", "value": public_url},
            {"key": "KYCONNECT_JWT", "value": ""},
            {"key": "KYCONNECT_API_KEY", "value": ""},
        ],
        "item": folders,
    })
}

fn item(spec: &Value, path: &str, method: &str, operation: &Value) -> Value {
    let named: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(variable)
        .collect();
    let raw = format!("{{{{KYCONNECT_BASE_URL}}}}/{}", named.join("/"));
    let mut request = json!({
        "method": method.to_uppercase(),
        "description": operation["description"],
        "header": [],
        "url": {"raw": raw, "host": ["{{KYCONNECT_BASE_URL}}"], "path": named},
    });
    if operation["security"].is_null() {
        request["auth"] = json!({"type": "noauth"});
    }
    let content = &operation["requestBody"]["content"];
    if let Some(schema) = content.get("application/json").map(|json| &json["schema"]) {
        let example = example(spec, schema);
        request["header"] = json!([{"key": "Content-Type", "value": "application/json"}]);
        request["body"] = json!({"mode": "raw", "raw": serde_json::to_string_pretty(&example).unwrap_or_default()});
    } else if content.get("multipart/form-data").is_some() {
        request["body"] =
            json!({"mode": "formdata", "formdata": [{"key": "file", "type": "file", "src": []}]});
    }
    let summary = operation["summary"]
        .as_str()
        .or(operation["operationId"].as_str());
    json!({"name": summary.unwrap_or(path), "request": request})
}

/// `{id}` as Postman writes it, `:id`.
fn variable(part: &str) -> String {
    part.strip_prefix('{')
        .and_then(|part| part.strip_suffix('}'))
        .map_or_else(|| part.to_owned(), |name| format!(":{name}"))
}

/// An example of a body: each field's own, or an empty one of its type.
fn example(spec: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|name| name.rsplit('/').next())
    {
        return example(spec, &spec["components"]["schemas"][name]);
    }
    if let Some(given) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return given.clone();
    }
    let mut ways = schema["oneOf"].as_array().into_iter().flatten();
    if let Some(way) = ways.find(|way| way["type"] != "null") {
        return example(spec, way);
    }
    if let Some(fields) = schema["properties"].as_object() {
        let fields = fields
            .iter()
            .map(|(name, field)| (name.clone(), example(spec, field)));
        return Value::Object(fields.collect());
    }
    match schema["type"].as_str() {
        Some("string") => json!(""),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_a_request_with_its_own_examples() {
        let spec = serde_json::to_value(openapi::document()).unwrap();
        let made = collection(&spec, "http://127.0.0.1:9000");
        let items = made["item"].as_array().unwrap().iter();
        let requests: Vec<&Value> = items
            .flat_map(|folder| folder["item"].as_array().unwrap())
            .collect();
        let operations = spec["paths"].as_object().unwrap().values();
        let operations: usize = operations
            .map(|path| METHODS.iter().filter(|m| !path[**m].is_null()).count())
            .sum();
        assert_eq!(requests.len(), operations);
        assert!(operations > 40, "{operations}");
        let login = requests.iter().find(|item| {
            item["request"]["url"]["raw"]
                .as_str()
                .unwrap()
                .ends_with("/auth/login")
        });
        let body = login.unwrap()["request"]["body"]["raw"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["email"], "admin@yourfirm.com");
        assert_eq!(login.unwrap()["request"]["auth"]["type"], "noauth");
    }
}
