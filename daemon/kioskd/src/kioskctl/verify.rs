//! `kioskctl verify`: one verification on this machine, through the same service and station as the
//! daemon's, over a store that lives as long as the command.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use kiosk_api::service::{Caller, DocumentUpload, NewSession, ServiceError, Verifications};
use kiosk_inference::convert::Plan;
use kiosk_session::{
    Assessment, Consent, ConsentSource, Decision, DocumentEvidence, LivenessEvidence, Policy,
    Redacted, SessionId,
};
use kiosk_store::{DeviceKey, Store, StoreConfig};
use serde_json::{Value, json};

use super::Failed;
use super::readers::PolicyFiles;
use crate::analysis::{Analyst, Models};
use crate::clock::SystemClock;
use crate::config::Cameras;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::service::picture_kind::is_picture;
use crate::station::{Feeding, SourceWish, Sources, Station};

/// Runs one verification on this machine and prints the decision.
#[derive(Debug, Args)]
pub struct Verify {
    /// The document: a picture, a video, or a folder of pictures.
    #[arg(long)]
    document: PathBuf,
    /// The picture of its back.
    #[arg(long)]
    back: Option<PathBuf>,
    /// The person: a video or a folder of pictures.
    #[arg(long)]
    clip: PathBuf,
    /// What decides.
    #[command(flatten)]
    policy: PolicyFiles,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
    /// The folder that holds `manifest.toml`, `packs/` and `runtime/`.
    #[arg(long, default_value = "models")]
    models: PathBuf,
}

/// Runs the command.
pub fn run(args: &Verify) -> Result<(), Failed> {
    for file in [Some(&args.document), Some(&args.clip), args.back.as_ref()]
        .into_iter()
        .flatten()
    {
        if !file.exists() {
            return Err(Failed::Usage(format!(
                "{} does not exist; name an existing file",
                file.display()
            )));
        }
    }
    let policy = args.policy.read()?;
    let models = load(&args.models)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::work)?;
    let told = runtime.block_on(verify(args, policy, models))?;
    print(args.json, &told);
    match told.get("error") {
        Some(error) if !error.is_null() => Err(Failed::Work(format!(
            "not decided: {}",
            error["detail"].as_str().unwrap_or_default()
        ))),
        _ => Ok(()),
    }
}

/// The models below a folder, as `cargo xtask setup` makes it.
fn load(folder: &Path) -> Result<Models, Failed> {
    crate::analysis::load_from(folder)
        .map_err(|error| Failed::Usage(format!("{error}; make the models with: cargo xtask setup")))
}

async fn verify(args: &Verify, policy: Policy, models: Models) -> Result<Value, Failed> {
    let folder = tempfile::tempdir().map_err(Failed::work)?;
    // The key lives in memory only: what a killed command leaves in the folder can't be opened.
    let device_key = DeviceKey::from_bytes(rand::random());
    let kiosk = "kioskctl".parse().map_err(Failed::work)?;
    let config = StoreConfig::new(folder.path().join("store"), kiosk);
    let (store, _) = Store::open(&config, device_key).map_err(Failed::work)?;
    let (analyst, thread) = Analyst::start(models).map_err(Failed::work)?;
    let (told, _told) = tokio::sync::mpsc::channel(16);
    let service = Service::new(
        store.clone(),
        Arc::new(analyst),
        policy,
        Arc::new(SystemClock),
        told,
        Box::new(|| "local".into()),
    );
    let service = Arc::new(service.map_err(Failed::work)?);
    let outcome = steps(args, &service).await;
    let answer = report(&service, &store, outcome).await?;
    drop(service);
    store.close().await.map_err(Failed::work)?;
    tokio::task::spawn_blocking(move || thread.join())
        .await
        .map_err(Failed::work)?
        .map_err(|_| Failed::Work("the analysis thread panicked".into()))?;
    Ok(answer)
}

struct Outcome {
    id: Option<SessionId>,
    ms: Vec<(&'static str, f64)>,
    error: Option<ServiceError>,
}

/// Walks the whole way; stops at the first step that can't use what it was given.
async fn steps(args: &Verify, service: &Arc<Service>) -> Outcome {
    let mut outcome = Outcome {
        id: None,
        ms: Vec::new(),
        error: None,
    };
    if let Err(error) = walk(args, service, &mut outcome).await {
        outcome.error = Some(error);
    }
    outcome
}

async fn walk(
    args: &Verify,
    service: &Arc<Service>,
    outcome: &mut Outcome,
) -> Result<(), ServiceError> {
    let caller = caller();
    let sources = Sources {
        cameras: Cameras::default(),
        recordings: Some(PathBuf::from("/")),
        feeding: Feeding::Every,
        previews: None,
        plan: Plan::cpu(),
        metrics: Metrics::new(),
    };
    let station = Station::new(Arc::clone(service), sources);
    let request = NewSession {
        external_user_id: Redacted::new("kioskctl".into()),
        webhook_url: None,
        redirect_url: None,
        metadata: None,
        consent: Some(Consent {
            source: ConsentSource::PartnerStatement,
            text_version: "kioskctl".into(),
        }),
    };
    let id = service.open(&caller, request).await?.id;
    outcome.id = Some(id);
    let begun = service.now();
    document(args, service, &station, &caller, id).await?;
    outcome.ms.push(("document", since(service, begun)));
    let clip = || SourceWish::Recording(absolute(&args.clip));
    let step = station.selfie(&caller, id, clip()).await?;
    outcome.ms.push(("selfie", step.ms));
    let step = station.liveness(&caller, id, None, clip()).await?;
    outcome.ms.push(("liveness", step.ms));
    service.submit(&caller, id).await?;
    outcome.ms.push(("total", since(service, begun)));
    Ok(())
}

/// One picture is read as an upload is; a video or folder is watched.
async fn document(
    args: &Verify,
    service: &Arc<Service>,
    station: &Station,
    caller: &Caller,
    id: SessionId,
) -> Result<(), ServiceError> {
    if !begins_as_picture(&args.document) && args.back.is_none() {
        let wish = SourceWish::Recording(absolute(&args.document));
        station.document(caller, id, wish).await?;
        return Ok(());
    }
    let read = |path: &Path| {
        std::fs::read(path)
            .map(bytes::Bytes::from)
            .map_err(|error| ServiceError::Unusable {
                code: "FILE_UNREADABLE",
                remedy: format!("a document's file can't be read: {}", error.kind()),
            })
    };
    let back = args.back.as_deref().map(read).transpose()?;
    let upload = DocumentUpload {
        front: read(&args.document)?,
        back,
        kind: None,
        country: None,
    };
    service.add_document(caller, id, upload).await?;
    Ok(())
}

fn begins_as_picture(path: &Path) -> bool {
    let mut head = Vec::with_capacity(12);
    let read = std::fs::File::open(path).and_then(|file| file.take(12).read_to_end(&mut head));
    read.is_ok() && is_picture(&head)
}

async fn report(service: &Arc<Service>, store: &Store, outcome: Outcome) -> Result<Value, Failed> {
    let Some(id) = outcome.id else {
        let error = outcome
            .error
            .map(|error| error.to_string())
            .unwrap_or_default();
        return Err(Failed::Work(error));
    };
    let session = service.session(&caller(), id).await.map_err(Failed::work)?;
    let chain = service.journal().chain(id).map_err(Failed::work)?;
    let entries = service.journal().entries(id).map_err(Failed::work)?;
    let events: Vec<Value> = entries
        .iter()
        .zip(&chain)
        .map(|((number, entry), link)| {
            json!({ "number": number, "type": entry.event.name(), "hash": link.hash })
        })
        .collect();
    let ms: serde_json::Map<String, Value> = outcome
        .ms
        .into_iter()
        .map(|(step, ms)| (step.to_owned(), json!(ms)))
        .collect();
    Ok(json!({
        "session_id": id,
        "status": session.state.decision().map(|decision| decision.status),
        "reasons": session.state.decision().map(|decision| &decision.reasons),
        "decision": session.state.decision(),
        "document": session.state.document().map(document_view),
        "face_match": session.state.selfie().map(|selfie| &selfie.face_match),
        "liveness": session.state.liveness().map(liveness_view),
        "events": events,
        "chain_ok": store.verify_chain().is_ok(),
        "ms": ms,
        "error": outcome.error.map(|error| error_view(&error)),
    }))
}

/// A document without what is personal in it.
fn document_view(document: &DocumentEvidence) -> Value {
    json!({
        "kind": document.kind,
        "layout": document.layout,
        "issuing_state": document.fields.as_ref().map(|fields| &fields.issuing_state),
        "expiry_date": document.fields.as_ref().and_then(|fields| fields.expiry_date).map(|day| day.to_string()),
        "check_digits": document.check_digits,
        "confidence": document.confidence,
        "portrait": document.portrait.is_some(),
    })
}

fn liveness_view(liveness: &LivenessEvidence) -> Value {
    json!({
        "pad_score": liveness.passive.assessed().map(|pad| pad.score),
        "passive": liveness.passive,
        "active": match &liveness.active {
            Assessment::Assessed(answer) => json!({ "met": answer.met, "asked": answer.asked }),
            Assessment::NotAssessed(why) => json!({ "not_assessed": why }),
        },
        "same_face": liveness.same_face,
        "gestures": liveness.gestures,
        "injection": liveness.injection,
        "frames": liveness.frames,
        "most_faces": liveness.most_faces,
    })
}

fn error_view(error: &ServiceError) -> Value {
    let code = match error {
        ServiceError::Unusable { code, .. } => code,
        ServiceError::NotFound => "NOT_FOUND",
        ServiceError::Refused(_) => "NOT_NOW",
        ServiceError::NoRoom(what) => what.code(),
        ServiceError::Unavailable { .. } => "UNAVAILABLE",
        ServiceError::Internal => "INTERNAL",
    };
    json!({ "code": code, "detail": error.to_string() })
}

#[allow(
    clippy::print_stdout,
    reason = "a command line answers on standard output"
)]
fn print(as_json: bool, told: &Value) {
    if as_json {
        println!("{told}");
        return;
    }
    println!(
        "status   {}",
        told["status"].as_str().unwrap_or("not decided")
    );
    let decision: Option<Decision> = serde_json::from_value(told["decision"].clone()).ok();
    for reason in decision.iter().flat_map(|decision| &decision.reasons) {
        println!("reason   {}", reason.sentence());
    }
    if let Some(total) = told["ms"]["total"].as_f64() {
        println!("took     {total:.0} ms");
    }
}

fn caller() -> Caller {
    Caller::new("local", "kioskctl")
}

fn since(service: &Arc<Service>, begun: time::OffsetDateTime) -> f64 {
    (service.now() - begun).as_seconds_f64() * 1000.0
}

/// The path from the root, so that it can be named below it.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
