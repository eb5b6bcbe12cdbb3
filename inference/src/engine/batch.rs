//! A graph for one picture at a time, made to take several: its batch, a 1 in the file, is left free.
//!
//! ```text
//! ModelProto ─► graph ─┬─► input, output:  type ─► tensor ─► shape ─► first side 1 ─► "batch"
//!                      └─► initializer that a Reshape takes as its shape: first number 1 ─► 0, "as it comes"
//! ```
//!
//! Networks of the stream are packed with a batch of one, which is what a processor plans best. Where several cameras share a
//! session their runs are put together, so that the graph has to take it. Only the bytes in memory change: the pack's file and
//! its hash stay. A graph that is built otherwise is not changed (`None`), and whether a changed one gives each picture what it
//! gave it alone is tried before it is used ([`super::Engine::load`]).
//!
//! Field numbers are those of `onnx.proto` (ONNX IR 8), wire types those of Protocol Buffers' encoding.

use std::collections::BTreeSet;
use std::ops::Range;

use ndarray::ArrayD;

use super::Network;

/// Of `ModelProto`.
const GRAPH: u64 = 7;
/// Of `GraphProto`.
const NODE: u64 = 1;
const INITIALIZER: u64 = 5;
const INPUT: u64 = 11;
const OUTPUT: u64 = 12;
const VALUE_INFO: u64 = 13;
/// Of `NodeProto`.
const NODE_INPUT: u64 = 1;
const OP_TYPE: u64 = 4;
/// Of `TensorProto`.
const INT64_DATA: u64 = 7;
const NAME: u64 = 8;
const RAW_DATA: u64 = 9;
/// From `ValueInfoProto` to a shape: its type, that one's tensor, that one's shape.
const TO_SHAPE: [u64; 3] = [2, 1, 2];
/// Of `TensorShapeProto`.
const DIM: u64 = 1;
/// A `Dimension` that is stated, one of 1, and one that bears a name.
const STATED: &[u8] = b"\x08";
const ONE: &[u8] = b"\x08\x01";
const FREE: &[u8] = b"\x12\x05batch";
/// Largest difference of a number, as a share of the largest: half precision has 11 bits.
const ALIKE: f32 = 0.01;

/// One field of a message.
struct Field<'m> {
    number: u64,
    /// Key and payload, as they stand.
    whole: &'m [u8],
    /// Of a field of bytes.
    payload: Option<&'m [u8]>,
}

/// A model whose batch is left free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Freed {
    /// Its bytes.
    pub model: Vec<u8>,
    /// Its one input, and that one's sides after the batch.
    pub input: String,
    pub sides: Vec<u64>,
}

impl Freed {
    /// Of a model that takes one picture; `None` where it is not built as ours are.
    pub(super) fn of(model: &[u8]) -> Option<Self> {
        let graph = text_of(model, GRAPH)?;
        let mut inputs = fields(graph)?;
        inputs.retain(|field| field.number == INPUT);
        let [input] = inputs.as_slice() else {
            return None;
        };
        let input = input.payload?;
        let shape = TO_SHAPE
            .iter()
            .try_fold(input, |message, number| text_of(message, *number))?;
        let sides = fields(shape)?.into_iter().skip(1);
        let sides = sides.map(|side| Some(number(side.payload?.strip_prefix(STATED)?)?.0));
        let freed = freed_graph(graph)?;
        Some(Self {
            model: rewritten(model, |field| {
                Some((field.number == GRAPH).then(|| freed.clone()))
            })?,
            input: String::from_utf8(text_of(input, 1)?.to_vec()).ok()?,
            sides: sides.collect::<Option<_>>()?,
        })
    }

    /// The input at a batch, as TensorRT wants it stated: `image:2x3x80x80`.
    pub(super) fn at(&self, batch: usize) -> String {
        let sides: String = self.sides.iter().map(|side| format!("x{side}")).collect();
        format!("{}:{batch}{sides}", self.input)
    }
}

/// Whether two pictures in one run give what each gives alone, as far as a provider rounds alike.
pub(super) fn holds(network: &mut Network) -> bool {
    let mut given = |numbers: Range<usize>| outputs_of(network, numbers);
    let (Some(together), Some(first), Some(second)) = (given(0..2), given(0..1), given(1..2))
    else {
        return false;
    };
    let alone = first.iter().zip(&second);
    together.iter().zip(alone).all(|(both, (first, second))| {
        let alone: Vec<f32> = first.iter().chain(second).copied().collect();
        let most = alone
            .iter()
            .fold(1.0_f32, |most, value| most.max(value.abs()));
        let near = |(one, two): (&f32, &f32)| (one - two).abs() <= ALIKE * most;
        both.len() == alone.len() && both.iter().zip(&alone).all(near)
    })
}

/// What each output gives for waves of these numbers, one batch.
fn outputs_of(network: &mut Network, numbers: Range<usize>) -> Option<Vec<Vec<f32>>> {
    let input = network.input_names().into_iter().next()?;
    let mut shape = vec![numbers.len()];
    for side in network.input_shape(&input)?.iter().skip(1) {
        shape.push(usize::try_from(*side).ok()?);
    }
    let axes = 1..shape.len();
    let waves = ArrayD::from_shape_fn(shape, |at| {
        let place: usize = axes.clone().map(|axis| at[axis] * (axis + 1)).sum();
        (((numbers.start + at[0]) * 37 + place) as f32 * 0.113).sin()
    });
    let names = network.output_names();
    let outputs = network.run(&[(input.as_str(), waves.view())]).ok()?;
    let values = names
        .iter()
        .map(|name| outputs.values(name).map(<[f32]>::to_vec).ok());
    values.collect()
}

fn freed_graph(graph: &[u8]) -> Option<Vec<u8>> {
    let all = fields(graph)?;
    // A side that is stated in between would contradict.
    if all.iter().any(|field| field.number == VALUE_INFO) {
        return None;
    }
    let nodes = all.iter().filter(|field| field.number == NODE);
    let shapes: BTreeSet<&[u8]> = nodes
        .filter_map(|node| reshapes_to(node.payload?))
        .collect();
    rewritten(graph, |field| {
        Some(match (field.number, field.payload) {
            (INPUT | OUTPUT, Some(value)) => Some(freed_value(value, &TO_SHAPE)?),
            (INITIALIZER, Some(tensor)) if shapes.contains(text_of(tensor, NAME)?) => {
                Some(as_it_comes(tensor)?)
            }
            _ => None,
        })
    })
}

/// What a Reshape takes its shape from; `None` for another node.
fn reshapes_to(node: &[u8]) -> Option<&[u8]> {
    if text_of(node, OP_TYPE)? != b"Reshape" {
        return None;
    }
    let inputs = fields(node)?;
    let inputs = inputs.iter().filter(|field| field.number == NODE_INPUT);
    inputs.filter_map(|field| field.payload).nth(1)
}

/// A value's description whose shape has a free first side in place of 1.
fn freed_value(message: &[u8], path: &[u64]) -> Option<Vec<u8>> {
    let Some((next, rest)) = path.split_first() else {
        let mut first = true;
        return rewritten(message, |field| {
            let is_first = std::mem::take(&mut first);
            if !is_first {
                return Some(None);
            }
            (field.number == DIM && field.payload == Some(ONE)).then(|| Some(FREE.to_vec()))
        });
    };
    rewritten(message, |field| match field.payload {
        Some(inner) if field.number == *next => freed_value(inner, rest).map(Some),
        _ => Some(None),
    })
}

/// A shape of 64-bit numbers whose first, 1, becomes 0.
fn as_it_comes(tensor: &[u8]) -> Option<Vec<u8>> {
    let mut changed = false;
    let tensor = rewritten(tensor, |field| {
        let one: &[u8] = match field.number {
            RAW_DATA => &1_i64.to_le_bytes(),
            INT64_DATA => &[1],
            _ => return Some(None),
        };
        let mut numbers = field.payload?.to_vec();
        if !numbers.starts_with(one) {
            return None;
        }
        numbers[..one.len()].fill(0);
        changed = true;
        Some(Some(numbers))
    })?;
    changed.then_some(tensor)
}

/// The bytes of a message's first field of that number.
fn text_of(message: &[u8], number: u64) -> Option<&[u8]> {
    let found = fields(message)?
        .into_iter()
        .find(|field| field.number == number);
    found?.payload
}

/// A message whose fields of bytes are replaced where `change` gives others; `None` where it says that it can't be.
fn rewritten(
    message: &[u8],
    mut change: impl FnMut(&Field<'_>) -> Option<Option<Vec<u8>>>,
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for field in fields(message)? {
        match change(&field)? {
            None => out.extend_from_slice(field.whole),
            Some(payload) => {
                put_number(&mut out, field.number << 3 | 2);
                put_number(&mut out, payload.len() as u64);
                out.extend_from_slice(&payload);
            }
        }
    }
    Some(out)
}

/// A message's fields in their order; `None` where it is none.
fn fields(message: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut all = Vec::new();
    let mut left = message;
    while !left.is_empty() {
        let (key, mut rest) = number(left)?;
        let payload = match key & 7 {
            0 => {
                rest = number(rest)?.1;
                None
            }
            1 => {
                rest = rest.get(8..)?;
                None
            }
            2 => {
                let (length, after) = number(rest)?;
                let length = usize::try_from(length).ok()?;
                rest = after.get(length..)?;
                after.get(..length)
            }
            5 => {
                rest = rest.get(4..)?;
                None
            }
            _ => return None,
        };
        all.push(Field {
            number: key >> 3,
            whole: &left[..left.len() - rest.len()],
            payload,
        });
        left = rest;
    }
    Some(all)
}

/// A number in sevens of bits, lowest first, and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(place).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[place + 1..]));
        }
    }
    None
}

fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    //! What is changed, and that nothing else is; that changed graphs compute the same stands in `tests/shared.rs`.

    use super::*;

    fn message(parts: &[(u64, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, payload) in parts {
            put_number(&mut out, number << 3 | 2);
            put_number(&mut out, payload.len() as u64);
            out.extend_from_slice(payload);
        }
        out
    }

    /// `image` of 1 x 300, reshaped by `shape`, given as `out`.
    fn model(batch: &[u8], shape: &[u8]) -> Vec<u8> {
        let sides = message(&[(DIM, batch), (DIM, b"\x08\xac\x02")]);
        let tensor = message(&[(2, &sides)]);
        let kind = message(&[(1, &tensor)]);
        let node = message(&[
            (NODE_INPUT, b"image"),
            (NODE_INPUT, b"to"),
            (OP_TYPE, b"Reshape"),
        ]);
        let to = message(&[(NAME, b"to"), (RAW_DATA, shape)]);
        let other = message(&[(NAME, b"weights"), (RAW_DATA, shape)]);
        let graph = message(&[
            (NODE, &node),
            (INITIALIZER, &to),
            (INITIALIZER, &other),
            (INPUT, &message(&[(1, b"image"), (2, &kind)])),
            (OUTPUT, &message(&[(1, b"out"), (2, &kind)])),
        ]);
        let mut whole = vec![0x08, 8];
        whole.extend(message(&[(GRAPH, &graph)]));
        whole
    }

    fn shape(first: i64) -> Vec<u8> {
        [first, 300]
            .iter()
            .flat_map(|side| side.to_le_bytes())
            .collect()
    }

    #[test]
    fn sides_of_inputs_and_outputs_and_what_a_reshape_states_are_freed_and_weights_stay() {
        let before = model(ONE, &shape(1));
        let freed = Freed::of(&before).unwrap();
        assert_eq!(freed.at(2), "image:2x300");
        let after = freed.model;
        let all = |model: &[u8]| -> Vec<(u64, Vec<u8>)> {
            let graph = text_of(model, GRAPH).unwrap().to_vec();
            let fields = fields(&graph).unwrap();
            let payloads = fields
                .iter()
                .map(|field| (field.number, field.payload.unwrap().to_vec()));
            payloads.collect()
        };
        let (before, after) = (all(&before), all(&after));
        let changed: Vec<bool> = before
            .iter()
            .zip(&after)
            .map(|(one, two)| one != two)
            .collect();
        assert_eq!(changed, [false, true, false, true, true]);
        assert_eq!(text_of(&after[1].1, RAW_DATA).unwrap(), shape(0));
        assert!(after[3].1.windows(FREE.len()).any(|part| part == FREE));
        assert!(after[3].1.ends_with(b"\x08\xac\x02"));
    }

    #[test]
    fn a_graph_that_is_built_otherwise_is_left_alone() {
        assert_eq!(
            Freed::of(&model(b"\x08\x02", &shape(1))),
            None,
            "a batch of two"
        );
        assert_eq!(
            Freed::of(&model(ONE, &shape(-1))),
            None,
            "a shape that is reckoned"
        );
        let whole = model(ONE, &shape(1));
        assert_eq!(Freed::of(&whole[..whole.len() - 3]), None, "cut off");
        assert_eq!(Freed::of(b"\xff\xff\xff"), None);
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put_number(&mut out, value);
            assert_eq!(number(&out), Some((value, &[][..])));
        }
    }
}
