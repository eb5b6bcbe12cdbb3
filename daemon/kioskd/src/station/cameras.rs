//! How each camera stands, and when it last gave a frame: what `/health` tells.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kiosk_api::service::CameraHealth;
use kiosk_capture::{Clock, SystemClock};

use super::Place;
use crate::preview::State;

/// The cameras of a kiosk; clones are the same ones.
#[derive(Clone)]
pub struct Cameras {
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Vec<Known>>>,
}

struct Known {
    place: Place,
    state: State,
    last_frame: Option<Duration>,
}

impl Default for Cameras {
    fn default() -> Self {
        Self::by(Arc::new(SystemClock::start()))
    }
}

impl Cameras {
    /// None is known yet; ages by this clock.
    pub fn by(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            known: Arc::default(),
        }
    }

    /// The place has a camera, which is idle where nothing was told of it.
    pub fn expect(&self, place: Place) {
        self.of(place, |_| ());
    }

    /// A camera stands so from now on.
    pub fn stands(&self, place: Place, state: State) {
        self.of(place, |known| known.state = state);
    }

    /// A camera gave a frame.
    pub fn gave_a_frame(&self, place: Place) {
        let now = self.clock.now();
        self.of(place, |known| known.last_frame = Some(now));
    }

    /// Every camera that is known, in the order in which they became it.
    pub fn health(&self) -> Vec<CameraHealth> {
        let now = self.clock.now();
        let age =
            |at: Duration| u64::try_from(now.saturating_sub(at).as_millis()).unwrap_or(u64::MAX);
        let told = self.lock();
        let health = |known: &Known| CameraHealth {
            place: known.place.name(),
            state: known.state.name(),
            code: match known.state {
                State::Failed(code) => Some(code),
                _ => None,
            },
            last_frame_age_ms: known.last_frame.map(age),
        };
        told.iter().map(health).collect()
    }

    fn of(&self, place: Place, tell: impl FnOnce(&mut Known)) {
        let mut all = self.lock();
        if !all.iter().any(|known| known.place == place) {
            all.push(Known {
                place,
                state: State::Idle,
                last_frame: None,
            });
        }
        if let Some(known) = all.iter_mut().find(|known| known.place == place) {
            tell(known);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Known>> {
        // It holds whole values whoever panicked.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Held(Mutex<Duration>);

    impl Clock for Held {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        fn sleep(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }
    }

    #[test]
    fn a_camera_is_told_with_its_state_and_the_age_of_its_last_frame() {
        let clock = Arc::new(Held(Mutex::default()));
        let cameras = Cameras::by(clock.clone());
        assert!(cameras.health().is_empty());
        cameras.expect(Place::Face);
        cameras.expect(Place::Document);
        cameras.stands(Place::Face, State::Live);
        cameras.gave_a_frame(Place::Face);
        clock.sleep(Duration::from_millis(2_300));
        cameras.stands(Place::Face, State::Failed("CAMERA_LOST"));
        let told = |place, state, code, last_frame_age_ms| CameraHealth {
            place,
            state,
            code,
            last_frame_age_ms,
        };
        assert_eq!(
            cameras.health(),
            [
                told("face", "failed", Some("CAMERA_LOST"), Some(2_300)),
                told("document", "idle", None, None),
            ]
        );
    }
}
