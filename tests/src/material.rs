//! The material that tests and demo run on: made here and kept in `target/material`, below a version that changes
//! with what makes it.
// long file: every film and picture that tests run on, with where each is kept

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kiosk_inference::engine::{Engine, EngineConfig};
use kiosk_inference::face::FaceReader;
use kiosk_inference::pack::Pack;
use kiosk_inference::picture::{DecodeLimits, Picture, Region};
use opencv::core::{Scalar, Size};
use opencv::imgproc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use time::Date;

use crate::people::{Gesture, Manner, Person, Pose, Reel, acted, perform};
use crate::specimen::{
    Fonts, Holder, Kind, Page, Shot, Specimen, head_and_shoulders, hold, photograph,
};

/// Frames a second of every film.
const FPS: f32 = 25.0;
/// Width and height of every film's frames, px.
const FRAME: (i32, i32) = (960, 720);
/// Changes when films have to be made again.
const VERSION: &str = "1";

/// Dots a millimetre that pages are rendered at.
const DOTS_PER_MM: f32 = 16.0;
/// Frames for which a document is held under the camera.
const HELD_FRAMES: usize = 50;
/// From when a gesture is asked for to its begin, and from the last one's end to the film's, in seconds.
const REACTION_S: f32 = 0.5;
const ENDS_S: f32 = 0.9;
/// Answers to drawn moments are hardly needed twice.
const KEPT_FOR: std::time::Duration = std::time::Duration::from_secs(3_600);
/// Frames of each of two people who take turns.
const SWAP_FRAMES: usize = 50;
/// Seed of everything that is drawn at random.
const SEED: u64 = 0x6b69_6f73;

/// The people there are: name here, file that set-up extracts.
const PEOPLE: [(&str, &str); 2] = [
    ("traveller", "astronaut.png"),
    ("stranger", "grace_hopper.jpg"),
];

/// Where the material lies.
#[derive(Debug, Clone)]
pub struct Material {
    folder: PathBuf,
    root: PathBuf,
}

impl Material {
    /// The material below a checkout's root.
    pub fn below(root: &Path) -> anyhow::Result<Self> {
        let folder = root.join("target/material").join(VERSION);
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            root: root.to_owned(),
        })
    }

    /// Where films and pictures lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A person who stands still, as far as anyone does.
    pub fn calm(&self, person: &str) -> anyhow::Result<PathBuf> {
        self.film(person, "calm", &[])
    }

    /// A person who performs gestures in order.
    pub fn performance(&self, person: &str, gestures: &[Gesture]) -> anyhow::Result<PathBuf> {
        let name: Vec<String> = gestures
            .iter()
            .map(|gesture| format!("{gesture:?}"))
            .collect();
        self.film(person, &name.join("-").to_lowercase(), gestures)
    }

    /// A person who does what a challenge asks, a moment after each is asked for. `asked` holds gestures by the kiosk's names
    /// with their moments in ms.
    pub fn answer(&self, person: &str, asked: &[(String, u32)]) -> anyhow::Result<PathBuf> {
        let acts = asked.iter().map(|(name, at_ms)| {
            let gesture =
                Gesture::named(name).with_context(|| format!("no synthetic person can {name}"))?;
            Ok((gesture, *at_ms as f32 / 1_000.0 + REACTION_S))
        });
        let acts: Vec<(Gesture, f32)> = acts.collect::<anyhow::Result<_>>()?;
        let last = acts.last().context("nothing is asked for")?;
        let length_s = last.1 + last.0.length_s() + ENDS_S;
        let folder = self.folder.join("answers");
        std::fs::create_dir_all(&folder)?;
        forget_old(&folder)?;
        let key: Vec<String> = asked
            .iter()
            .map(|(name, at_ms)| format!("{name}{at_ms}"))
            .collect();
        let path = folder.join(format!("{person}-{}.avi", key.join("-")));
        if !path.is_file() {
            let mut reel = self.reel(person, FRAME.1)?;
            let steps = acted(&acts, length_s, FPS, Manner::default());
            let frames = steps.iter().map(|step| reel.show(step));
            crate::film::write(&path, f64::from(FPS), frames)?;
        }
        Ok(path)
    }

    /// A person's frames at a height of `rows`, drawn as they are needed.
    pub fn reel(&self, person: &str, rows: i32) -> anyhow::Result<Reel> {
        let folder = self.folder.join(format!("reel-{person}-{rows}"));
        let filmed = self.person(person, &mut self.reader()?)?;
        Reel::new(filmed, folder, rows)
    }

    /// A film in which one person stands still and another takes their place from one frame to the next.
    pub fn swapped(&self, first: &str, then: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(format!("{first}-then-{then}.avi"));
        if !path.is_file() {
            let mut reader = self.reader()?;
            let people = [
                self.person(first, &mut reader)?,
                self.person(then, &mut reader)?,
            ];
            let poses = perform(&[], FPS).into_iter().cycle();
            let poses: Vec<Pose> = poses.take(SWAP_FRAMES).collect();
            let frames = people
                .iter()
                .flat_map(|person| poses.iter().map(|pose| person.show(pose)));
            crate::film::write(&path, f64::from(FPS), frames)?;
        }
        Ok(path)
    }

    /// A person's portrait as a passport office would have taken it.
    pub fn portrait(&self, person: &str) -> anyhow::Result<Picture> {
        let (_, file) = PEOPLE
            .iter()
            .find(|(name, _)| *name == person)
            .with_context(|| format!("there is no person named {person}"))?;
        let path = self.root.join("tests/.portraits").join(file);
        let bytes = std::fs::read(&path)
            .with_context(|| format!("{} is missing; run: cargo xtask setup", path.display()))?;
        Ok(Picture::decode(&bytes, &DecodeLimits::default())?)
    }

    /// A person's own passport, valid on `today`, held under the document camera.
    pub fn passport(&self, person: &str, today: Date) -> anyhow::Result<PathBuf> {
        self.held(
            person,
            "passport",
            &Specimen::bona_fide(Kind::Passport, holder(person), today),
        )
    }

    /// The same, run out.
    pub fn expired_passport(&self, person: &str, today: Date) -> anyhow::Result<PathBuf> {
        self.held(
            person,
            "expired",
            &Specimen::expired(Kind::Passport, holder(person), today),
        )
    }

    /// One picture of a person's own passport, as a tablet uploads it (JPEG).
    pub fn passport_picture(&self, person: &str, today: Date) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(format!("{person}-passport-{today}.jpg"));
        if !path.is_file() {
            let specimen = Specimen::bona_fide(Kind::Passport, holder(person), today);
            let page = self.page(person, &specimen)?;
            let shot = Shot {
                frame: (1600, 1200),
                ..Shot::default()
            };
            let taken = photograph(&page, &shot, &mut StdRng::seed_from_u64(SEED))?;
            write_whole(&path, &taken.picture.encode_jpeg(92)?)?;
        }
        Ok(path)
    }

    /// Front and back of a person's own identity card, as a tablet uploads them (JPEG).
    pub fn identity_card(&self, person: &str, today: Date) -> anyhow::Result<(PathBuf, PathBuf)> {
        let side = |name: &str| {
            self.folder
                .join(format!("{person}-card-{name}-{today}.jpg"))
        };
        let (front, back) = (side("front"), side("back"));
        if !front.is_file() || !back.is_file() {
            let specimen = Specimen::bona_fide(Kind::IdentityCard, holder(person), today);
            let portrait = self.document_portrait(person)?;
            let pages = specimen.render(&portrait, &Fonts::installed()?, DOTS_PER_MM)?;
            let shot = Shot {
                frame: (1600, 1200),
                ..Shot::default()
            };
            let mut random = StdRng::seed_from_u64(SEED);
            for (page, path) in [(&pages.front, &front), (pages.mrz_side(), &back)] {
                let taken = photograph(page, &shot, &mut random)?;
                write_whole(path, &taken.picture.encode_jpeg(92)?)?;
            }
        }
        Ok((front, back))
    }

    /// A selfie of a person, as a tablet uploads it (JPEG).
    pub fn selfie(&self, person: &str) -> anyhow::Result<Vec<u8>> {
        let mut reader = self.reader()?;
        let picture = self.person(person, &mut reader)?.show(&Pose::default())?;
        Ok(picture.encode_jpeg(92)?)
    }

    /// A picture that shows nobody (JPEG).
    pub fn blank_picture(&self) -> anyhow::Result<Vec<u8>> {
        let (width, height) = (640, 480);
        let grey = vec![128; width * height * 3];
        let picture = Picture::from_bgr(u32::try_from(width)?, u32::try_from(height)?, grey)?;
        Ok(picture.encode_jpeg(90)?)
    }

    /// A picture that shows both people side by side (JPEG).
    pub fn two_faces(&self) -> anyhow::Result<Vec<u8>> {
        let mut reader = self.reader()?;
        let one = self
            .person("traveller", &mut reader)?
            .show(&Pose::default())?;
        let two = self
            .person("stranger", &mut reader)?
            .show(&Pose::default())?;
        let mut both = opencv::core::Mat::default();
        opencv::core::hconcat2(&one.as_mat()?, &two.as_mat()?, &mut both)?;
        Ok(Picture::from_mat(&both)?.encode_jpeg(92)?)
    }

    /// Words that stand on a person's documents and may stand nowhere else.
    pub fn personal_words(&self, person: &str) -> Vec<String> {
        let holder = holder(person);
        let names = format!("{} {}", holder.surname, holder.given_names);
        names.split([' ', '-']).map(str::to_owned).collect()
    }

    /// A person's portrait, cut as a document bears it.
    pub fn document_portrait(&self, person: &str) -> anyhow::Result<Picture> {
        let mut reader = self.reader()?;
        let picture = self.portrait(person)?;
        let seen = reader.observe(&picture)?;
        let face = seen.subject.context("the portrait shows no face")?.bounds;
        let face = Region {
            x: face.x,
            y: face.y,
            width: face.width,
            height: face.height,
        };
        head_and_shoulders(&picture, face)
    }

    /// The side of a specimen that a kiosk reads, with the person's portrait on it.
    fn page(&self, person: &str, specimen: &Specimen) -> anyhow::Result<Page> {
        let portrait = self.document_portrait(person)?;
        Ok(specimen
            .render(&portrait, &Fonts::installed()?, DOTS_PER_MM)?
            .front)
    }

    fn held(&self, person: &str, name: &str, specimen: &Specimen) -> anyhow::Result<PathBuf> {
        let path = self
            .folder
            .join(format!("{person}-{name}-{}.avi", specimen.expires));
        if !path.is_file() {
            let page = self.page(person, specimen)?;
            let mut random = StdRng::seed_from_u64(SEED);
            hold(
                &page,
                &Shot::default(),
                HELD_FRAMES,
                f64::from(FPS),
                &path,
                &mut random,
            )?;
        }
        Ok(path)
    }

    fn film(&self, person: &str, name: &str, gestures: &[Gesture]) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(format!("{person}-{name}.avi"));
        if path.is_file() {
            return Ok(path);
        }
        let mut reader = self.reader()?;
        let filmed = self.person(person, &mut reader)?;
        let poses = if gestures.is_empty() {
            let mut calm = perform(&[], FPS);
            while calm.len() < 50 {
                calm.extend(perform(&[], FPS));
            }
            calm
        } else {
            perform(gestures, FPS)
        };
        filmed.film(&path, &poses, f64::from(FPS))?;
        Ok(path)
    }

    /// A person before the kiosk's camera.
    pub fn person(&self, name: &str, reader: &mut FaceReader) -> anyhow::Result<Person> {
        Person::of(stage(&self.portrait(name)?, reader)?, reader)
    }

    /// A face reader over the pack that set-up made.
    pub fn reader(&self) -> anyhow::Result<FaceReader> {
        let models = self.root.join("models");
        let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default"))?;
        let config = EngineConfig::with_library(models.join("runtime/libonnxruntime.so"));
        let engine = Engine::start(&config)?;
        Ok(FaceReader::load(&engine, &pack)?)
    }
}

/// The portrait as a camera at the kiosk would frame it: the face a third of the frame's height, on a plain
/// wall of the portrait's own colour where it ends.
fn stage(portrait: &Picture, reader: &mut FaceReader) -> anyhow::Result<Picture> {
    let seen = reader.observe(portrait)?;
    let subject = seen.subject.context("the portrait shows no face")?;
    let face = &subject.bounds;
    let scale = f64::from(FRAME.1) * 0.42 / f64::from(face.height);
    ensure!(scale.is_finite() && scale > 0.0, "the face has no size");
    let middle = (
        f64::from(face.x + face.width / 2.0) * scale,
        f64::from(face.y + face.height / 2.0) * scale,
    );
    let shift = (
        f64::from(FRAME.0) / 2.0 - middle.0,
        f64::from(FRAME.1) * 0.48 - middle.1,
    );
    let source = portrait.as_mat()?;
    let map = opencv::core::Mat::from_slice_2d(&[[scale, 0.0, shift.0], [0.0, scale, shift.1]])?;
    let mut staged = opencv::core::Mat::default();
    imgproc::warp_affine(
        &source,
        &mut staged,
        &map,
        Size::new(FRAME.0, FRAME.1),
        imgproc::INTER_CUBIC,
        opencv::core::BORDER_REPLICATE,
        Scalar::default(),
    )?;
    Ok(Picture::from_mat(&staged)?)
}

/// The gestures of a challenge with their moments in ms.
pub fn timed(challenge: &Value) -> anyhow::Result<Vec<(String, u32)>> {
    let gestures: Vec<String> = serde_json::from_value(challenge["gestures"].clone())?;
    let moments = challenge["schedule"]["moments"]
        .as_array()
        .context("the challenge has no moments; set timing = \"binding\" in the policy")?;
    let at = |moment: &Value| {
        moment["at_ms"]
            .as_u64()
            .and_then(|at| u32::try_from(at).ok())
    };
    gestures
        .into_iter()
        .zip(moments)
        .map(|(gesture, moment)| Ok((gesture, at(moment).context("a moment has no time")?)))
        .collect()
}

/// Whose documents a person carries.
fn holder(person: &str) -> Holder {
    if person == "stranger" {
        Holder::almqvist()
    } else {
        Holder::eriksson()
    }
}

/// Removes films that nobody has asked for again.
fn forget_old(folder: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let age = path.metadata().and_then(|facts| facts.modified());
        let is_old = age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > KEPT_FOR));
        if is_old {
            // Another process may have been faster.
            drop(std::fs::remove_file(path));
        }
    }
    Ok(())
}

/// A file that is there is whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let part = crate::part_of(path, "part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)?;
    Ok(())
}
