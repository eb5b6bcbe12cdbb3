//! The dialect as an OpenAPI document: its operations are described where they are handled, the form that they take here.

#![expect(
    dead_code,
    reason = "the form is read part by part, so that each fault is told by its name; this is its shape for readers"
)]

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::scope::Scope;
use super::{answer, request};
use crate::docs::with_problems;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kairos, as kioskd answers it",
        version = "0.1",
        description = "One form with a document and a selfie in, a result to ask for later. Names, types and meanings are the published document's; what is ours is marked in docs/api/kairos.md. Null is what was not looked at.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(request::begin, answer::show),
    components(schemas(Problem)),
    security(("app_id" = [], "app_key" = [])),
    modifiers(&App)
)]
struct Described;

/// The document. Every scope has the operations of the first.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Described::openapi();
    let described = std::mem::take(&mut document.paths.paths);
    for scope in Scope::ALL {
        for (path, item) in &described {
            let path = path.replace(Scope::Full.path(), scope.path());
            document.paths.paths.insert(path, of_scope(item, scope));
        }
    }
    with_problems(document, "Problem")
}

fn of_scope(item: &PathItem, scope: Scope) -> PathItem {
    let mut item = item.clone();
    let named = |operation: &mut Operation| {
        let id = operation.operation_id.take().unwrap_or_default();
        let scope = scope.path().trim_start_matches('/').replace('-', "_");
        operation.operation_id = Some(format!("{scope}_{id}"));
    };
    item.get.iter_mut().for_each(named);
    item.post.iter_mut().for_each(named);
    item
}

struct App;

impl Modify for App {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, about) in [
            ("app_id", "A credential's name"),
            ("app_key", "The same one's key"),
        ] {
            let header = ApiKeyValue::with_description(name, about);
            let scheme = SecurityScheme::ApiKey(ApiKey::Header(header));
            components.add_security_scheme(name, scheme);
        }
    }
}

/// What is wrong.
#[derive(ToSchema)]
struct Problem {
    /// 0: there is no result.
    response_code: u8,
    error: ProblemIs,
}

/// A problem's code and text.
#[derive(ToSchema)]
struct ProblemIs {
    /// Stable.
    code: String,
    /// For people; it repeats nothing of what was sent.
    description: String,
}

/// The pictures.
#[derive(ToSchema)]
pub(super) struct Form {
    /// Required but for liveness alone, which takes none.
    #[schema(value_type = Option<String>, format = Binary)]
    document: Option<Vec<u8>>,
    #[schema(value_type = Option<String>, format = Binary)]
    document_back: Option<Vec<u8>>,
    /// Required but for the document alone.
    #[schema(value_type = Option<String>, format = Binary)]
    selfie: Option<Vec<u8>>,
    /// For liveness alone: pictures of the person in their order, or one video. Without any the selfie stands for them.
    #[schema(value_type = Vec<String>, format = Binary)]
    clip: Vec<Vec<u8>>,
}
