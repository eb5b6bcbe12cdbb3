//! The dialect as an OpenAPI document: its operations are described where they are handled, the bodies that they take in
//! `bodies`, the published words in `published`.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme,
};
use utoipa::{Modify, OpenApi};

use super::refusals::Problem;
use super::{document, ida, identity, oauth, sdk, session, tests_read, utility, webhook, weights};
use crate::docs::with_named_problems;

/// Operations of an authentication that are those of a verification: where they stand, and those that they are.
const SAME: [(&str, &str); 5] = [
    ("/ida/sdk/metadata/update", "/idv/sdk/metadata/update"),
    ("/ida/sdk/liveness/generate", "/idv/sdk/liveness/generate"),
    ("/ida/sdk/liveness/process", "/idv/sdk/liveness/process"),
    ("/ida/session/delete", "/idv/session/delete"),
    ("/ida/session/location/read", "/idv/session/location/read"),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "KYC API, as kioskd answers it",
        version = "2.10.15",
        description = "Sessions that verify who a person is, identities that come of them, authentications of those. Names and types are the published document's; what is ours is marked in docs/api/kyc.md. Null is what was not measured or can't be known.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        utility::root,
        utility::ping,
        utility::status,
        utility::metrics,
        utility::live,
        utility::ready,
        utility::simple,
        crate::onboarder::health::check,
        utility::version,
        oauth::token,
        sdk::metadata,
        sdk::generate,
        sdk::process,
        sdk::read,
        sdk::consent,
        sdk::document_type,
        sdk::front,
        sdk::back,
        sdk::finalize,
        session::location,
        session::anonymize,
        session::delete,
        session::create,
        session::list,
        session::read,
        document::read,
        document::list,
        document::download,
        tests_read::read,
        weights::requirements,
        weights::require,
        weights::read,
        weights::set,
        weights::named,
        ida::create,
        ida::list,
        ida::read,
        ida::download,
        ida::sdk_read,
        ida::finalize,
        identity::list,
        identity::anonymize,
        identity::read,
        identity::status,
        identity::of_document,
        identity::image,
        webhook::create,
        webhook::list,
        webhook::delete,
        webhook::test,
        webhook::attempts,
        webhook::make_secret,
        webhook::secrets,
        webhook::delete_secret
    ),
    components(schemas(Problem)),
    modifiers(&Credentials)
)]
struct Described;

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Described::openapi();
    for (path, of) in SAME {
        let item = document.paths.paths.get(of).cloned();
        if let Some(mut item) = item {
            item.post.iter_mut().for_each(for_an_authentication);
            document.paths.paths.insert(path.to_owned(), item);
        }
    }
    with_named_problems(document, "Problem")
}

fn for_an_authentication(operation: &mut Operation) {
    let id = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{id}_of_authentication"));
}

/// A token of the client credentials, and the client that it was given to.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scopes = Scopes::from_iter([
            ("sdk", "Walk a person through a session"),
            ("management", "Create, read and end sessions"),
        ]);
        let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth2/token", scopes));
        let client = ApiKeyValue::with_description(
            "X-Client-Id",
            "The client that the token was given to; with every operation of an SDK",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("oauth2", SecurityScheme::OAuth2(OAuth2::new([flow])));
        components.add_security_scheme("client", SecurityScheme::ApiKey(ApiKey::Header(client)));
    }
}
