//! Who calls, and which sessions that lets them see: those of their tenant that the route is for, and by an SDK's token one.

use std::sync::Arc;

use kiosk_session::{Session, SessionId};

use super::oauth::Tokens;
use crate::service::{Caller, Purpose};
use crate::web::App;
use crate::web::problem::Problem;

/// A caller at a route.
#[derive(Clone)]
pub(super) struct Who {
    /// The credential behind the token.
    pub(super) caller: Caller,
    /// What the route's sessions are for.
    pub(super) purpose: Purpose,
    /// The token, where it sees one session: the one that it was issued for, or the first that it names.
    pub(super) seat: Option<Seat>,
}

/// The place of a token among those that hold.
#[derive(Clone)]
pub(super) struct Seat {
    pub(super) tokens: Arc<Tokens>,
    pub(super) hash: [u8; 32],
}

impl Who {
    /// The session of that name, of the kind that the route is for. Any other is answered as if there were none.
    pub(super) async fn session(&self, app: &App, id: SessionId) -> Result<Session, Problem> {
        self.of(app, id, Some(self.purpose)).await
    }

    /// The same, whatever the session is for.
    pub(super) async fn either(&self, app: &App, id: SessionId) -> Result<Session, Problem> {
        self.of(app, id, None).await
    }

    async fn of(
        &self,
        app: &App,
        id: SessionId,
        purpose: Option<Purpose>,
    ) -> Result<Session, Problem> {
        let session = app.service.session(&self.caller, id).await?;
        if purpose.is_some_and(|wanted| wanted != Purpose::of(&session.state)) {
            return Err(Problem::NO_SESSION);
        }
        match &self.seat {
            // Only what exists binds a token: a wrong name costs it nothing.
            Some(seat) if !seat.tokens.may_see(&seat.hash, id) => Err(Problem::NO_SESSION),
            _ => Ok(session),
        }
    }
}
