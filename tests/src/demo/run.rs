//! The demo's course.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use kiosk_pki::Validity;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::person::Actor;
use super::verification::Verification;
use super::{report, table};
use crate::branch::{Branch, Plan};
use crate::material::Material;

/// Central has to hold everything this soon after the network is back.
const DELIVERED_WITHIN: Duration = Duration::from_secs(60);
/// How often central is asked.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// What the command line asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The checkout's root.
    pub root: PathBuf,
    /// A real camera in place of synthetic people.
    pub camera: Option<String>,
    /// The user's own recording in place of synthetic people.
    pub recording: Option<PathBuf>,
    /// The user's own document.
    pub document: Option<PathBuf>,
    /// Leave everything running at the end.
    pub keep: bool,
    /// Show the people's pictures in the report.
    pub pictures: bool,
    /// The time at which it runs.
    pub now: OffsetDateTime,
}

/// One act of the demo.
struct Act<'a> {
    slug: &'static str,
    title: String,
    story: String,
    actor: Actor<'a>,
    document: Option<PathBuf>,
    offline: bool,
    expected: Expected,
}

/// What an act has to end in.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// Approved, or sent to review for no other reason than that passive detection doubts a synthetic person or
    /// was not there to be asked.
    Approval,
    /// Rejected, for this reason among them.
    Rejection(&'static str),
    /// Whatever the user's own material gives.
    Anything,
}

impl Expected {
    fn is_met_by(self, one: &Verification) -> bool {
        let has = |reason: &str| one.reasons.iter().any(|given| given == reason);
        match self {
            Self::Approval if one.status == "approved" => one.reasons.is_empty(),
            Self::Approval => {
                let doubts = has("PASSIVE_PAD_DOUBT") || has("PASSIVE_PAD_NOT_ASSESSED");
                one.status == "manual_review" && one.reasons.len() == 1 && doubts
            }
            Self::Rejection(reason) => one.status == "rejected" && has(reason),
            Self::Anything => true,
        }
    }
}

/// Runs the demo and gives true when each act ended as it must and central holds each exactly once.
pub async fn run(options: Options) -> anyhow::Result<bool> {
    let out = options.root.join("target/demo");
    let material = Material::below(&options.root)?;
    tell("making specimens and synthetic people (kept in target/material)")?;
    let acts = acts(&options, &material)?;
    tell("starting a broker, a central and a kiosk on loopback")?;
    let mut branch = Branch::start(plan(&options, &out)?)?;
    let mut done = Vec::new();
    let mut as_expected = true;
    let mut network = String::from("The network was there all the time.");
    for act in acts {
        tell(&act.title)?;
        if act.offline {
            tell("  the network is pulled away")?;
            branch.unplug();
        }
        let mut one = verify(&branch, &act).await?;
        tell(&format!("  {} {}", one.status, one.reasons.join(", ")))?;
        if act.offline {
            network = away(&branch, &one).await?;
            tell(&format!("  {network}"))?;
            branch.plug();
        }
        one.events = branch
            .control()
            .get(&format!("/v1/sessions/{}", one.session_id))
            .await?["events"]
            .take();
        if !act.expected.is_met_by(&one) {
            tell(&format!("  NOT AS EXPECTED: {:?}", act.expected))?;
            as_expected = false;
        }
        done.push(one);
    }
    tell("waiting until central holds everything")?;
    for one in &mut done {
        delivered(&branch, one).await?;
    }
    // Once more, now that all is quiet: a second copy would have come by now.
    for one in &mut done {
        delivered(&branch, one).await?;
    }
    let good = done
        .iter()
        .all(|one| one.central_count == 1 && one.chain_ok);
    write_out(&out, &done, &network, options.pictures)?;
    finish(&mut branch, &options, &out, &done).await?;
    Ok(good && as_expected)
}

fn plan(options: &Options, out: &Path) -> anyhow::Result<Plan> {
    let folder = out.join("branch");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("the last demo's files can't be removed")?;
    }
    Ok(Plan {
        root: options.root.clone(),
        folder,
        recordings: PathBuf::from("/"),
        now: options.now,
        validity: Validity::days(options.now, 2),
        api_keys: String::new(),
        policy: String::new(),
        more: String::new(),
    })
}

fn acts<'a>(options: &Options, material: &'a Material) -> anyhow::Result<Vec<Act<'a>>> {
    if let Some(camera) = &options.camera {
        let actor = Actor::Present {
            camera: camera.clone(),
        };
        return Ok(vec![own(actor, options, "The person before the camera")]);
    }
    if let Some(recording) = &options.recording {
        let actor = Actor::Recorded(recording.clone());
        return Ok(vec![own(actor, options, "The recorded person")]);
    }
    let today = options.now.date();
    Ok(vec![
        Act {
            slug: "bona-fide",
            title: "A bona fide person".into(),
            story: "The traveller shows their own passport and does as asked. The network is pulled away \
                    before and given back after."
                .into(),
            actor: Actor::Synthetic { material, person: "traveller" },
            document: Some(material.passport("traveller", today)?),
            offline: true,
            expected: Expected::Approval,
        },
        Act {
            slug: "impostor",
            title: "An impostor with somebody else's document".into(),
            story: "The stranger shows the traveller's passport.".into(),
            actor: Actor::Synthetic { material, person: "stranger" },
            document: Some(material.passport("traveller", today)?),
            offline: false,
            expected: Expected::Rejection("FAILED_FACE_MATCH"),
        },
        Act {
            slug: "expired",
            title: "An expired document".into(),
            story: "The traveller shows their own passport, which has run out.".into(),
            actor: Actor::Synthetic { material, person: "traveller" },
            document: Some(material.expired_passport("traveller", today)?),
            offline: false,
            expected: Expected::Rejection("DOCUMENT_EXPIRED"),
        },
    ])
}

fn own<'a>(actor: Actor<'a>, options: &Options, title: &str) -> Act<'a> {
    Act {
        slug: "own",
        title: title.into(),
        story: "The user's own material.".into(),
        actor,
        document: options.document.clone(),
        offline: true,
        expected: Expected::Anything,
    }
}

/// One verification at the station, from its begin to its decision.
async fn verify(branch: &Branch, act: &Act<'_>) -> anyhow::Result<Verification> {
    let control = branch.control();
    let session = control
        .post("/v1/sessions", &json!({ "external_user_id": act.slug }))
        .await?;
    let id = session["session_id"]
        .as_str()
        .context("a session has no id")?
        .to_owned();
    let call = |step: &str| format!("/v1/sessions/{id}/{step}");
    control
        .post(&call("consent"), &json!({ "text_version": "demo-1" }))
        .await?;
    let source = act.actor.show(act.document.as_ref())?;
    let document = control.post(&call("document"), &source).await?;
    let selfie = control.post(&call("selfie"), &act.actor.look()?).await?;
    let (challenge_id, challenge) = if act.actor.can_be_asked() {
        let asked = control.post(&call("challenge"), &json!({})).await?;
        (
            asked["challenge_id"].clone(),
            crate::material::timed(&asked)?,
        )
    } else {
        (Value::Null, Vec::new())
    };
    let answer = json!({ "source": act.actor.answer(&challenge)?, "challenge_id": challenge_id });
    let clip = control.post(&call("liveness"), &answer).await?;
    let decided = control.post(&call("submit"), &json!({})).await?;
    let decision = decided["decision"].clone();
    let ms = [&document, &selfie, &clip]
        .iter()
        .filter_map(|step| step["ms"].as_f64())
        .sum();
    Ok(Verification {
        slug: act.slug,
        title: act.title.clone(),
        story: act.story.clone(),
        session_id: id,
        status: decision["status"]
            .as_str()
            .unwrap_or("undecided")
            .to_owned(),
        reasons: serde_json::from_value(decision["reasons"].clone())?,
        ms,
        document: document["found"].clone(),
        selfie: selfie["found"].clone(),
        clip: clip["found"].clone(),
        challenge: challenge.into_iter().map(|(gesture, _)| gesture).collect(),
        decision,
        events: Value::Null,
        central_count: 0,
        chain_ok: false,
    })
}

/// What is true while the network is away: the decision stands on the kiosk, and central has nothing of it.
async fn away(branch: &Branch, one: &Verification) -> anyhow::Result<String> {
    let held = branch.at_central(&one.session_id).await?;
    let decided_there = held
        .as_ref()
        .and_then(|held| held["decisions"].as_u64())
        .unwrap_or(0);
    anyhow::ensure!(
        decided_there == 0,
        "central holds a decision that the network could not have carried"
    );
    Ok(format!(
        "The network was away during \"{}\": decided and on disk at the kiosk, no decision at central; then it came back.",
        one.title
    ))
}

/// Waits until central holds a session's decision, and takes its word on how often and on the chain.
async fn delivered(branch: &Branch, one: &mut Verification) -> anyhow::Result<()> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(held) = branch.at_central(&one.session_id).await? {
            one.central_count = held["decisions"].as_u64().unwrap_or(0);
            one.chain_ok = held["chain_ok"].as_bool().unwrap_or(false);
            if one.central_count > 0 {
                return Ok(());
            }
        }
        anyhow::ensure!(
            waited < DELIVERED_WITHIN,
            "central does not hold {} after {DELIVERED_WITHIN:?}; the kiosk's log is {}",
            one.session_id,
            branch.folder().join("kioskd.log").display(),
        );
        tokio::time::sleep(ASK_EVERY).await;
        waited += ASK_EVERY;
    }
}

fn write_out(
    out: &Path,
    done: &[Verification],
    network: &str,
    pictures: bool,
) -> anyhow::Result<()> {
    let results: Vec<Value> = done.iter().map(Verification::result).collect();
    let result = json!({ "verifications": results });
    std::fs::write(
        out.join("result.json"),
        serde_json::to_string_pretty(&result)?,
    )?;
    std::fs::write(
        out.join("report.html"),
        report::render(done, network, pictures),
    )?;
    Ok(())
}

async fn finish(
    branch: &mut Branch,
    options: &Options,
    out: &Path,
    done: &[Verification],
) -> anyhow::Result<()> {
    let mut text = format!("\n{}\n\n", table::render(done));
    text.push_str(&format!("report  {}\n", out.join("report.html").display()));
    text.push_str(&format!("result  {}\n", out.join("result.json").display()));
    if options.keep {
        text.push_str(&format!("control {}\n", branch.control().path().display()));
        text.push_str(&format!("metrics {}\n", branch.metrics()));
        text.push_str("everything is left running; end it with Ctrl-C\n");
    }
    std::io::stdout().write_all(text.as_bytes())?;
    if options.keep {
        tokio::signal::ctrl_c().await?;
    }
    branch.stop_kiosk()
}

fn tell(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "demo: {text}")?;
    out.flush()?;
    Ok(())
}
