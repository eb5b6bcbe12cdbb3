//! What poor pictures of a face cost: frames of real clips spoilt by steps, each beside the distance to the same person and the
//! score of passive detection. The policy's limits of a usable face (`daemon/session/policies/default.toml`) come from here.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use crate::spoil::{blurred, relit, smeared};
use crate::support::{files, frames, models, testdata};
use kiosk_inference::face::quality::Measure;
use kiosk_inference::face::{FaceEmbedder, FaceQuality, FaceReader, Template};
use kiosk_inference::liveness::PassivePad;
use kiosk_inference::picture::Picture;

/// The shipped policy's least components.
const LEAST: [(Measure, u8); 3] = [
    (Measure::Sharpness, 3),
    (Measure::UnderExposurePrevention, 51),
    (Measure::OverExposurePrevention, 5),
];

/// What one spoilt frame gave.
struct Poor {
    components: [u8; 3],
    distance: f32,
    pad: Option<f32>,
}

struct Lab {
    reader: FaceReader,
    embedder: FaceEmbedder,
    pad: Option<PassivePad>,
}

impl Lab {
    fn open() -> Self {
        let (engine, pack) = models();
        Self {
            reader: FaceReader::load(&engine, &pack).unwrap(),
            embedder: FaceEmbedder::load(&engine, &pack).unwrap(),
            pad: PassivePad::load(&engine, &pack).unwrap(),
        }
    }

    fn face(&mut self, picture: &Picture) -> Template {
        let seen = self.reader.observe(picture).unwrap();
        let subject = seen.subject.unwrap();
        self.embedder.embed(picture, &subject).unwrap()
    }

    /// A spoilt frame beside a clean one of the same person; `None` where no face is found any more.
    fn look(&mut self, picture: &Picture, clean: &Template) -> Option<Poor> {
        let seen = self.reader.observe(picture).unwrap();
        let subject = seen.subject.as_ref()?;
        let quality = FaceQuality::assess(picture, subject, &seen).unwrap();
        let component = |(measure, _)| quality.get(measure).map_or(100, |value| value.component);
        let bounds = &subject.bounds;
        let pad = self.pad.as_mut();
        Some(Poor {
            components: LEAST.map(component),
            distance: self
                .embedder
                .embed(picture, subject)
                .unwrap()
                .distance(clean),
            pad: pad.map(|pad| pad.score(picture, bounds).unwrap().score),
        })
    }
}

impl Poor {
    fn counts(&self) -> bool {
        let mut each = self.components.iter().zip(LEAST);
        each.all(|(component, (_, least))| *component >= least)
    }
}

/// A frame made worse in one way.
type Spoil = (String, Box<dyn Fn(&Picture) -> Picture>);

fn spoils() -> Vec<Spoil> {
    let mut all: Vec<Spoil> = vec![("clean".into(), Box::new(Clone::clone))];
    for gain in [0.4, 0.2, 0.1, 2.0, 3.0] {
        let lit = move |picture: &Picture| relit(picture, |_, _, level| level * gain);
        all.push((format!("light times {gain}"), Box::new(lit)));
    }
    for gain in [0.4, 0.2] {
        let dim = move |picture: &Picture| noisy(&relit(picture, |_, _, level| level * gain));
        all.push((format!("light times {gain}, noise"), Box::new(dim)));
    }
    for sigma in [2.0, 4.0, 6.0, 12.0] {
        let blur = move |picture: &Picture| blurred(picture, sigma);
        all.push((format!("blurred by {sigma} px"), Box::new(blur)));
    }
    for pixels in [9, 25, 41] {
        let smear = move |picture: &Picture| smeared(picture, pixels);
        all.push((format!("smeared by {pixels} px"), Box::new(smear)));
    }
    all
}

/// Noise of a sensor in the dark: up to five levels to either side, drawn from a seed.
fn noisy(picture: &Picture) -> Picture {
    let mut state = 0x9e37_79b9_u32;
    let bgr = picture.bgr().iter().map(|level| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as f32 / 25.5 - 5.0;
        (f32::from(*level) + noise).clamp(0.0, 255.0) as u8
    });
    Picture::from_bgr(picture.width(), picture.height(), bgr.collect()).unwrap()
}

fn span<T: PartialOrd + Copy>(values: impl Iterator<Item = T>) -> Option<[T; 2]> {
    values.fold(None, |span, value| match span {
        None => Some([value, value]),
        Some([low, high]) => Some([
            if value < low { value } else { low },
            if value > high { value } else { high },
        ]),
    })
}

#[test]
fn frames_in_the_dark_and_in_the_glare_do_not_count_and_clean_ones_do() {
    let Some(folder) = testdata("faces/clips") else {
        return;
    };
    let mut lab = Lab::open();
    let clips: Vec<[Picture; 2]> = files(&folder, "mp4")
        .iter()
        .map(|clip| {
            let all = frames(clip, 1);
            [1, 2].map(|quarter| all[all.len() * quarter / 4].1.clone())
        })
        .collect();
    println!(
        "| frame | found | counts | sharpness | under-exposure | over-exposure | distance | score below 0.5 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, spoil) in spoils() {
        let mut found = Vec::new();
        for [one, two] in &clips {
            for (frame, other) in [(one, two), (two, one)] {
                let clean = lab.face(other);
                found.extend(lab.look(&spoil(frame), &clean));
            }
        }
        let counted = found.iter().filter(|one| one.counts()).count();
        let of = |place: usize| {
            let [low, high] =
                span(found.iter().map(|one| one.components[place])).unwrap_or_default();
            format!("{low} to {high}")
        };
        let [near, far] = span(found.iter().map(|one| one.distance)).unwrap_or_default();
        let attack = |one: &&Poor| one.pad.is_some_and(|score| score < 0.5);
        println!(
            "| {name} | {} of 12 | {counted} | {} | {} | {} | {near:.2} to {far:.2} | {} |",
            found.len(),
            of(0),
            of(1),
            of(2),
            found.iter().filter(attack).count(),
        );
        match name.as_str() {
            "clean" => assert_eq!(counted, 12),
            dark if dark.starts_with("light times 0.") => assert_eq!(counted, 0, "{dark}"),
            _ => {}
        }
    }
}
