//! How far an engine is on its way to its first frame.
//!
//! ```text
//!            Begin               Built, last one             Warmed
//! Absent ──────────► Building ───────────────────► Warming ─────────► Ready
//!   ▲                 │    ▲                          │
//!   │           Built └────┘ not the last             │
//!   │                 │ Refuse                        │ Refuse
//!   │                 ▼                               │
//!   └── (start) ◄── Refused ◄─────────────────────────┘
//!                     │ Begin: the next provider, or the same at single precision
//!                     └──────────► Building
//! ```
//!
//! A value and a pure function: who builds, warms and judges stands in [`crate::gate`].

use serde::Serialize;

use super::{Precision, Provider};

/// Where networks run, and how finely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The provider.
    pub provider: Provider,
    /// Its numbers.
    pub precision: Precision,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EngineState {
    /// Nothing was begun.
    Absent,
    /// Networks are loaded; on TensorRT each is first built into an engine, which takes minutes unless it was kept.
    Building {
        /// Where.
        on: Attempt,
        /// Networks that are done.
        done: usize,
        /// Networks in all.
        of: usize,
    },
    /// Each network runs once, and is compared with the CPU's where that is another.
    Warming {
        /// Where.
        on: Attempt,
    },
    /// Frames may come.
    Ready {
        /// Where.
        on: Attempt,
    },
    /// It can't be used there.
    Refused {
        /// Where.
        on: Attempt,
        /// Why.
        reason: String,
    },
}

/// What happens to an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// An attempt begins, of so many networks.
    Begin {
        /// Where.
        on: Attempt,
        /// Networks in all; at least one.
        of: usize,
    },
    /// One more network is there.
    Built,
    /// Every network ran, and computes what it should.
    Warmed,
    /// The attempt is given up.
    Refuse {
        /// Why.
        reason: String,
    },
}

/// An event that the state has no place for: a fault of this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an engine that is {state:?} can't take {event:?}")]
pub struct OutOfTurn {
    /// The state.
    pub state: EngineState,
    /// The event.
    pub event: EngineEvent,
}

impl EngineState {
    /// The state after an event.
    ///
    /// # Errors
    /// [`OutOfTurn`].
    pub fn step(self, event: EngineEvent) -> Result<Self, OutOfTurn> {
        match (self, event) {
            (Self::Absent | Self::Refused { .. }, EngineEvent::Begin { on, of }) if of > 0 => {
                Ok(Self::Building { on, done: 0, of })
            }
            (Self::Building { on, done, of }, EngineEvent::Built) => Ok(if done + 1 < of {
                let done = done + 1;
                Self::Building { on, done, of }
            } else {
                Self::Warming { on }
            }),
            (Self::Warming { on }, EngineEvent::Warmed) => Ok(Self::Ready { on }),
            (Self::Building { on, .. } | Self::Warming { on }, EngineEvent::Refuse { reason }) => {
                Ok(Self::Refused { on, reason })
            }
            (state, event) => Err(OutOfTurn { state, event }),
        }
    }

    /// Its name in health answers and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Building { .. } => "building",
            Self::Warming { .. } => "warming",
            Self::Ready { .. } => "ready",
            Self::Refused { .. } => "refused",
        }
    }

    /// Every name.
    pub const NAMES: [&'static str; 5] = ["absent", "building", "warming", "ready", "refused"];

    /// Whether frames may come.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ON: Attempt = Attempt {
        provider: Provider::TensorRt,
        precision: Precision::Half,
    };

    fn states() -> [EngineState; 6] {
        let reason = String::from("scores apart");
        [
            EngineState::Absent,
            EngineState::Building {
                on: ON,
                done: 0,
                of: 2,
            },
            EngineState::Building {
                on: ON,
                done: 1,
                of: 2,
            },
            EngineState::Warming { on: ON },
            EngineState::Ready { on: ON },
            EngineState::Refused { on: ON, reason },
        ]
    }

    fn events() -> [EngineEvent; 4] {
        let reason = String::from("no driver");
        [
            EngineEvent::Begin { on: ON, of: 2 },
            EngineEvent::Built,
            EngineEvent::Warmed,
            EngineEvent::Refuse { reason },
        ]
    }

    /// Every transition, as `from event to`, against those that the diagram draws.
    #[test]
    fn the_transitions_are_those_of_the_diagram_and_no_others() {
        let mut found = BTreeSet::new();
        for state in states() {
            for event in events() {
                let word = format!("{event:?}");
                let word = word.split([' ', '{']).next().unwrap_or_default().to_owned();
                if let Ok(next) = state.clone().step(event) {
                    found.insert(format!("{} {word} {}", state.name(), next.name()));
                }
            }
        }
        let drawn = [
            "absent Begin building",
            "building Built building",
            "building Built warming",
            "building Refuse refused",
            "refused Begin building",
            "warming Refuse refused",
            "warming Warmed ready",
        ];
        assert_eq!(found, drawn.map(str::to_owned).into());
    }

    #[test]
    fn progress_counts_up_to_the_last_network_and_never_beyond() {
        let mut state = EngineState::Absent;
        state = state.step(EngineEvent::Begin { on: ON, of: 3 }).unwrap();
        for expected in [1, 2] {
            state = state.step(EngineEvent::Built).unwrap();
            let done = expected;
            assert_eq!(
                state,
                EngineState::Building {
                    on: ON,
                    done,
                    of: 3
                }
            );
        }
        state = state.step(EngineEvent::Built).unwrap();
        assert_eq!(state, EngineState::Warming { on: ON });
        assert!(state.step(EngineEvent::Built).is_err());
    }

    #[test]
    fn an_attempt_of_no_network_does_not_begin() {
        let begin = EngineEvent::Begin { on: ON, of: 0 };
        assert!(EngineState::Absent.step(begin).is_err());
    }

    #[test]
    fn a_state_reads_as_json_with_its_name_and_progress() {
        let state = EngineState::Building {
            on: ON,
            done: 2,
            of: 9,
        };
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(json["state"], "building");
        assert_eq!((&json["done"], &json["of"]), (&2.into(), &9.into()));
        assert_eq!(json["on"]["provider"], "tensorrt");
        assert_eq!(json["on"]["precision"], "half");
        assert!(
            states()
                .iter()
                .all(|state| EngineState::NAMES.contains(&state.name()))
        );
    }
}
