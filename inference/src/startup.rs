//! From a list of providers to an engine that is ready: the state machine of [`EngineState`], driven.
//!
//! ```text
//! for each provider, at half precision where it offers that, then at single:
//!     probe ─► load every network (TensorRT builds it, or finds it kept) ─► run each once ─► gate ─► ready
//!        └────────────┴──────────────── refused, with the reason ────────────────┴──► the next
//! ```
//!
//! Every state on the way is told, so that health can say "building engine, 2 of 9". Networks that were loaded here are
//! laid by for who asks the engine for them.

use crate::Error;
use crate::engine::{
    Attempt, Engine, EngineConfig, EngineError, EngineEvent, EngineState, Precision, Provider,
};
use crate::gate::{self, Agreement};
use crate::pack::{Model, Pack};

/// Sides that a network is warmed with where its graph leaves them free: batch, and rows or columns.
const FREE_BATCH: usize = 1;
const FREE_SIDE: usize = 320;

/// Starts the first provider of the list that loads every network and passes the gate. `tell` hears every state.
///
/// # Errors
/// As [`Engine::start`]; and where a network can't be loaded or run on the CPU, or the gate's own CPU can't.
pub fn start(
    config: &EngineConfig,
    pack: &Pack,
    tell: &mut dyn FnMut(&EngineState),
) -> Result<Engine, Error> {
    let mut passed_over: Vec<(Provider, String)> = Vec::new();
    for &provider in &config.providers {
        let mut half_refused = None;
        for &precision in provider.precisions() {
            let wanted = EngineConfig {
                providers: vec![provider],
                precision,
                ..config.clone()
            };
            let engine = match Engine::start(&wanted) {
                Ok(engine) => engine,
                Err(EngineError::NoProvider { passed_over: why }) => {
                    passed_over.extend(why);
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            let on = Attempt {
                provider,
                precision,
            };
            let mut progress = Progress::begin(on, pack, tell)?;
            match attempt(config, &engine, pack, &mut progress) {
                Ok(()) => {
                    return Ok(engine
                        .with_passed_over(&passed_over)
                        .with_half_refused(half_refused));
                }
                Err(error) => {
                    let reason = error.to_string();
                    progress.step(EngineEvent::Refuse {
                        reason: reason.clone(),
                    })?;
                    match (provider, precision) {
                        // There is nothing below it to fall back to.
                        (Provider::Cpu, _) => return Err(error),
                        (_, Precision::Half) => half_refused = Some(reason),
                        (_, Precision::Single) => passed_over.push((provider, reason)),
                    }
                }
            }
        }
    }
    Err(EngineError::NoProvider { passed_over }.into())
}

/// Loads, warms and judges.
fn attempt(
    config: &EngineConfig,
    engine: &Engine,
    pack: &Pack,
    progress: &mut Progress<'_>,
) -> Result<(), Error> {
    for model in pack.models() {
        let network = engine.load(model.path())?;
        engine.keep(model.path(), network);
        progress.step(EngineEvent::Built)?;
    }
    for model in pack.models() {
        warm(engine, model)?;
    }
    if engine.report().in_use != Provider::Cpu {
        let found = gate::compare(config, engine, pack)?;
        if let Some(failed) = found.iter().find(|one| !one.agrees) {
            return Err(Error::Gate(Agreement::reason(failed)));
        }
    }
    progress.step(EngineEvent::Warmed)
}

/// Runs a network once: what it allocates and compiles at its first run is there before the first frame.
fn warm(engine: &Engine, model: &Model) -> Result<(), Error> {
    let entry = model.entry();
    let Some(input) = entry.inputs.first() else {
        return Ok(());
    };
    let given = gate::drawn(&warm_shape(&input.shape), entry, 0);
    let mut network = engine.load(model.path())?;
    network.run(&[(input.name.as_str(), given.view())])?;
    engine.keep(model.path(), network);
    Ok(())
}

/// An input's shape with its free sides filled in.
fn warm_shape(shape: &[i64]) -> Vec<usize> {
    let free = |axis: usize| if axis == 0 { FREE_BATCH } else { FREE_SIDE };
    let sides = shape.iter().enumerate();
    sides
        .map(|(axis, side)| usize::try_from(*side).unwrap_or_else(|_| free(axis)))
        .collect()
}

/// The state, and who hears of it.
struct Progress<'a> {
    state: EngineState,
    tell: &'a mut dyn FnMut(&EngineState),
}

impl<'a> Progress<'a> {
    fn begin(
        on: Attempt,
        pack: &Pack,
        tell: &'a mut dyn FnMut(&EngineState),
    ) -> Result<Self, Error> {
        let mut progress = Self {
            state: EngineState::Absent,
            tell,
        };
        let of = pack.models().count();
        progress.step(EngineEvent::Begin { on, of })?;
        Ok(progress)
    }

    fn step(&mut self, event: EngineEvent) -> Result<(), Error> {
        self.state = self.state.clone().step(event)?;
        (self.tell)(&self.state);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_sides_are_filled_in_and_fixed_ones_stay() {
        assert_eq!(warm_shape(&[1, 3, 192, 192]), [1, 3, 192, 192]);
        assert_eq!(warm_shape(&[-1, 3, 48, -1]), [1, 3, 48, FREE_SIDE]);
    }
}
