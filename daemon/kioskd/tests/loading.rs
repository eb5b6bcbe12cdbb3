//! The analysis thread loads its models: what it says on the way, and whom it takes jobs from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use kiosk_inference::engine::{
    Attempt, Choice, Engine, EngineConfig, EngineError, EngineState, Precision, Provider,
};
use kiosk_inference::face::Template;
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::{DecodeLimits, Picture};
use kioskd::analysis::{Analyst, AnalystError, Lanes, Models, load_from};

const LONG: Duration = Duration::from_secs(60);
const ON_A_GPU: Attempt = Attempt {
    provider: Provider::TensorRt,
    precision: Precision::Half,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[tokio::test]
async fn while_a_gpus_engine_is_built_the_daemon_goes_on_and_jobs_hear_how_far_it_is() {
    let (go_on, wait) = sync_channel::<()>(0);
    let loading = Analyst::load(EngineState::Absent, move |tell| {
        let (on, of) = (ON_A_GPU, 9);
        tell(&EngineState::Building { on, done: 2, of });
        wait.recv_timeout(LONG).unwrap();
        tell(&EngineState::Warming { on });
        let models = load_from(&root().join("models"))?;
        tell(&EngineState::Ready { on });
        Ok(models.into())
    });
    let begun = tokio::time::timeout(LONG, loading.unwrap().begun());
    let (analyst, thread) = begun
        .await
        .expect("it does not wait for the build")
        .unwrap();
    let refused = analyst.run(|_| ()).await.unwrap_err();
    assert_eq!(
        refused,
        AnalystError::NotReady {
            state: "building",
            done: 2,
            of: 9
        }
    );
    assert!(
        refused.to_string().contains("building: 2 of 9"),
        "{refused}"
    );
    go_on.send(()).unwrap();
    let ready = async {
        while !analyst.engine().is_ready() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, ready)
        .await
        .expect("it becomes ready");
    let hashes = analyst.run(|models| models.hashes.len()).await.unwrap();
    assert!(hashes > 0);
    drop(analyst);
    thread.join().unwrap();
}

#[tokio::test]
async fn on_the_cpu_the_start_waits_and_hears_why_models_do_not_load() {
    let loading = Analyst::load(EngineState::Absent, |tell| {
        let on = Attempt {
            provider: Provider::Cpu,
            precision: Precision::Single,
        };
        tell(&EngineState::Building { on, done: 0, of: 1 });
        let reason = "it is cut off".to_owned();
        tell(&EngineState::Refused {
            on,
            reason: reason.clone(),
        });
        Err(EngineError::Run(reason))?
    });
    let begun = tokio::time::timeout(LONG, loading.unwrap().begun()).await;
    let error = begun.unwrap().err().expect("it does not start");
    assert!(error.to_string().contains("it is cut off"));
}

/// Two threads on the CPU whose sessions are shared, as a GPU's are.
fn two_lanes() -> Lanes {
    let models = root().join("models");
    let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default")).unwrap();
    let engine = Engine::start(&EngineConfig {
        sharing: Choice::Always,
        ..EngineConfig::with_library(models.join("runtime/libonnxruntime.so"))
    });
    Lanes::load(&engine.unwrap(), &pack).unwrap()
}

/// What the networks of a usable frame say of a picture's face.
fn looked(models: &mut Models, picture: &Picture) -> (f32, Template) {
    let subject = models.observe(picture).unwrap().subject.unwrap();
    let pad = models.pad.as_mut().expect("the pack has PAD networks");
    let score = pad.score(picture, &subject.bounds).unwrap().score;
    (score, models.embedder.embed(picture, &subject).unwrap())
}

#[tokio::test]
async fn two_cameras_share_sessions_and_each_hears_what_it_would_hear_alone() {
    let portraits = ["astronaut.png", "grace_hopper.jpg"].map(|file| {
        let bytes = std::fs::read(root().join("tests/.portraits").join(file));
        let bytes = bytes.expect("run: cargo xtask setup");
        Arc::new(Picture::decode(&bytes, &DecodeLimits::for_own_files()).unwrap())
    });
    let mut alone = load_from(&root().join("models")).unwrap();
    let expected = portraits
        .each_ref()
        .map(|picture| looked(&mut alone, picture));
    let on = alone.on;
    let loading = Analyst::load(EngineState::Ready { on }, |_| Ok(two_lanes())).unwrap();
    let (analyst, thread) = loading.begun().await.unwrap();
    for _ in 0..5 {
        let ask = |picture: &Arc<Picture>| {
            let picture = Arc::clone(picture);
            analyst.run(move |models| looked(models, &picture))
        };
        let (one, two) = tokio::join!(ask(&portraits[0]), ask(&portraits[1]));
        for ((score, template), (own, of_it)) in [one.unwrap(), two.unwrap()].iter().zip(&expected)
        {
            assert!((score - own).abs() < 1e-4, "{score} {own}");
            assert!(template.distance(of_it) < 1e-3);
        }
    }
    drop(analyst);
    thread.join().unwrap();
}

#[tokio::test]
async fn a_camera_whose_job_does_not_end_holds_no_other() {
    let on = ON_A_GPU;
    let loading = Analyst::load(EngineState::Ready { on }, |_| Ok(two_lanes())).unwrap();
    let (analyst, thread) = loading.begun().await.unwrap();
    let (let_go, held) = sync_channel::<()>(0);
    let stalled = analyst.run(move |_| held.recv_timeout(LONG).is_ok());
    let others = async {
        for _ in 0..10 {
            let name = analyst.run(|_| std::thread::current().name().map(str::to_owned));
            let name = tokio::time::timeout(LONG / 2, name)
                .await
                .expect("it is held");
            assert!(name.unwrap().unwrap().starts_with("analysis"));
        }
        let_go.send(()).unwrap();
    };
    let (stalled, ()) = tokio::join!(stalled, others);
    assert!(stalled.unwrap());
    drop(analyst);
    thread.join().unwrap();
}
