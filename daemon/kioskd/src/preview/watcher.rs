//! One viewer's end of a hub: the newest that it has not had, as a message.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use kiosk_session::SessionId;
use serde::Deserialize;
use tokio::sync::watch;

use super::hub::{Shown, State, Wanted};
use super::message::Message;
use crate::station::Place;

/// How a viewer takes its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As JPEG.
    Jpeg,
    /// As the camera gave them.
    Raw,
}

/// A viewer.
pub struct Watcher {
    place: Place,
    shown: watch::Receiver<Arc<Shown>>,
    turns_away: watch::Receiver<Option<&'static str>>,
    wanted: Arc<Wanted>,
    form: Form,
    session: Option<SessionId>,
    said: Option<State>,
    said_why: Option<&'static str>,
}

impl Watcher {
    /// One that its hub has counted.
    pub(super) fn new(
        place: Place,
        (mut shown, mut turns_away): (
            watch::Receiver<Arc<Shown>>,
            watch::Receiver<Option<&'static str>>,
        ),
        wanted: Arc<Wanted>,
        form: Form,
        session: Option<SessionId>,
    ) -> Self {
        // How the place stands is told at once.
        shown.mark_changed();
        turns_away.mark_changed();
        Self {
            place,
            shown,
            turns_away,
            wanted,
            form,
            session,
            said: None,
            said_why: None,
        }
    }

    /// The newest frame, or the newest change of state, of the place's or the kiosk's; `None` when the hub is gone. May be
    /// cancelled and asked again.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let message = tokio::select! {
                biased;
                changed = self.turns_away.changed() => {
                    changed.ok()?;
                    let why = *self.turns_away.borrow_and_update();
                    self.kiosk(why)
                }
                changed = self.shown.changed() => {
                    changed.ok()?;
                    let shown = Arc::clone(&self.shown.borrow_and_update());
                    self.message(&shown)
                }
            };
            if message.is_some() {
                return message;
            }
        }
    }

    /// A kiosk that takes sessions says so after it did not only.
    fn kiosk(&mut self, why: Option<&'static str>) -> Option<Message> {
        let news = self.said_why != why;
        self.said_why = why;
        news.then(|| Message::of_kiosk(why))
    }

    /// Another session's frames are not this viewer's: to it the place is idle.
    fn message(&mut self, shown: &Shown) -> Option<Message> {
        let own = self.session.is_none_or(|own| shown.session == Some(own));
        let (state, picture) = match &shown.picture {
            Some(picture) if own => (shown.state, Some(picture)),
            None if own => (shown.state, None),
            _ => (State::Idle, None),
        };
        if let Some(message) =
            picture.and_then(|picture| Message::of_frame(self.place, self.form, picture))
        {
            self.said = Some(State::Live);
            return Some(message);
        }
        let news = self.said != Some(state);
        self.said = Some(state);
        news.then(|| Message::of_state(self.place, state))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.wanted.count(self.form).fetch_sub(1, Ordering::AcqRel);
    }
}
