//! OAuth2 client credentials (RFC 6749, section 4.4): a credential's name and key for a token of an hour.
//!
//! Tokens are random and known by their SHA-256 only; they end with the process, so that a client asks for another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use axum::{Extension, Form, Json};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::auth::{ApiKey, Permission};
use crate::origin;
use crate::service::Caller;
use crate::web::App;
use crate::web::gate::{Presented, only};
use crate::web::problem::Problem;

/// How long a token holds.
const LIFETIME: Duration = Duration::hours(1);
/// Most tokens at once; those that are over go first, then nobody gets another.
const MOST: usize = 10_000;
/// Largest body of a request for a token, in bytes.
pub(super) const LARGEST_FORM: usize = 8 * 1024;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Walk a person through a session.
    Sdk,
    /// Create, read and end sessions.
    Management,
}

impl Scope {
    const ALL: [Self; 2] = [Self::Sdk, Self::Management];

    const fn name(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Management => "management",
        }
    }

    /// What the credential has to allow for it.
    const fn needs(self) -> &'static [Permission] {
        match self {
            Self::Sdk => &[Permission::Capture, Permission::Submit],
            Self::Management => &[Permission::Create, Permission::Read],
        }
    }

    fn is_allowed(self, key: &ApiKey) -> bool {
        self.needs().iter().all(|needed| key.allows(*needed))
    }
}

/// What a token was given for.
struct Granted {
    credential: String,
    scopes: Vec<Scope>,
    until: OffsetDateTime,
}

/// The tokens that hold, by their SHA-256.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<[u8; 32], Granted>>);

impl Tokens {
    /// A new token, or `None` where there are too many.
    fn grant(&self, granted: Granted, now: OffsetDateTime) -> Option<String> {
        let mut held = self.held();
        if held.len() >= MOST {
            held.retain(|_, granted| granted.until > now);
        }
        if held.len() >= MOST {
            return None;
        }
        // Two random UUIDs: 244 bits.
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        held.insert(Sha256::digest(&token).into(), granted);
        Some(token)
    }

    /// The credential behind a token that holds and has the scope.
    fn credential(
        &self,
        token: &str,
        scope: Scope,
        now: OffsetDateTime,
    ) -> Result<String, Problem> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let held = self.held();
        let granted = held.get(&hash).filter(|granted| granted.until > now);
        let granted = granted.ok_or(Problem::BAD_TOKEN)?;
        if granted.scopes.contains(&scope) {
            Ok(granted.credential.clone())
        } else {
            Err(Problem::scope(scope.name()))
        }
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], Granted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Asked {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

#[derive(Serialize)]
struct Given {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
}

/// `POST /oauth2/token`
pub(super) async fn token(
    State(app): State<App>,
    Extension(tokens): Extension<Arc<Tokens>>,
    request: Request,
) -> Response {
    match given(&app, &tokens, request).await {
        Ok(given) => Json(given).into_response(),
        Err(refused) => refused,
    }
}

async fn given(app: &App, tokens: &Tokens, request: Request) -> Result<Given, Response> {
    let headers = request.headers().clone();
    let read = tokio::time::timeout(
        app.settings.limits.body_time,
        Form::<Asked>::from_request(request, &()),
    );
    let read = read.await.map_err(|_| Problem::TOO_SLOW.into_response())?;
    let Form(asked) = read.map_err(|_| refused(StatusCode::BAD_REQUEST, "invalid_request"))?;
    if asked.grant_type.as_deref() != Some("client_credentials") {
        return Err(refused(StatusCode::BAD_REQUEST, "unsupported_grant_type"));
    }
    let client = client(&headers, &asked)
        .ok_or_else(|| refused(StatusCode::UNAUTHORIZED, "invalid_client"))?;
    let presented = Presented {
        name: Some(client.0.as_bytes()),
        key: client.1.as_bytes(),
    };
    let key = app.gate.known(&presented).map_err(|problem| {
        if problem.status() == StatusCode::UNAUTHORIZED.as_u16() {
            refused(StatusCode::UNAUTHORIZED, "invalid_client")
        } else {
            problem.into_response()
        }
    })?;
    let scopes = scopes(key, asked.scope.as_deref())
        .ok_or_else(|| refused(StatusCode::BAD_REQUEST, "invalid_scope"))?;
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    let scope = names.join(" ");
    let now = app.service.now();
    let granted = Granted {
        credential: key.name.clone(),
        scopes,
        until: now + LIFETIME,
    };
    let token = tokens.grant(granted, now);
    Ok(Given {
        access_token: token
            .ok_or_else(|| Problem::unavailable("too many tokens hold").into_response())?,
        token_type: "Bearer",
        expires_in: LIFETIME.whole_seconds(),
        scope,
    })
}

/// RFC 6749's own form of an error (section 5.2).
fn refused(status: StatusCode, error: &'static str) -> Response {
    let mut response = (status, Json(json!({ "error": error }))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let basic = header::HeaderValue::from_static("Basic realm=\"kioskd\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, basic);
    }
    response
}

/// Name and key, by HTTP Basic or in the form (section 2.3.1); both at once are neither.
fn client(headers: &HeaderMap, asked: &Asked) -> Option<(String, String)> {
    let of_form = asked.client_id.clone().zip(asked.client_secret.clone());
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return of_form;
    };
    let basic = value.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(basic.trim()).ok()?).ok()?;
    let (name, key) = decoded.split_once(':')?;
    of_form.is_none().then(|| (name.to_owned(), key.to_owned()))
}

/// The scopes asked for, or all that the credential may have; `None` where one is unknown or not allowed, or none is left.
fn scopes(key: &ApiKey, asked: Option<&str>) -> Option<Vec<Scope>> {
    let allowed = Scope::ALL.into_iter().filter(|scope| scope.is_allowed(key));
    let allowed: Vec<Scope> = allowed.collect();
    let Some(asked) = asked.filter(|asked| !asked.trim().is_empty()) else {
        return (!allowed.is_empty()).then_some(allowed);
    };
    asked
        .split_whitespace()
        .map(|name| allowed.iter().copied().find(|scope| scope.name() == name))
        .collect()
}

/// The route behind a token with `scope`; its handlers find the [`Caller`] as an extension.
pub(super) fn bearer(
    app: &App,
    tokens: &Arc<Tokens>,
    scope: Scope,
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    route.route_layer(from_fn_with_state(
        (app.clone(), Arc::clone(tokens), scope),
        check,
    ))
}

async fn check(
    State((app, tokens, scope)): State<(App, Arc<Tokens>, Scope)>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller(&app, &tokens, scope, request.headers()) {
        Ok(caller) => {
            let caller = caller.from_address(origin::of(&request));
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn caller(
    app: &App,
    tokens: &Tokens,
    scope: Scope,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    let value = only(headers, header::AUTHORIZATION.as_str(), &Problem::NO_TOKEN)?;
    let token = std::str::from_utf8(value)
        .ok()
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Problem::BAD_TOKEN)?;
    let name = tokens.credential(token.trim(), scope, app.service.now())?;
    let key = app.gate.named(&name)?;
    if scope == Scope::Sdk {
        let client = only(headers, "x-client-id", &Problem::NO_CLIENT)?;
        if client != name.as_bytes() {
            return Err(Problem::OTHER_CLIENT);
        }
    }
    Ok(key.caller())
}
