//! Who stands before the kiosk in the demo: a synthetic person who does as asked, the user's own recording,
//! or whoever is before the camera.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::material::Material;

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

    /// The source for an answer to a challenge: gestures with the moments, in ms, at which they are asked for.
    pub fn answer(&self, asked: &[(String, u32)]) -> anyhow::Result<Value> {
        match self {
            Self::Synthetic { material, person } => recording(&material.answer(person, asked)?),
            Self::Recorded(path) => recording(path),
            Self::Present { camera } => {
                say("Now look into the camera and do what is asked when it is asked.")?;
                let asked = asked.to_vec();
                std::thread::spawn(move || ask_in_time(&asked));
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

/// Asks for each gesture at its moment, counted from now.
fn ask_in_time(asked: &[(String, u32)]) {
    let mut before_ms = 0;
    for (gesture, at_ms) in asked {
        let pause = u64::from(at_ms.saturating_sub(before_ms));
        std::thread::sleep(std::time::Duration::from_millis(pause));
        before_ms = *at_ms;
        // A terminal that is gone needs no prompt.
        drop(say(&format!("{}, please.", gesture.replace('_', " "))));
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "  {text}")?;
    out.flush()?;
    Ok(())
}
