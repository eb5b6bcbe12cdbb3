//! `kioskctl eval pad`: passive presentation attack detection over pictures and clips, in ISO/IEC 30107-3's terms.
//!
//! ```text
//! bona fide, attacks/KIND ─► every frame through the daemon's judge ─► pooled score ─► line, accepted or not
//!                                                                         └──► last line: APCER a kind, BPCER, ACER
//! ```
//!
//! The policy's limits of a usable face choose among a clip's frames. A single picture leaves nothing to choose: its
//! face is judged as it is.
//!
//! A presentation that the detector does not answer (no face, too few usable frames, a damaged file) is a
//! non-response: it counts for that rate and for no other.

mod files;
mod rates;

use std::path::PathBuf;

use clap::Args;
use kiosk_session::{Assessment, Policy, Unassessed, UsableFace, passive_pad_passed};
use serde::Serialize;

use super::super::Failed;
use super::super::output::Output;
use super::super::readers::{ModelsAt, PolicyFiles};
use super::Last;
use super::play::Player;
use crate::analysis::Models;
use files::Presentation;
use rates::Rates;

/// Judges bona fide presentations and attacks.
#[derive(Debug, Args)]
pub struct Pad {
    /// A folder with pictures and clips of people who are there.
    #[arg(long)]
    bona_fide: PathBuf,
    /// A folder with a sub-folder of pictures and clips for each kind of attack.
    #[arg(long)]
    attacks: PathBuf,
    /// Prints one JSON object a line: one for each file, the last one a summary.
    #[arg(long)]
    json: bool,
    /// What decides.
    #[command(flatten)]
    policy: PolicyFiles,
    /// Where the models are.
    #[command(flatten)]
    models: ModelsAt,
}

/// One file.
#[derive(Serialize)]
struct Line {
    /// The folder given, joined with the path below it.
    file: String,
    /// The kind of attack; null where it is bona fide.
    attack: Option<String>,
    /// 0 attack to 1 bona fide, pooled as the daemon does; null where no frame was judged.
    pad_score: Option<f32>,
    /// Whether the policy takes it for bona fide; null is a non-response.
    decision: Option<bool>,
    /// Frames looked at, and those that the score rests on.
    frames: usize,
    judged: u32,
    /// Why there is no decision; absent where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// What was wrong with the file; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Why the detector gave no response.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// No frame shows a face.
    NoFace,
    /// No face was near and straight enough for the policy.
    FaceNotUsable,
    /// Fewer frames were usable than the policy asks of a clip.
    TooFewFrames,
    /// The file can't be read.
    Unreadable,
}

/// Runs the command.
pub(super) fn run(args: &Pad) -> Result<(), Failed> {
    let [clips, pictures] = policies(args.policy.read()?);
    let (presentations, kinds) = files::presentations(&args.bona_fide, &args.attacks)?;
    let mut models = args.models.all()?;
    if models.pad.is_none() {
        return Err(Failed::Usage(
            "the pack has no passive PAD networks; make them with: KIOSK_MODEL_DIR=FOLDER cargo xtask setup \
             (FOLDER holds their weights, see models/recipes/sources.toml)"
                .into(),
        ));
    }
    let (mut rates, mut output) = (Rates::new(kinds), Output::new());
    for presentation in presentations {
        let policy = if presentation.is_picture() {
            &pictures
        } else {
            &clips
        };
        let line = judge(&mut models, policy, presentation)?;
        rates.add(line.attack.as_deref(), line.decision);
        if args.json {
            output.json(&line)?;
        } else {
            output.line(&line.text())?;
        }
    }
    let names = ["face_detector", "face_mesh", "pad_v2", "pad_v1se"];
    let summary = rates.finish(clips.passive_pad.min_score, models.hashes_of(&names));
    if args.json {
        output.json(&Last { summary })
    } else {
        output.line(&summary.text())
    }
}

fn judge(models: &mut Models, policy: &Policy, presentation: Presentation) -> Result<Line, Failed> {
    let Presentation { path, attack } = presentation;
    let mut line = Line {
        file: path.to_string_lossy().into_owned(),
        attack,
        pad_score: None,
        decision: None,
        frames: 0,
        judged: 0,
        reason: Some(Reason::Unreadable),
        error: None,
    };
    let mut player = match Player::open(&path, &policy.usable_face) {
        Ok(player) => player,
        Err(fault) => {
            line.error = Some(fault.to_string());
            return Ok(line);
        }
    };
    let mut faces = 0;
    while let Some((moment, _)) = player.next(models) {
        faces += moment.faces;
    }
    line.frames = player.frames();
    let (judge, fault) = player.finish();
    let passive = judge.finish(models, None).map_err(Failed::work)?.passive;
    line.error = fault;
    if let Assessment::Assessed(pad) = &passive {
        line.pad_score = Some(pad.score);
        line.judged = pad.frames;
    }
    line.decision = passive_pad_passed(&passive, policy);
    line.reason = match (&passive, line.decision) {
        (_, Some(_)) => None,
        (Assessment::Assessed(_), None) => Some(Reason::TooFewFrames),
        (Assessment::NotAssessed(_), None) if line.frames == 0 => Some(Reason::Unreadable),
        (Assessment::NotAssessed(Unassessed::FaceNotUsable), None) if faces > 0 => {
            Some(Reason::FaceNotUsable)
        }
        (Assessment::NotAssessed(_), None) => Some(Reason::NoFace),
    };
    Ok(line)
}

/// The policy for a clip, and for a single picture: its one frame has to do, however its face is turned.
fn policies(clips: Policy) -> [Policy; 2] {
    let mut pictures = clips.clone();
    pictures.passive_pad.min_frames = 1;
    pictures.usable_face = UsableFace::ANY;
    [clips, pictures]
}

impl Line {
    fn text(&self) -> String {
        let kind = self.attack.as_deref().unwrap_or("bona fide");
        let score = self
            .pad_score
            .map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"));
        let said = match (self.decision, self.reason) {
            (Some(true), _) => "taken for bona fide".to_owned(),
            (Some(false), _) => "taken for an attack".to_owned(),
            (None, reason) => format!("no response: {}", reason.map_or("", Reason::sentence)),
        };
        let fault = self
            .error
            .as_ref()
            .map_or_else(String::new, |fault| format!(" ({fault})"));
        format!("{} [{kind}]: {score}, {said}{fault}", self.file)
    }
}

impl Reason {
    const fn sentence(self) -> &'static str {
        match self {
            Self::NoFace => "no face was found",
            Self::FaceNotUsable => "no face was near and straight enough",
            Self::TooFewFrames => "too few frames were usable",
            Self::Unreadable => "the file can't be read",
        }
    }
}
