//! Networks that several threads share, and networks that are bound to memory that stays, on the CPU: each caller gets what
//! it gets alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::Duration;

use crate::support::{library, models};
use kiosk_capture::{Clock, SystemClock};
use kiosk_inference::engine::{Choice, Engine, EngineConfig, EngineError, Network, SharedNetwork};
use kiosk_inference::pack::{Model, Pack};
use ndarray::{ArrayD, IxDyn};

/// Networks that look at a usable frame.
const OF_A_FRAME: [&str; 3] = ["pad_v2", "pad_v1se", "face_embedding"];

fn network(id: &str) -> Network {
    let (engine, pack) = models();
    engine.load(pack.required(id).unwrap().path()).unwrap()
}

fn engine(sharing: Choice, binding: Choice) -> Engine {
    let config = EngineConfig {
        sharing,
        binding,
        ..EngineConfig::with_library(library())
    };
    Engine::start(&config).unwrap()
}

/// Those of the pack whose input has one size.
fn fixed(pack: &Pack) -> impl Iterator<Item = (&Model, Vec<usize>)> {
    pack.models().filter_map(|model| {
        let sides = model.entry().inputs[0].shape.iter();
        let sides = sides.map(|side| usize::try_from(*side).ok());
        Some((model, sides.collect::<Option<_>>()?))
    })
}

/// A strip of waves, another for each number.
fn strip(number: usize, shape: &[usize]) -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(shape), |at| {
        let place: usize = (0..shape.len()).map(|axis| at[axis] * (axis + 2)).sum();
        ((number * 37 + place) as f32 * 0.113).sin()
    })
}

/// What every output gives.
fn given(network: &mut Network, input: &ArrayD<f32>) -> Vec<Vec<f32>> {
    let (input_name, names) = (network.input_names()[0].clone(), network.output_names());
    let outputs = network.run(&[(input_name.as_str(), input.view())]).unwrap();
    let values = names
        .iter()
        .map(|name| outputs.values(name).unwrap().to_vec());
    values.collect()
}

/// The largest difference, as a share of the output's largest number where that is above 1.
fn most_apart(one: &[Vec<f32>], two: &[Vec<f32>]) -> f32 {
    assert_eq!(one.len(), two.len());
    let of_output = |(one, two): (&Vec<f32>, &Vec<f32>)| {
        assert_eq!(one.len(), two.len());
        let largest = two
            .iter()
            .fold(1.0_f32, |most, value| most.max(value.abs()));
        let apart = one.iter().zip(two).map(|(one, two)| (one - two).abs());
        apart.fold(0.0, f32::max) / largest
    };
    one.iter().zip(two).map(of_output).fold(0.0, f32::max)
}

/// Four callers that ask at the same moment, ten times each; the largest difference from a run of their own.
fn apart(alone: &mut Network, callers: Vec<Network>, shape: &[usize]) -> f32 {
    let inputs: Vec<ArrayD<f32>> = (0..callers.len())
        .map(|number| strip(number, shape))
        .collect();
    let expected: Vec<_> = inputs.iter().map(|strip| given(alone, strip)).collect();
    assert!(
        expected[0] != expected[1],
        "callers ask for different things"
    );
    let together = Barrier::new(callers.len());
    std::thread::scope(|scope| {
        let asked = callers.into_iter().zip(inputs.iter().zip(&expected));
        let asked: Vec<_> = asked
            .map(|(mut network, (input, expected))| {
                let together = &together;
                scope.spawn(move || {
                    let once = || {
                        together.wait();
                        most_apart(&given(&mut network, input), expected)
                    };
                    std::iter::repeat_with(once).take(10).fold(0.0, f32::max)
                })
            })
            .collect();
        let all = asked.into_iter().map(|caller| caller.join().unwrap());
        all.fold(0.0, f32::max)
    })
}

#[test]
fn cameras_that_share_sessions_get_each_its_own_answer_and_what_looks_at_usable_frames_is_put_together()
 {
    let (alone, pack) = models();
    let shared = engine(Choice::Always, Choice::Never);
    assert!(shared.shares() && !alone.shares());
    let mut together = BTreeSet::new();
    for (model, shape) in fixed(&pack) {
        let id = model.entry().id.as_str();
        let callers: Vec<Network> = (0..4).map(|_| shared.load(model.path()).unwrap()).collect();
        assert!(callers.iter().all(Network::is_shared));
        if callers[0].takes_batches() {
            together.insert(id);
        }
        let most = apart(&mut alone.load(model.path()).unwrap(), callers, &shape);
        println!("{id}: batched {}, {most} apart", together.contains(id));
        assert!(most < 1e-4, "{id}: {most}");
    }
    assert!(
        OF_A_FRAME.iter().all(|id| together.contains(id)),
        "{together:?}"
    );
}

#[test]
fn without_sharing_networks_of_the_stream_take_one_picture_as_they_are_packed() {
    for id in OF_A_FRAME {
        let network = network(id);
        assert!(!network.takes_batches() && !network.is_shared() && !network.is_bound());
    }
    assert!(network("mrz_recogniser").takes_batches());
}

#[test]
fn a_camera_that_stalled_holds_no_other() {
    let shared = engine(Choice::Always, Choice::Never);
    let (_, pack) = models();
    let path = pack.required("pad_v2").unwrap().path();
    let [mut stalls, mut goes_on] = [0, 1].map(|_| shared.load(path).unwrap());
    let input = strip(0, &[1, 3, 80, 80]);
    let clock = SystemClock::start();
    let took = |network: &mut Network| {
        let begun = clock.now();
        given(network, &input);
        clock.now() - begun
    };
    let alone = (0..20).map(|_| took(&mut goes_on)).min().unwrap();
    took(&mut stalls);
    // From here on its camera gives nothing: it asks no more, and keeps its place.
    let beside: Vec<Duration> = (0..40).map(|_| took(&mut goes_on)).collect();
    let (most, last) = (beside.iter().min().unwrap(), &beside[30..]);
    println!(
        "alone {alone:?}, beside one that stalled {most:?} to {:?}",
        beside.iter().max()
    );
    let sum: Duration = beside.iter().sum();
    let bound = 40 * (3 * alone + Duration::from_millis(20));
    assert!(sum < bound, "{sum:?} of at most {bound:?}");
    std::thread::sleep(Duration::from_millis(120));
    let later = (0..20).map(|_| took(&mut goes_on)).min().unwrap();
    assert!(
        later < alone + Duration::from_millis(5),
        "{later:?} {last:?}"
    );
    assert_eq!(given(&mut stalls, &input), given(&mut goes_on, &input));
}

#[test]
fn who_asks_for_what_the_graph_does_not_take_hears_it_and_the_next_is_served() {
    let shared = SharedNetwork::start(network("iris"), "shared").unwrap();
    let wrong = shared.run("image", strip(0, &[1, 3, 32, 32]));
    assert!(matches!(wrong, Err(EngineError::Run(_))));
    let nameless = shared.run("picture", strip(0, &[1, 3, 64, 64]));
    assert!(matches!(nameless, Err(EngineError::Run(_))));
    assert!(shared.run("image", strip(0, &[1, 3, 64, 64])).is_ok());
}

#[test]
fn strips_of_different_lengths_asked_at_once_are_all_read() {
    let shared = SharedNetwork::start(network("mrz_recogniser"), "shared").unwrap();
    let input = network("mrz_recogniser").input_names().remove(0);
    std::thread::scope(|scope| {
        for width in [120, 200, 280, 360] {
            let (shared, input) = (shared.clone(), input.as_str());
            scope.spawn(move || {
                for number in 0..5 {
                    let strip = strip(number, &[1, 1, 32, width]);
                    let answer = shared.run(input, strip).unwrap();
                    assert_eq!(answer.values().next().unwrap().shape()[0], 1);
                }
            });
        }
    });
}

/// Threads of this process that bear a name.
fn threads_named(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let named = tasks.filter(|task| {
        let comm = std::fs::read_to_string(task.as_ref().unwrap().path().join("comm"));
        // A thread may end between the two.
        comm.is_ok_and(|comm| comm.trim() == name)
    });
    named.count()
}

#[test]
fn the_thread_ends_with_the_last_caller() {
    let first = SharedNetwork::start(network("iris"), "shared-ends").unwrap();
    let second = first.clone();
    drop(first);
    assert!(second.run("image", strip(0, &[1, 3, 64, 64])).is_ok());
    assert_eq!(threads_named("shared-ends"), 1);
    drop(second);
    assert_eq!(threads_named("shared-ends"), 0);
}

#[test]
fn bound_networks_give_exactly_what_unbound_ones_give_and_from_the_same_place_each_time() {
    let (alone, pack) = models();
    let bound = engine(Choice::Never, Choice::Always);
    for (model, shape) in fixed(&pack) {
        let id = &model.entry().id;
        let mut one = alone.load(model.path()).unwrap();
        let mut two = bound.load(model.path()).unwrap();
        assert!(two.is_bound() && !one.is_bound(), "{id}");
        let (input, output) = (two.input_names().remove(0), two.output_names().remove(0));
        let mut places = BTreeSet::new();
        for number in 0..4 {
            let strip = strip(number, &shape);
            assert_eq!(given(&mut one, &strip), given(&mut two, &strip), "{id}");
            let outputs = two.run(&[(input.as_str(), strip.view())]).unwrap();
            places.insert(outputs.values(&output).unwrap().as_ptr() as usize);
        }
        assert_eq!(places.len(), 1, "{id}");
    }
}

#[test]
fn a_bound_network_refuses_another_size_and_goes_on() {
    let (_, pack) = models();
    let bound = engine(Choice::Never, Choice::Always);
    let mut network = bound.load(pack.required("iris").unwrap().path()).unwrap();
    let (wrong, right) = (strip(0, &[1, 3, 32, 32]), strip(0, &[1, 3, 64, 64]));
    for _ in 0..2 {
        for (name, strip) in [("image", &wrong), ("picture", &right)] {
            let refused = network.run(&[(name, strip.view())]).err();
            assert!(matches!(refused, Some(EngineError::Run(_))), "{name}");
        }
        assert!(network.run(&[("image", right.view())]).is_ok());
    }
}

#[test]
fn shared_and_bound_at_once_batches_of_every_size_are_right() {
    let (alone, pack) = models();
    let both = engine(Choice::Always, Choice::Always);
    let path = pack.required("pad_v2").unwrap().path();
    let mut one = alone.load(path).unwrap();
    let mut two = both.load(path).unwrap();
    for batch in [3, 1, 2, 9, 10, 11, 12, 13, 14, 3] {
        let whole = strip(5, &[batch, 3, 80, 80]);
        let parts: Vec<f32> = whole
            .outer_iter()
            .flat_map(|part| {
                let part = part.to_owned().insert_axis(ndarray::Axis(0));
                given(&mut one, &part).remove(0)
            })
            .collect();
        assert!(
            most_apart(&given(&mut two, &whole), &[parts]) < 1e-4,
            "{batch}"
        );
    }
}
