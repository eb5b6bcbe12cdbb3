//! A network that several threads share, on the CPU: each gets its own answer, in one run with others or alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod support;

use kiosk_inference::engine::{EngineError, Network, SharedNetwork};
use ndarray::{ArrayD, IxDyn};
use support::models;

fn network(id: &str) -> Network {
    let (engine, pack) = models();
    engine.load(pack.required(id).unwrap().path()).unwrap()
}

/// A strip of waves, another for each number.
fn strip(number: usize, shape: &[usize]) -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let place: usize = (0..shape.len()).map(|axis| at[axis] * (axis + 2)).sum();
        ((number * 37 + place) as f32 * 0.113).sin()
    })
}

/// Callers that ask at the same moment, ten times each; the largest difference from a run of their own.
fn apart(id: &str, shape: &[usize], batches: bool) -> f32 {
    const CALLERS: usize = 4;
    let mut alone = network(id);
    let input = alone.input_names()[0].clone();
    let output = alone.output_names()[0].clone();
    let inputs: Vec<ArrayD<f32>> = (0..CALLERS).map(|number| strip(number, shape)).collect();
    let expected: Vec<Vec<f32>> = inputs
        .iter()
        .map(|strip| {
            let outputs = alone.run(&[(input.as_str(), strip.view())]).unwrap();
            outputs.values(&output).unwrap().to_vec()
        })
        .collect();
    assert!(
        expected[0] != expected[1],
        "callers ask for different things"
    );
    let (shared, thread) = SharedNetwork::start(network(id), "shared", batches).unwrap();
    let together = std::sync::Barrier::new(CALLERS);
    let most = std::thread::scope(|scope| {
        let callers: Vec<_> = inputs
            .iter()
            .zip(&expected)
            .map(|(input, expected)| {
                let (shared, output, together) = (shared.clone(), &output, &together);
                scope.spawn(move || {
                    let mut most = 0.0_f32;
                    for _ in 0..10 {
                        together.wait();
                        let answer = shared.run(input.clone()).unwrap();
                        let given = answer[output].iter().zip(expected);
                        let apart = given.map(|(one, two)| (one - two).abs());
                        assert_eq!(answer[output].len(), expected.len());
                        most = apart.fold(most, f32::max);
                    }
                    most
                })
            })
            .collect();
        let all = callers.into_iter().map(|caller| caller.join().unwrap());
        all.fold(0.0, f32::max)
    });
    drop(shared);
    thread.join().unwrap();
    most
}

#[test]
fn callers_of_one_run_get_each_its_own_answer() {
    let most = apart("mrz_recogniser", &[1, 1, 32, 200], true);
    println!("batched: {most} apart");
    assert!(most < 1e-3);
}

#[test]
fn without_batches_and_for_a_graph_whose_batch_is_fixed_runs_are_one_after_the_other() {
    assert!(!network("face_mesh").takes_batches());
    assert!(network("mrz_recogniser").takes_batches());
    assert_eq!(apart("mrz_recogniser", &[1, 1, 32, 200], false), 0.0);
    assert_eq!(apart("iris", &[1, 3, 64, 64], true), 0.0);
}

#[test]
fn who_asks_for_what_the_graph_does_not_take_hears_it_and_the_next_is_served() {
    let (shared, thread) = SharedNetwork::start(network("iris"), "shared", true).unwrap();
    let wrong = shared.run(strip(0, &[1, 3, 32, 32]));
    assert!(matches!(wrong, Err(EngineError::Run(_))));
    assert!(shared.run(strip(0, &[1, 3, 64, 64])).is_ok());
    drop(shared);
    thread.join().unwrap();
}

#[test]
fn strips_of_different_lengths_asked_at_once_are_all_read() {
    let (shared, thread) = SharedNetwork::start(network("mrz_recogniser"), "shared", true).unwrap();
    std::thread::scope(|scope| {
        for width in [120, 200, 280, 360] {
            let shared = shared.clone();
            scope.spawn(move || {
                let answer = shared.run(strip(width, &[1, 1, 32, width])).unwrap();
                assert_eq!(answer.values().next().unwrap().shape()[0], 1);
            });
        }
    });
    drop(shared);
    thread.join().unwrap();
}
