//! The analysis thread loads its models: what it says on the way, and whom it takes jobs from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use kiosk_inference::engine::{Attempt, EngineError, EngineState, Precision, Provider};
use kioskd::analysis::{Analyst, AnalystError, load_from};

const LONG: Duration = Duration::from_secs(60);
const ON_A_GPU: Attempt = Attempt {
    provider: Provider::TensorRt,
    precision: Precision::Half,
};

#[tokio::test]
async fn while_a_gpus_engine_is_built_the_daemon_goes_on_and_jobs_hear_how_far_it_is() {
    let (go_on, wait) = sync_channel::<()>(0);
    let loading = Analyst::load(EngineState::Absent, move |tell| {
        let (on, of) = (ON_A_GPU, 9);
        tell(&EngineState::Building { on, done: 2, of });
        wait.recv_timeout(LONG).unwrap();
        tell(&EngineState::Warming { on });
        let models = load_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"))?;
        tell(&EngineState::Ready { on });
        Ok(models)
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
