//! `/idv/weights` and `/idv/requirements`: what a tenant sets beside the kiosk's policy.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use kiosk_session::{FieldName, Redacted, Weights};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::refusals::{Changes, Reads, ReadsFiltered, ReadsNamed};
use super::sdk::Done;
use super::session::asked;
use super::{bodies, published, words};
use crate::service::Caller;
use crate::terms::{self, SetRequirements, SetWeights, Setter};
use crate::web::App;
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;

/// Longest name of a client, a user, a source or a version, in characters.
const LONGEST: usize = 64;

type Asked = Query<HashMap<String, String>>;

/// The numbers, each with the least and the most that it may be.
pub(super) struct Numbers;

impl PartialSchema for Numbers {
    fn schema() -> RefOr<Schema> {
        let numbers = Weights::NAMED.into_iter();
        let of_all = numbers.fold(ObjectBuilder::new(), |object, (name, most)| {
            let number = ObjectBuilder::new()
                .schema_type(Type::Number)
                .minimum(Some(0.0))
                .maximum(Some(most));
            object.property(name, number).required(name)
        });
        of_all.into()
    }
}

impl ToSchema for Numbers {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("WeightNumbers")
    }
}

/// Which fields have to be read.
pub(super) struct Flags;

impl PartialSchema for Flags {
    fn schema() -> RefOr<Schema> {
        let words = FieldName::NAMED.into_iter();
        let of_all = words.fold(ObjectBuilder::new(), |object, (word, _)| {
            let name = format!("{word}_required");
            let flag = ObjectBuilder::new().schema_type(Type::Boolean);
            object.property(name.clone(), flag).required(name)
        });
        of_all.into()
    }
}

impl ToSchema for Flags {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("RequiredFields")
    }
}

/// A version of the weights.
#[derive(Serialize, ToSchema)]
#[schema(as = Weights)]
pub(super) struct Shown {
    #[serde(flatten)]
    #[schema(value_type = Numbers)]
    weights: Weights,
    /// The version's name.
    idv_weights_id: String,
    /// Who set them; null where they are the policy's own bounds.
    client_id: Option<String>,
    user_id: Option<String>,
}

/// A new version's name (ours).
#[derive(Serialize, ToSchema)]
#[schema(as = NewWeights)]
pub(super) struct Set {
    idv_weights_id: String,
}

/// What is required of one type of document, read in one way.
#[derive(Serialize, ToSchema)]
#[schema(as = Requirements)]
struct Required {
    client_id: Option<String>,
    user_id: Option<String>,
    #[schema(value_type = published::DocumentType)]
    type_e: String,
    #[schema(value_type = published::DataSource)]
    data_source_e: String,
    #[serde(flatten)]
    #[schema(value_type = Flags)]
    fields: Map<String, Value>,
}

/// What is required.
#[derive(Serialize, ToSchema)]
#[schema(as = AllRequirements)]
pub(super) struct Listed {
    requirements: Vec<Required>,
}

/// `GET /idv/weights`: those that hold now.
#[utoipa::path(get, path = "/idv/weights", tag = "Weights and requirements", operation_id = "read_weights", summary = "The weights that hold now", params(("client_id" = Option<String>, Query, description = "The caller's own")), security(("oauth2" = ["management"])), responses((status = 200, description = "The weights", body = Shown), Reads))]
pub(super) async fn read(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Asked,
) -> Result<Json<Shown>, Problem> {
    is_own(&caller, asked.get("client_id").map(String::as_str))?;
    let set = terms::weights(app.service.registry(), &caller.tenant)?;
    let set = set.unwrap_or_else(|| terms::of_policy(app.service.policy()));
    Ok(Json(shown(set)))
}

/// `GET /idv/weights/{id}`: those of a session that was decided by them.
#[utoipa::path(get, path = "/idv/weights/{id}", tag = "Weights and requirements", operation_id = "read_version_of_weights", summary = "A version of the weights", params(("id" = String, Path, description = "The version's name")), security(("oauth2" = ["management"])), responses((status = 200, description = "The weights", body = Shown), ReadsNamed))]
pub(super) async fn named(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Shown>, Problem> {
    let Path(id) = path.map_err(|_| Problem::NO_WEIGHTS)?;
    let set = terms::weights_named(app.service.registry(), &caller.tenant, &id)?;
    let of_policy = || Some(terms::of_policy(app.service.policy())).filter(|own| own.id == id);
    let set = set.or_else(of_policy).ok_or(Problem::NO_WEIGHTS)?;
    Ok(Json(shown(set)))
}

/// `POST /idv/weights`: a new version, which holds for what is decided from then on.
#[utoipa::path(post, path = "/idv/weights", tag = "Weights and requirements", operation_id = "set_weights", summary = "A new version of the weights", request_body = bodies::WeightsBody, security(("oauth2" = ["management"])), responses((status = 200, description = "Its name", body = Set), Changes))]
pub(super) async fn set(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Set>, Problem> {
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
    Ok(Json(Set { idv_weights_id: id }))
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

fn shown(set: SetWeights) -> Shown {
    Shown {
        user_id: user(&set.by),
        weights: set.weights,
        idv_weights_id: set.id,
        client_id: set.by.client_id,
    }
}

fn user(by: &Setter) -> Option<String> {
    by.user_id.as_ref().map(|user| user.reveal().clone())
}

/// `GET /idv/requirements`
#[utoipa::path(get, path = "/idv/requirements", tag = "Weights and requirements", operation_id = "read_requirements", summary = "What has to be read of documents", params(("client_id" = Option<String>, Query, description = "The caller's own"), ("type_e" = Option<published::DocumentType>, Query), ("data_source_e" = Option<String>, Query)), security(("oauth2" = ["management"])), responses((status = 200, description = "What is required", body = Listed), ReadsFiltered))]
pub(super) async fn requirements(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Query(asked): Asked,
) -> Result<Json<Listed>, Problem> {
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
    Ok(Json(Listed {
        requirements: all.map(required).collect(),
    }))
}

/// `POST /idv/requirements`: in the place of those of the same type and source.
#[utoipa::path(post, path = "/idv/requirements", tag = "Weights and requirements", operation_id = "set_requirements", summary = "What has to be read of one type of document, read in one way", request_body = bodies::RequirementsBody, security(("oauth2" = ["management"])), responses((status = 200, description = "It was kept", body = Done), Changes))]
pub(super) async fn require(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Done>, Problem> {
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
    Ok(Done::OK)
}

/// Where this kiosk reads a document's deciding fields.
const SOURCES: [&str; 3] = ["unknown", "mrz", "barcode"];

fn required(set: &SetRequirements) -> Required {
    let flags = FieldName::NAMED.into_iter().map(|(word, field)| {
        let wanted = set.required.contains(&field);
        (format!("{word}_required"), Value::Bool(wanted))
    });
    Required {
        client_id: set.by.client_id.clone(),
        user_id: user(&set.by),
        type_e: set.document_type.clone(),
        data_source_e: set.data_source.clone(),
        fields: flags.collect(),
    }
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
