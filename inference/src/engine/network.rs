//! One loaded network: named float tensors in, named float tensors out.

use ndarray::{ArrayViewD, IxDyn};
use ort::session::{Session, SessionInputValue, SessionOutputs};
use ort::value::TensorRef;

use super::EngineError;

/// A graph on the engine's provider. Running takes `&mut`: ONNX Runtime's sessions are not safe
/// to run from two threads; load it twice for that.
#[derive(Debug)]
pub struct Network {
    session: Session,
}

/// What one run gave, borrowed from the network until the next run.
#[derive(Debug)]
pub struct Outputs<'n> {
    values: SessionOutputs<'n>,
}

impl Network {
    pub(super) fn new(session: Session) -> Self {
        Self { session }
    }

    /// The inputs' names, in the graph's order.
    #[must_use]
    pub fn input_names(&self) -> Vec<String> {
        self.session
            .inputs()
            .iter()
            .map(|outlet| outlet.name().to_owned())
            .collect()
    }

    /// The outputs' names, in the graph's order.
    #[must_use]
    pub fn output_names(&self) -> Vec<String> {
        self.session
            .outputs()
            .iter()
            .map(|outlet| outlet.name().to_owned())
            .collect()
    }

    /// The shape of an input, -1 where it is free; `None` where there is no such input.
    #[must_use]
    pub fn input_shape(&self, name: &str) -> Option<Vec<i64>> {
        let outlet = self
            .session
            .inputs()
            .iter()
            .find(|outlet| outlet.name() == name)?;
        outlet.dtype().tensor_shape().map(|shape| shape.to_vec())
    }

    /// Whether the batch, the first side of its first input, is left free.
    #[must_use]
    pub fn takes_batches(&self) -> bool {
        let first = self.session.inputs().first();
        let shape = first.and_then(|outlet| outlet.dtype().tensor_shape());
        shape.is_some_and(|shape| shape.first() == Some(&-1))
    }

    /// Runs the graph on contiguous 32-bit float tensors, without copying them.
    ///
    /// # Errors
    /// [`EngineError::Run`] where a name, a shape or the run itself is wrong.
    pub fn run(
        &mut self,
        inputs: &[(&str, ArrayViewD<'_, f32>)],
    ) -> Result<Outputs<'_>, EngineError> {
        let failed = |error: ort::Error| EngineError::Run(error.to_string());
        let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for (name, view) in inputs {
            let tensor = TensorRef::from_array_view(view.view()).map_err(failed)?;
            values.push((name, tensor.into()));
        }
        let values = self.session.run(values).map_err(failed)?;
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
        let value = self.values.get(name).ok_or_else(missing)?;
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
        let value = self.values.get(name).ok_or_else(missing)?;
        value
            .try_extract_tensor::<f32>()
            .map(|(_, data)| data)
            .map_err(|_| missing())
    }
}
