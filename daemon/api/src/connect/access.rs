//! Who calls: a person with an access token or a machine with a key, and whether they may.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use kiosk_staff::{Principal, Scope, Who};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Office;
use crate::auth::{ApiKey, Permission};
use crate::origin;
use crate::service::Caller;
use crate::web::App;
use crate::web::gate::{Presented, only};
use crate::web::problem::Problem;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy)]
pub(super) enum Needs {
    /// That they may do this.
    Scope(Scope),
    /// That they are known.
    Anybody,
    /// That they are a person.
    User,
    /// The same, with a first password too: to choose another, or to go.
    UserOfAnyPassword,
}

/// What a handler of a known caller works with.
pub(super) struct Desk {
    pub(super) app: App,
    pub(super) office: Office,
    pub(super) principal: Principal,
    pub(super) caller: Caller,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let there = &parts.extensions;
        // Its route stands behind [`behind`], which has put all of them there.
        let known = (
            there.get().cloned(),
            there.get().cloned(),
            there.get().cloned(),
        );
        let (Some(office), Some(principal), Some(caller)) = known else {
            return Err(Problem::INTERNAL);
        };
        Ok(Self {
            app: app.clone(),
            office,
            principal,
            caller,
        })
    }
}

impl Desk {
    /// Whose records are seen.
    pub(super) fn tenant(&self) -> &str {
        &self.principal.tenant
    }

    /// Now, by the service's clock.
    pub(super) fn now(&self) -> OffsetDateTime {
        self.app.service.now()
    }

    /// The caller as a person: who, and by which login.
    pub(super) fn person(&self) -> Result<(Uuid, Uuid), Problem> {
        match self.principal.who {
            Who::User { id, login } => Ok((id, login)),
            Who::Machine => Err(Problem::NO_PERSON),
        }
    }

    /// Records a change.
    pub(super) async fn note(&self, action: &'static str, id: Uuid) -> Result<(), Problem> {
        let id = id.to_string();
        self.app.record(&self.caller, action, Some(&id)).await
    }
}

/// The route behind that; its handlers find the [`Principal`] and the [`Caller`] as extensions.
pub(super) fn behind(
    app: &App,
    office: &Office,
    needs: Needs,
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    route.route_layer(from_fn_with_state(
        (app.clone(), office.clone(), needs),
        check,
    ))
}

async fn check(
    State((app, office, needs)): State<(App, Office, Needs)>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = origin::of(&request);
    match principal(&app, &office, needs, request.headers()).await {
        Ok(principal) => {
            let caller = Caller::new(&principal.tenant, &principal.name).from_address(address);
            let extensions = request.extensions_mut();
            extensions.insert(caller);
            extensions.insert(principal);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn principal(
    app: &App,
    office: &Office,
    needs: Needs,
    headers: &HeaderMap,
) -> Result<Principal, Problem> {
    let now = app.service.now();
    let bearer = headers.contains_key(header::AUTHORIZATION);
    let key = headers.contains_key("x-api-key");
    if bearer && key {
        return Err(Problem::TWO_CREDENTIALS);
    }
    let principal = if key {
        let key = only(headers, "x-api-key", &Problem::NO_CREDENTIAL)?;
        let known = app.gate.known(&Presented { name: None, key });
        match known {
            Ok(of_config) => machine(of_config),
            Err(problem) if problem.status() == 401 => {
                let key = std::str::from_utf8(key).map_err(|_| Problem::BAD_KEY)?;
                office
                    .directory
                    .machine(key, now)
                    .await
                    .map_err(|_| Problem::BAD_KEY)?
            }
            Err(problem) => return Err(problem),
        }
    } else {
        let value = only(
            headers,
            header::AUTHORIZATION.as_str(),
            &Problem::NO_CREDENTIAL,
        )?;
        let token = std::str::from_utf8(value)
            .ok()
            .and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or(Problem::BAD_ACCESS)?.trim();
        let directory = &office.directory;
        match needs {
            Needs::UserOfAnyPassword => directory.bearer_of_any_password(token, now).await?,
            _ => directory.bearer(token, now).await?,
        }
    };
    let person = matches!(principal.who, Who::User { .. });
    match needs {
        Needs::Scope(scope) if !principal.may(scope) => Err(Problem::scope(scope.name())),
        Needs::User | Needs::UserOfAnyPassword if !person => Err(Problem::NO_PERSON),
        _ => Ok(principal),
    }
}

/// A key of the config: what its permissions mean here. It manages nobody.
fn machine(key: &ApiKey) -> Principal {
    let all = |needed: &[Permission]| needed.iter().all(|permission| key.allows(*permission));
    let mut scopes = Vec::new();
    if all(&[Permission::Read]) {
        scopes.extend([
            Scope::OnboardingRead,
            Scope::VerificationRead,
            Scope::AmlRead,
            Scope::StorageRead,
        ]);
    }
    if all(&[Permission::Create, Permission::Capture, Permission::Submit]) {
        scopes.extend([Scope::OnboardingWrite, Scope::VerificationWrite]);
    }
    Principal {
        tenant: key.tenant.clone(),
        name: key.name.clone(),
        scopes,
        who: Who::Machine,
    }
}
