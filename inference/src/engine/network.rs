//! One loaded network: named float tensors in, named float tensors out.
//!
//! ```text
//! Network ─┬─ a session of its own
//!          ├─ the same, bound to memory that stays (`bound`)
//!          └─ a session that several share (`shared`)
//! ```

use ndarray::{ArrayViewD, IxDyn};
use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::{Outlet, TensorRef};

use super::bound::Bound;
use super::shared::{Answer, SharedNetwork};
use super::{EngineError, Provider};

/// A graph on the engine's provider. Running takes `&mut`: ONNX Runtime's sessions are not safe
/// to run from two threads; load it twice for that.
#[derive(Debug)]
pub struct Network {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    runs: Runs,
}

/// What runs it.
#[derive(Debug)]
enum Runs {
    Alone(Box<Session>),
    Bound(Box<Bound>),
    Shared(SharedNetwork),
}

/// An input or an output.
#[derive(Debug, Clone)]
pub(super) struct Port {
    pub name: String,
    /// -1 where a side is free; `None` where it is no tensor.
    pub shape: Option<Vec<i64>>,
}

impl Port {
    fn all(outlets: &[Outlet]) -> Vec<Self> {
        let port = |outlet: &Outlet| Self {
            name: outlet.name().to_owned(),
            shape: outlet.dtype().tensor_shape().map(|shape| shape.to_vec()),
        };
        outlets.iter().map(port).collect()
    }
}

/// What one run gave, borrowed from the network until the next run.
#[derive(Debug)]
pub struct Outputs<'n> {
    values: Values<'n>,
}

#[derive(Debug)]
enum Values<'n> {
    Session(SessionOutputs<'n>),
    Answer(Answer),
}

impl Network {
    pub(super) fn new(session: Session) -> Self {
        Self {
            inputs: Port::all(session.inputs()),
            outputs: Port::all(session.outputs()),
            runs: Runs::Alone(Box::new(session)),
        }
    }

    /// The same, bound to memory that stays, where its shapes are known.
    pub(super) fn bound(self, provider: Provider) -> Self {
        let Runs::Alone(session) = self.runs else {
            return self;
        };
        let runs = match Bound::of(*session, provider, &self.inputs, &self.outputs) {
            Ok(bound) => Runs::Bound(Box::new(bound)),
            Err(session) => Runs::Alone(Box::new(session)),
        };
        Self { runs, ..self }
    }

    /// One that runs on a session that others run on too.
    pub(super) fn shared(shared: SharedNetwork) -> Self {
        let (inputs, outputs) = shared.ports();
        Self {
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            runs: Runs::Shared(shared),
        }
    }

    pub(super) fn ports(&self) -> (&[Port], &[Port]) {
        (&self.inputs, &self.outputs)
    }

    /// Whether its input and outputs lie in memory that stays.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        matches!(self.runs, Runs::Bound(_))
    }

    /// Whether others run on its session too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.runs, Runs::Shared(_))
    }

    /// The inputs' names, in the graph's order.
    #[must_use]
    pub fn input_names(&self) -> Vec<String> {
        self.inputs.iter().map(|port| port.name.clone()).collect()
    }

    /// The outputs' names, in the graph's order.
    #[must_use]
    pub fn output_names(&self) -> Vec<String> {
        self.outputs.iter().map(|port| port.name.clone()).collect()
    }

    /// The shape of an input, -1 where it is free; `None` where there is no such input.
    #[must_use]
    pub fn input_shape(&self, name: &str) -> Option<Vec<i64>> {
        let port = self.inputs.iter().find(|port| port.name == name)?;
        port.shape.clone()
    }

    /// Whether the batch, the first side of its first input, is left free.
    #[must_use]
    pub fn takes_batches(&self) -> bool {
        let shape = self.inputs.first().and_then(|port| port.shape.as_deref());
        shape.is_some_and(|shape| shape.first() == Some(&-1))
    }

    /// Runs the graph on contiguous 32-bit float tensors: in place where it has a session of its own, copied once where it is
    /// bound, and handed over where it is shared.
    ///
    /// # Errors
    /// [`EngineError::Run`] where a name, a shape or the run itself is wrong.
    pub fn run(
        &mut self,
        inputs: &[(&str, ArrayViewD<'_, f32>)],
    ) -> Result<Outputs<'_>, EngineError> {
        let failed = |error: ort::Error| EngineError::Run(error.to_string());
        let one = || match inputs {
            [(name, view)] => Ok((*name, view)),
            _ => Err(EngineError::Run(format!("{} inputs for one", inputs.len()))),
        };
        let values = match &mut self.runs {
            Runs::Alone(session) => {
                let mut values: Vec<(&str, SessionInputValue<'_>)> =
                    Vec::with_capacity(inputs.len());
                for (name, view) in inputs {
                    let tensor = TensorRef::from_array_view(view.view()).map_err(failed)?;
                    values.push((name, tensor.into()));
                }
                Values::Session(session.run(values).map_err(failed)?)
            }
            Runs::Bound(bound) => {
                let (name, view) = one()?;
                Values::Session(bound.run(name, view)?)
            }
            Runs::Shared(shared) => {
                let (name, view) = one()?;
                Values::Answer(shared.run(name, view.to_owned())?)
            }
        };
        Ok(Outputs { values })
    }
}

impl Outputs<'_> {
    /// The output of that name.
    ///
    /// # Errors
    /// [`EngineError::Output`] where there is none, or not of 32-bit floats.
    pub fn get(&self, name: &str) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let missing = || EngineError::Output(name.to_owned());
        let values = match &self.values {
            Values::Session(values) => values,
            Values::Answer(answer) => {
                return answer.get(name).map(|all| all.view()).ok_or_else(missing);
            }
        };
        let value = values.get(name).ok_or_else(missing)?;
        let (shape, data) = value.try_extract_tensor::<f32>().map_err(|_| missing())?;
        let shape: Vec<usize> = shape
            .iter()
            .map(|&side| side.unsigned_abs() as usize)
            .collect();
        ArrayViewD::from_shape(IxDyn(&shape), data).map_err(|_| missing())
    }

    /// The values of the output of that name, in memory order.
    ///
    /// # Errors
    /// [`EngineError::Output`] where there is none, or not of 32-bit floats.
    pub fn values(&self, name: &str) -> Result<&[f32], EngineError> {
        let missing = || EngineError::Output(name.to_owned());
        match &self.values {
            Values::Session(values) => {
                let value = values.get(name).ok_or_else(missing)?;
                value
                    .try_extract_tensor::<f32>()
                    .map(|(_, data)| data)
                    .map_err(|_| missing())
            }
            Values::Answer(answer) => {
                let all = answer.get(name).ok_or_else(missing)?;
                all.as_slice().ok_or_else(missing)
            }
        }
    }
}
