//! `/idv/weights` and `/idv/requirements`: what a tenant sets beside the kiosk's policy.

use std::collections::HashMap;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use kiosk_session::{FieldName, Redacted, Weights};
use serde_json::{Map, Value, json};

use super::session::asked;
use super::words;
use crate::service::Caller;
use crate::terms::{self, SetRequirements, SetWeights, Setter};
use crate::web::App;
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;

/// Longest name of a client, a user, a source or a version, in bytes.
const LONGEST: usize = 64;

type Asked = Query<HashMap<String, String>>;

/// `GET /idv/weights`: those that hold now.
pub(super) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Asked,
) -> Result<Json<Value>, Problem> {
    is_own(&caller, asked.get("client_id").map(String::as_str))?;
    let set = terms::weights(app.service.registry(), &caller.tenant)?;
    let set = set.unwrap_or_else(|| terms::of_policy(app.service.policy()));
    Ok(Json(shown(&set)))
}

/// `GET /idv/weights/{id}`: those of a session that was decided by them.
pub(super) async fn named(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let set = terms::weights_named(app.service.registry(), &caller.tenant, &id)?;
    let of_policy = || Some(terms::of_policy(app.service.policy())).filter(|own| own.id == id);
    let set = set.or_else(of_policy).ok_or(Problem::NO_WEIGHTS)?;
    Ok(Json(shown(&set)))
}

/// `POST /idv/weights`: a new version, which holds for what is decided from then on.
pub(super) async fn set(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let by = setter(&fields, &caller)?;
    let mut numbers = Map::new();
    for (name, most) in Weights::NAMED {
        numbers.insert(name.to_owned(), json!(number(&fields, name, most)?));
    }
    let weights: Weights =
        serde_json::from_value(Value::Object(numbers)).map_err(|_| Problem::INTERNAL)?;
    let id = terms::set_weights(app.service.registry(), &caller.tenant, by, weights).await?;
    app.record(&caller, "weights.set", Some(&id)).await?;
    Ok(Json(json!({ "idv_weights_id": id })))
}

fn number(fields: &Fields, name: &'static str, most: f64) -> Result<f64, Problem> {
    let value = match fields.get(name) {
        None | Some(Value::Null) => return Err(fields::missing(name)),
        Some(value) => value.as_f64(),
    };
    let within = value.filter(|number| (0.0..=most).contains(number));
    within.ok_or_else(|| {
        Problem::validation(format!(
            "Field `{name}` has to be a number from 0 to {most}"
        ))
    })
}

fn shown(set: &SetWeights) -> Value {
    let mut shown = match serde_json::to_value(set.weights) {
        Ok(Value::Object(numbers)) => numbers,
        _ => Map::new(),
    };
    shown.insert("idv_weights_id".to_owned(), json!(set.id));
    shown.insert("client_id".to_owned(), json!(set.by.client_id));
    shown.insert("user_id".to_owned(), user(&set.by));
    Value::Object(shown)
}

fn user(by: &Setter) -> Value {
    json!(by.user_id.as_ref().map(Redacted::reveal))
}

/// `GET /idv/requirements`
pub(super) async fn requirements(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Asked,
) -> Result<Json<Value>, Problem> {
    is_own(&caller, asked.get("client_id").map(String::as_str))?;
    let (kind, source) = (asked.get("type_e"), asked.get("data_source_e"));
    if let Some(kind) = kind {
        words::document_type_word("type_e", kind)?;
    }
    let all = terms::requirements(app.service.registry(), &caller.tenant)?;
    let all = all.iter().filter(|set| {
        kind.is_none_or(|kind| *kind == set.document_type)
            && source.is_none_or(|source| *source == set.data_source)
    });
    let all: Vec<Value> = all.map(required).collect();
    Ok(Json(json!({ "requirements": all })))
}

/// `POST /idv/requirements`: in the place of those of the same type and source.
pub(super) async fn require(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let fields = asked(&app, request).await?;
    let by = setter(&fields, &caller)?;
    let document_type = fields::required(&fields, "type_e", LONGEST)?;
    words::document_type_word("type_e", &document_type)?;
    let data_source = fields::required(&fields, "data_source_e", LONGEST)?;
    if !SOURCES.contains(&data_source.as_str()) {
        let known = SOURCES.join(", ");
        return Err(Problem::validation(format!(
            "Field `data_source_e` has to be one of {known}"
        )));
    }
    let mut wanted = Vec::new();
    for (word, field) in FieldName::NAMED {
        if fields::truth(&fields, &format!("{word}_required"))? {
            wanted.push(field);
        }
    }
    let set = SetRequirements {
        document_type,
        data_source,
        by,
        required: wanted,
    };
    terms::set_requirements(app.service.registry(), &caller.tenant, &set).await?;
    app.record(&caller, "requirements.set", None).await?;
    Ok(Json(json!({})))
}

/// Where this kiosk reads a document's deciding fields.
const SOURCES: [&str; 3] = ["unknown", "mrz", "barcode"];

fn required(set: &SetRequirements) -> Value {
    let mut shown = Map::new();
    shown.insert("client_id".to_owned(), json!(set.by.client_id));
    shown.insert("user_id".to_owned(), user(&set.by));
    shown.insert("type_e".to_owned(), json!(set.document_type));
    shown.insert("data_source_e".to_owned(), json!(set.data_source));
    for (word, field) in FieldName::NAMED {
        let wanted = set.required.contains(&field);
        shown.insert(format!("{word}_required"), json!(wanted));
    }
    Value::Object(shown)
}

/// Who sets something: the caller, for whom else it may name.
fn setter(fields: &Fields, caller: &Caller) -> Result<Setter, Problem> {
    is_own(
        caller,
        fields::text(fields, "client_id", LONGEST)?.as_deref(),
    )?;
    let user = fields::text(fields, "user_id", LONGEST)?;
    Ok(Setter {
        client_id: Some(caller.credential.clone()),
        user_id: user.map(Redacted::new),
    })
}

/// A client names itself or nobody.
pub(super) fn is_own(caller: &Caller, client: Option<&str>) -> Result<(), Problem> {
    match client {
        Some(named) if named != caller.credential => Err(Problem::OTHER_CLIENT),
        _ => Ok(()),
    }
}
