//! Who calls: an API token sees its tenant's applicants, an SDK or mobile token one of them.
//!
//! A handler gets the [`Caller`] from [`Access`] alone, by naming the applicant that it is about; so no handler can forget that a
//! token sees one.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use kiosk_session::SessionId;

use super::Desk;
use super::tokens::Granted;
use crate::auth::{ApiKey, Permission};
use crate::origin;
use crate::service::Caller;
use crate::web::App;
use crate::web::gate::{Meter, Presented, only};
use crate::web::problem::Problem;

/// Which tokens an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    /// API tokens.
    Api,
    /// These, and SDK and mobile tokens for their applicant.
    All,
}

/// What a call may touch.
#[derive(Debug, Clone)]
pub(super) struct Access {
    caller: Caller,
    only: Option<SessionId>,
}

impl Access {
    /// The caller, for what is about that applicant. For a token another applicant is none.
    pub(super) fn to(&self, id: SessionId) -> Result<&Caller, Problem> {
        match self.only {
            Some(own) if own != id => Err(Problem::NO_SESSION),
            _ => Ok(&self.caller),
        }
    }

    /// The caller, for what is about no single applicant.
    pub(super) fn to_all(&self) -> Result<&Caller, Problem> {
        match self.only {
            Some(_) => Err(Problem::TOKEN_KIND),
            None => Ok(&self.caller),
        }
    }

    /// Whether it may read what was written or read of a person. A token that leaks from their device tells nothing of them.
    pub(super) const fn reads_personal(&self) -> bool {
        self.only.is_none()
    }
}

/// What stands before the dialect's routes.
pub(super) struct Door {
    app: App,
    desk: Arc<Desk>,
}

type Rule = (App, Arc<Desk>, Permission, Kinds);

impl Door {
    pub(super) fn new(app: &App, desk: &Arc<Desk>) -> Self {
        Self {
            app: app.clone(),
            desk: Arc::clone(desk),
        }
    }

    /// The route behind a token of one of `kinds`; an API token has to allow `permission`.
    pub(super) fn needs(
        &self,
        permission: Permission,
        kinds: Kinds,
        route: MethodRouter<App>,
    ) -> MethodRouter<App> {
        let rule = (self.app.clone(), Arc::clone(&self.desk), permission, kinds);
        route.route_layer(from_fn_with_state(rule, check))
    }
}

async fn check(State(rule): State<Rule>, mut request: Request, next: Next) -> Response {
    match admitted(&rule, request.headers()) {
        Ok(mut access) => {
            access.caller = access.caller.from_address(origin::of(&request));
            request.extensions_mut().insert(access);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn admitted((app, desk, permission, kinds): &Rule, headers: &HeaderMap) -> Result<Access, Problem> {
    let token = presented(headers)?;
    if let Some(granted) = desk.tokens.find(token, app.service.now()) {
        let origin = headers.get(header::ORIGIN).map(|value| value.as_bytes());
        if !granted.serves(origin) {
            return Err(Problem::BAD_BEARER);
        }
        return of_token(app, &granted, *kinds);
    }
    let presented = Presented {
        name: None,
        key: token,
    };
    let key = app.gate.known_by(&presented, Meter::Master);
    let key = key.map_err(unknown)?;
    if !key.allows(*permission) {
        return Err(Problem::forbidden(permission.name()));
    }
    Ok(of_key(key, None))
}

/// A token's calls are counted with those of the API token that made it.
fn of_token(app: &App, granted: &Granted, kinds: Kinds) -> Result<Access, Problem> {
    let key = app.gate.named_by(&granted.credential, Meter::Master);
    let key = key.map_err(unknown)?;
    match kinds {
        Kinds::All => Ok(of_key(key, Some(granted.applicant))),
        Kinds::Api => Err(Problem::TOKEN_KIND),
    }
}

fn of_key(key: &ApiKey, only: Option<SessionId>) -> Access {
    Access {
        caller: key.caller(),
        only,
    }
}

/// An unknown key is no token here; anything else is told as it is.
fn unknown(problem: Problem) -> Problem {
    match problem.status() {
        401 => Problem::BAD_BEARER,
        _ => problem,
    }
}

/// RFC 6750, section 2.1; the scheme's letters may be of any case (RFC 9110, section 11.1).
fn presented(headers: &HeaderMap) -> Result<&[u8], Problem> {
    let missing = Problem::NO_BEARER;
    let value = only(headers, header::AUTHORIZATION.as_str(), &missing)
        .map_err(unknown_unless(&missing))?;
    let text = std::str::from_utf8(value).map_err(|_| Problem::BAD_BEARER)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(Problem::BAD_BEARER)?;
    match scheme.eq_ignore_ascii_case("Bearer") {
        true => Ok(token.trim().as_bytes()),
        false => Err(Problem::BAD_BEARER),
    }
}

/// Two headers are no token; none at all is told as missing.
fn unknown_unless(missing: &Problem) -> impl Fn(Problem) -> Problem {
    let missing = missing.code();
    move |problem| {
        if problem.code() == missing {
            problem
        } else {
            Problem::BAD_BEARER
        }
    }
}
