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
use kiosk_session::SessionId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusals::Gives;
use super::who::{Seat, Who};
use crate::auth::{ApiKey, Permission};
use crate::origin;
use crate::service::{Caller, Purpose, ServiceError};
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
    /// The only session that an SDK's token sees, once that is known.
    session: Option<SessionId>,
}

impl Granted {
    /// Who may manage sees the tenant's sessions anyway; an SDK sees the one that its person is in.
    fn sees_one(&self) -> bool {
        self.scopes == [Scope::Sdk]
    }
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

    /// The credential behind a token that holds and has the scope, and whether it sees one session alone.
    fn credential(
        &self,
        hash: &[u8; 32],
        scope: Scope,
        now: OffsetDateTime,
    ) -> Result<(String, bool), Problem> {
        let held = self.held();
        let granted = held.get(hash).filter(|granted| granted.until > now);
        let granted = granted.ok_or(Problem::BAD_TOKEN)?;
        if granted.scopes.contains(&scope) {
            Ok((granted.credential.clone(), granted.sees_one()))
        } else {
            Err(Problem::scope(scope.name()))
        }
    }

    /// Whether a token sees that session; the first that it asks for is its own from then on.
    pub(super) fn may_see(&self, hash: &[u8; 32], id: SessionId) -> bool {
        let mut held = self.held();
        let Some(granted) = held.get_mut(hash) else {
            return false;
        };
        *granted.session.get_or_insert(id) == id
    }

    /// A panic while it was held leaves whole entries: each is put in at once.
    fn held(&self) -> MutexGuard<'_, HashMap<[u8; 32], Granted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request for a token. `client_id` and `client_secret` stand here or in HTTP Basic.
#[derive(Deserialize, ToSchema)]
#[schema(as = TokenForm)]
pub(super) struct Asked {
    #[schema(value_type = GrantType, required)]
    grant_type: Option<String>,
    /// A key's name.
    client_id: Option<String>,
    /// The key.
    #[schema(format = Password)]
    client_secret: Option<String>,
    /// `sdk`, `management` or both; all that the key may have where it is absent.
    #[schema(example = "management")]
    scope: Option<String>,
    /// The only session that the token is to see (ours); the scope is `sdk` then.
    #[schema(value_type = Option<Uuid>)]
    session_id: Option<String>,
}

/// How a token is asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "the word for readers; it is read as a text")]
enum GrantType {
    ClientCredentials,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct Given {
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds: 3600.
    expires_in: i64,
    /// What it is for, with spaces between.
    scope: String,
}

/// Why there is no token (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRefused)]
pub(super) struct Refusal {
    /// `invalid_request`, `invalid_client`, `invalid_scope` or `unsupported_grant_type`.
    error: &'static str,
}

/// `POST /oauth2/token`
#[utoipa::path(post, path = "/oauth2/token", tag = "Tokens", operation_id = "make_token", summary = "A token for a key (path ours)", request_body(content = Asked, content_type = "application/x-www-form-urlencoded"), security(()), responses((status = 200, description = "The token", body = Given), (status = 400, description = "The request can't be read, or asks for what the key may not have", body = Refusal), (status = 401, description = "No such key", body = Refusal), Gives))]
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
    // A token for one session is an SDK's.
    let wanted = match (&asked.scope, &asked.session_id) {
        (None, Some(_)) => Some(Scope::Sdk.name()),
        (wanted, _) => wanted.as_deref(),
    };
    let scopes = scopes(key, wanted)
        .filter(|scopes| asked.session_id.is_none() || *scopes == [Scope::Sdk])
        .ok_or_else(|| refused(StatusCode::BAD_REQUEST, "invalid_scope"))?;
    let session = match &asked.session_id {
        None => None,
        Some(text) => Some(own(app, &key.caller(), text).await?),
    };
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    let scope = names.join(" ");
    let now = app.service.now();
    let granted = Granted {
        credential: key.name.clone(),
        scopes,
        until: now + LIFETIME,
        session,
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

/// The caller's session that a token is asked for.
async fn own(app: &App, caller: &Caller, text: &str) -> Result<SessionId, Response> {
    let unknown = || refused(StatusCode::BAD_REQUEST, "invalid_request");
    let id = SessionId(Uuid::try_parse(text).map_err(|_| unknown())?);
    match app.service.session(caller, id).await {
        Ok(session) => Ok(session.id),
        Err(ServiceError::NotFound) => Err(unknown()),
        Err(error) => Err(Problem::from(error).into_response()),
    }
}

/// RFC 6749's own form of an error (section 5.2).
fn refused(status: StatusCode, error: &'static str) -> Response {
    let mut response = (status, Json(Refusal { error })).into_response();
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

/// The route behind a token with `scope`, for sessions with that purpose; its handlers find the [`Caller`] and [`Who`] as
/// extensions.
pub(super) fn bearer(
    app: &App,
    tokens: &Arc<Tokens>,
    (scope, purpose): (Scope, Purpose),
    route: MethodRouter<App>,
) -> MethodRouter<App> {
    route.route_layer(from_fn_with_state(
        (app.clone(), Arc::clone(tokens), (scope, purpose)),
        check,
    ))
}

async fn check(
    State((app, tokens, (scope, purpose))): State<(App, Arc<Tokens>, (Scope, Purpose))>,
    mut request: Request,
    next: Next,
) -> Response {
    match who(&app, &tokens, (scope, purpose), request.headers()) {
        Ok(mut who) => {
            who.caller = who.caller.from_address(origin::of(&request));
            request.extensions_mut().insert(who.caller.clone());
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// A token ends with the key that it was given for; anything else is told as it is.
fn unknown(problem: Problem) -> Problem {
    match problem.status() {
        401 => Problem::BAD_TOKEN,
        _ => problem,
    }
}

fn who(
    app: &App,
    tokens: &Arc<Tokens>,
    (scope, purpose): (Scope, Purpose),
    headers: &HeaderMap,
) -> Result<Who, Problem> {
    let value = only(headers, header::AUTHORIZATION.as_str(), &Problem::NO_TOKEN)?;
    let token = std::str::from_utf8(value)
        .ok()
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Problem::BAD_TOKEN)?;
    let hash: [u8; 32] = Sha256::digest(token.trim()).into();
    let (name, sees_one) = tokens.credential(&hash, scope, app.service.now())?;
    let key = app.gate.named(&name).map_err(unknown)?;
    if scope == Scope::Sdk {
        let client = only(headers, "x-client-id", &Problem::NO_CLIENT)?;
        if client != name.as_bytes() {
            return Err(Problem::OTHER_CLIENT);
        }
    }
    Ok(Who {
        caller: key.caller(),
        purpose,
        seat: sees_one.then(|| Seat {
            tokens: Arc::clone(tokens),
            hash,
        }),
    })
}
