//! The engine: what it says of providers, and how it refuses what it can't use.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use std::path::Path;

use crate::support::{library, models, root};
use kiosk_inference::engine::{Engine, EngineConfig, EngineError, Provider};
use ndarray::ArrayD;

#[test]
fn a_missing_library_is_a_typed_error_with_the_remedy() {
    let error =
        Engine::start(&EngineConfig::with_library("/nowhere/libonnxruntime.so")).unwrap_err();
    assert!(matches!(&error, EngineError::LibraryMissing(path) if path.starts_with("/nowhere")));
    assert!(error.to_string().contains("cargo xtask setup"), "{error}");
}

#[test]
fn providers_are_tried_in_order_and_each_one_passed_over_has_a_reason() {
    let engine = Engine::start(&EngineConfig::with_library(library())).unwrap();
    let report = engine.report();
    println!("in use: {}", report.in_use);
    for (provider, reason) in &report.passed_over {
        println!("passed over: {provider}: {reason}");
        assert!(!reason.is_empty());
    }
    let order = [Provider::TensorRt, Provider::Cuda, Provider::Cpu];
    let tried: Vec<Provider> = report
        .passed_over
        .iter()
        .map(|(provider, _)| *provider)
        .chain([report.in_use])
        .collect();
    assert_eq!(tried, order[..tried.len()]);
}

#[test]
fn no_provider_is_an_error_that_names_them_all() {
    let config = EngineConfig {
        providers: Vec::new(),
        ..EngineConfig::with_library(library())
    };
    assert!(matches!(
        Engine::start(&config),
        Err(EngineError::NoProvider { .. })
    ));
}

#[test]
fn the_library_is_loaded_once_a_process_and_shared() {
    let first = Engine::start(&EngineConfig::with_library(library())).unwrap();
    let second = Engine::start(&EngineConfig::with_library(library())).unwrap();
    assert_eq!(first.report(), second.report());
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("libonnxruntime.so");
    std::fs::write(&other, "not a library").unwrap();
    let error = Engine::start(&EngineConfig::with_library(&other)).unwrap_err();
    assert!(
        matches!(error, EngineError::OtherLibraryLoaded(_)),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_network_is_refused_by_its_path() {
    let (engine, _) = models();
    let error = engine
        .load(&root().join("models/manifest.toml"))
        .unwrap_err();
    assert!(matches!(error, EngineError::Unloadable { .. }), "{error}");
    let error = engine.load(Path::new("/nowhere/face.onnx")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/face.onnx"), "{error}");
}

#[test]
fn every_network_of_the_pack_has_the_shapes_that_the_manifest_states() {
    let (engine, pack) = models();
    for model in pack.models() {
        let network = engine.load(model.path()).unwrap();
        let entry = model.entry();
        for input in &entry.inputs {
            let shape = network.input_shape(&input.name).unwrap_or_default();
            assert_eq!(
                shape.len(),
                input.shape.len(),
                "{}: {}",
                entry.id,
                input.name
            );
            // A graph may leave free what the manifest pins down.
            let fits = shape
                .iter()
                .zip(&input.shape)
                .all(|(&has, &says)| has == says || has == -1);
            assert!(fits, "{}: {} is {shape:?}", entry.id, input.name);
        }
        let outputs = network.output_names();
        for output in &entry.outputs {
            assert!(outputs.contains(&output.name), "{}: {outputs:?}", entry.id);
        }
    }
}

#[test]
fn a_wrong_input_is_a_typed_error() {
    let (engine, pack) = models();
    let mut network = engine.load(pack.required("iris").unwrap().path()).unwrap();
    let small = ArrayD::<f32>::zeros(vec![1, 3, 32, 32]);
    assert!(matches!(
        network.run(&[("image", small.view())]),
        Err(EngineError::Run(_))
    ));
    let right = ArrayD::<f32>::zeros(vec![1, 3, 64, 64]);
    assert!(matches!(
        network.run(&[("picture", right.view())]),
        Err(EngineError::Run(_))
    ));
    let outputs = network.run(&[("image", right.view())]).unwrap();
    assert_eq!(outputs.get("points").unwrap().len(), 76 * 3);
    assert!(matches!(
        outputs.values("nothing"),
        Err(EngineError::Output(_))
    ));
}
