//! Who stands before the kiosk in the demo: a synthetic person who does as asked, the user's own recording,
//! or whoever is before the camera.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::material::Material;
use crate::people::Gesture;

/// Who stands there.
pub enum Actor<'a> {
    /// A synthetic person, filmed in answer to the challenge.
    Synthetic {
        /// Where the material lies.
        material: &'a Material,
        /// Which person.
        person: &'static str,
    },
    /// A recording that knows of no challenge.
    Recorded(PathBuf),
    /// A real person before a camera, told in the terminal what to do.
    Present {
        /// The camera's index or path.
        camera: String,
    },
}

impl Actor<'_> {
    /// Whether it can be asked for gestures.
    pub const fn can_be_asked(&self) -> bool {
        !matches!(self, Self::Recorded(_))
    }

    /// The source for a selfie.
    pub fn look(&self) -> anyhow::Result<Value> {
        match self {
            Self::Synthetic { material, person } => recording(&material.calm(person)?),
            Self::Recorded(path) => recording(path),
            Self::Present { camera } => {
                say("Look straight into the camera.")?;
                Ok(json!({ "camera": camera }))
            }
        }
    }

    /// The source for an answer to a challenge.
    pub fn answer(&self, gestures: &[String]) -> anyhow::Result<Value> {
        match self {
            Self::Synthetic { material, person } => {
                let gestures: Vec<Gesture> = gestures
                    .iter()
                    .map(|gesture| named(gesture))
                    .collect::<Result<_, _>>()?;
                recording(&material.performance(person, &gestures)?)
            }
            Self::Recorded(path) => recording(path),
            Self::Present { camera } => {
                say(&format!(
                    "Now, in this order: {}.",
                    gestures.join(", then ").replace('_', " ")
                ))?;
                Ok(json!({ "camera": camera }))
            }
        }
    }

    /// The source for the document.
    pub fn show(&self, document: Option<&PathBuf>) -> anyhow::Result<Value> {
        match (self, document) {
            (_, Some(path)) => recording(path),
            (Self::Present { camera }, None) => {
                say("Hold your document before the camera and press Enter.")?;
                std::io::stdin().lock().read_line(&mut String::new())?;
                Ok(json!({ "camera": camera }))
            }
            _ => bail!("no document was named; add --document FILE"),
        }
    }
}

fn recording(path: &PathBuf) -> anyhow::Result<Value> {
    let path =
        std::path::absolute(path).with_context(|| format!("{} has no path", path.display()))?;
    Ok(json!({ "recording": path }))
}

fn named(gesture: &str) -> anyhow::Result<Gesture> {
    Ok(match gesture {
        "turn_left" => Gesture::TurnLeft,
        "turn_right" => Gesture::TurnRight,
        "look_up" => Gesture::LookUp,
        "look_down" => Gesture::LookDown,
        "blink" => Gesture::Blink,
        "open_mouth" => Gesture::OpenMouth,
        "smile" => Gesture::Smile,
        other => bail!("the kiosk asks for {other}, which no synthetic person can do"),
    })
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "  {text}")?;
    out.flush()?;
    Ok(())
}
