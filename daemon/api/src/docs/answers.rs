//! What an answer always carries. A field of ours that may be null is there all the same: null says that it is not known. One
//! that is there now and then is never null where it is (`#[schema(nullable = false)]`).

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr};

use super::problems::operations;

/// Where a document keeps its schemas.
const SCHEMAS: &str = "#/components/schemas/";

/// Lists every field that may be null among those that are always there, in the schemas that are answered and never sent.
pub(crate) fn with_what_is_always_there(mut document: OpenApi) -> OpenApi {
    let (mut answered, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations(&mut document) {
        names(&json(&operation.responses), &mut answered);
        names(&json(&operation.request_body), &mut sent);
    }
    let Some(components) = &mut document.components else {
        return document;
    };
    let of_all = json(&components.schemas);
    with_those_below(&mut answered, &of_all);
    with_those_below(&mut sent, &of_all);
    for name in answered.difference(&sent) {
        if let Some(RefOr::T(schema)) = components.schemas.get_mut(name) {
            list(schema);
        }
    }
    document
}

/// An object's own fields, and those of the objects that it is put together from.
fn list(schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            let nullable = object.properties.iter();
            let nullable = nullable.filter(|(_, field)| may_be_null(field));
            let nullable: Vec<String> = nullable.map(|(name, _)| name.clone()).collect();
            for name in nullable {
                if !object.required.contains(&name) {
                    object.required.push(name);
                }
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(list_of),
        Schema::OneOf(one) => one.items.iter_mut().for_each(list_of),
        _ => {}
    }
}

fn list_of(schema: &mut RefOr<Schema>) {
    if let RefOr::T(schema) = schema {
        list(schema);
    }
}

fn may_be_null(field: &RefOr<Schema>) -> bool {
    let is_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match field {
        RefOr::T(Schema::Object(object)) => is_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(may_be_null),
        _ => false,
    }
}

/// Adds every schema that one of them refers to.
fn with_those_below(names_of: &mut BTreeSet<String>, all: &Value) {
    let mut open: Vec<String> = names_of.iter().cloned().collect();
    while let Some(name) = open.pop() {
        let mut below = BTreeSet::new();
        names(&all[&name], &mut below);
        for name in below {
            if names_of.insert(name.clone()) {
                open.push(name);
            }
        }
    }
}

/// The schemas that something refers to by name.
fn names(what: &Value, found: &mut BTreeSet<String>) {
    match what {
        Value::Object(fields) => {
            let to = fields.get("$ref").and_then(Value::as_str);
            found.extend(
                to.and_then(|to| to.strip_prefix(SCHEMAS))
                    .map(str::to_owned),
            );
            fields.values().for_each(|field| names(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

fn json(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
