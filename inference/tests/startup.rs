//! An engine's way to its first frame, with CPU sessions: the same state machine that builds on a GPU.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::support::{library, models, root};
use kiosk_inference::Error;
use kiosk_inference::engine::{
    Attempt, EngineConfig, EngineError, EngineState, Precision, Provider,
};
use kiosk_inference::pack::Pack;
use kiosk_inference::startup;

fn config(providers: &[Provider]) -> EngineConfig {
    EngineConfig {
        providers: providers.to_vec(),
        ..EngineConfig::with_library(library())
    }
}

#[test]
fn every_network_is_counted_then_warmed_then_ready() {
    let (_, pack) = models();
    let mut told = Vec::new();
    let engine = startup::start(&config(&[Provider::Cpu]), &pack, &mut |state| {
        told.push(state.clone());
    });
    let engine = engine.unwrap();
    let on = Attempt {
        provider: Provider::Cpu,
        precision: Precision::Single,
    };
    let of = pack.models().count();
    let mut expected: Vec<_> = (0..of)
        .map(|done| EngineState::Building { on, done, of })
        .collect();
    expected.extend([EngineState::Warming { on }, EngineState::Ready { on }]);
    assert_eq!(told, expected);
    assert_eq!(engine.report().in_use, Provider::Cpu);
    assert_eq!(engine.report().half_refused, None);
}

#[test]
fn a_network_that_was_loaded_ahead_is_given_once_and_runs() {
    let (_, pack) = models();
    let engine = startup::start(&config(&[Provider::Cpu]), &pack, &mut |_| {}).unwrap();
    let iris = pack.required("iris").unwrap();
    for _ in 0..2 {
        let mut network = engine.load(iris.path()).unwrap();
        let eye = ndarray::ArrayD::<f32>::zeros(vec![1, 3, 64, 64]);
        let outputs = network.run(&[("image", eye.view())]).unwrap();
        assert_eq!(outputs.get("points").unwrap().len(), 76 * 3);
    }
    engine.forget_kept();
    assert!(engine.load(iris.path()).is_ok(), "then it is loaded anew");
}

#[test]
fn providers_that_cannot_run_are_passed_over_in_order_before_the_cpu_is_ready() {
    let (_, pack) = models();
    let wanted = EngineConfig::with_library(library());
    let mut told = Vec::new();
    let engine = startup::start(&wanted, &pack, &mut |state| told.push(state.clone())).unwrap();
    let report = engine.report();
    let mut tried: Vec<Provider> = report.passed_over.iter().map(|(one, _)| *one).collect();
    tried.push(report.in_use);
    println!("tried in this order: {tried:?}");
    assert_eq!(tried, wanted.providers[..tried.len()]);
    for (provider, reason) in &report.passed_over {
        assert!(!reason.is_empty(), "{provider}");
    }
    assert!(told.last().unwrap().is_ready());
}

#[test]
fn a_network_that_does_not_load_refuses_the_attempt_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.onnx");
    std::fs::write(&broken, "not a network").unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"not a network"));
    let manifest = folder.path().join("manifest.toml");
    let entry =
        format!("[[model]]\nid = \"broken\"\nfile = \"broken.onnx\"\nsha256 = \"{sha256}\"\n");
    let named = folder.path().file_name().unwrap().to_str().unwrap();
    std::fs::write(&manifest, format!("{entry}pack = \"{named}\"\n")).unwrap();
    let pack = Pack::open(&manifest, folder.path()).unwrap();
    let mut told = Vec::new();
    let error = startup::start(&config(&[Provider::Cpu]), &pack, &mut |state| {
        told.push(state.name());
    });
    assert!(matches!(
        error,
        Err(Error::Engine(EngineError::Unloadable { .. }))
    ));
    assert_eq!(told, ["building", "refused"]);
}

#[test]
fn without_a_provider_nothing_begins() {
    let (_, pack) = models();
    assert!(root().join("models/manifest.toml").exists());
    let mut told = 0;
    let error = startup::start(&config(&[]), &pack, &mut |_| told += 1);
    assert!(matches!(
        error,
        Err(Error::Engine(EngineError::NoProvider { .. }))
    ));
    assert_eq!(told, 0);
}
