//! Clips through the face pipeline: how long from a frame's arrival to its observation, which stage takes it, what is
//! allocated on the way, whether it keeps up with a camera, and how other programs do on the same frames.
//!
//! ```text
//! bench-pipeline [--threads N] [--rounds N] [--frames N] [--seconds N] [--page FILE]
//!                [--mediapipe PYTHON --tfjs FOLDER] [--face-page FILE] [CLIP]
//! ```
//!
//! Decoding a recording is not counted. Without a clip the first of KIOSK_TESTDATA's is looked at, and the project's own
//! synthetic person where that is not set. `cargo xtask bench pipeline` builds and runs this.

mod malloc;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_measure::face::clips::{self, Clip};
use kiosk_measure::face::conversion;
use kiosk_measure::face::paced::{self, Footage, Paced};
use kiosk_measure::face::page::{self, Run};
use kiosk_measure::face::pipeline::Pipeline;
use kiosk_measure::face::rivals::{Other, Ours};
use kiosk_measure::face::stages::{self, Stages};
use kiosk_measure::face::turns::{Comparison, Readers};
use kiosk_measure::figures;
use kiosk_measure::say;

/// What the kiosk's camera gives.
const KIOSK: (u32, u32) = (1280, 720);
/// What the peers are compared on.
const COMPARED: (u32, u32) = (512, 512);
/// Quality at which frames wait in memory: without loss to speak of, and small.
const WAITING_QUALITY: u8 = 97;

/// Measures the face pipeline.
#[derive(Debug, Parser)]
#[command(name = "bench-pipeline")]
struct Options {
    /// The clip for the stages and behind the camera.
    clip: Option<PathBuf>,
    /// Threads within one operator of a network.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// How often each clip is looked at.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// The most frames of a clip.
    #[arg(long, default_value_t = 155)]
    frames: usize,
    /// How long each run behind the camera takes.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Where the pipeline's page is written.
    #[arg(long)]
    page: Option<PathBuf>,
    /// A Python that has MediaPipe.
    #[arg(long, requires = "tfjs")]
    mediapipe: Option<PathBuf>,
    /// A folder that TensorFlow.js is installed in.
    #[arg(long, requires = "mediapipe")]
    tfjs: Option<PathBuf>,
    /// Where the comparison's page is written.
    #[arg(long, requires = "mediapipe")]
    face_page: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // Conversion and warping share two cores with the networks: one thread each, as in the daemon.
    opencv::core::set_num_threads(1)?;
    let mut bench = Bench {
        load: figures::load()?,
        commit: figures::commit(),
        pipeline: Pipeline::load(options.threads)?,
        options,
    };
    let (files, what) = clips::files()?;
    let paced = bench.alone(&files, what)?;
    bench.beside_others(&files, what, &paced)
}

/// The run's parts share these.
struct Bench {
    options: Options,
    /// Load average at the start.
    load: f64,
    /// The checkout's commit before a page is written.
    commit: String,
    pipeline: Pipeline,
}

impl Bench {
    /// Our pipeline's stages, then the pipeline behind a camera.
    fn alone(&mut self, files: &[PathBuf], what: &str) -> anyhow::Result<Vec<Paced>> {
        let file = self.options.clip.as_ref().or(files.first());
        let clip = Clip::open(file.context("no clip")?, KIOSK, self.options.frames)?;
        // A run begins with the memory of networks and a few frames, not of the whole clip.
        let waiting: Vec<Vec<u8>> = clip
            .frames
            .iter()
            .map(|frame| frame.encode_jpeg(WAITING_QUALITY))
            .collect::<Result<_, _>>()?;
        drop(clip);
        let (stages, memory) = self.frame_after_frame(&waiting)?;
        let conversion = conversion::run(&decoded(&waiting)?)?;
        let paced = self.behind_a_camera(&waiting)?;
        let (width, height) = KIOSK;
        let what = if self.options.clip.is_some() {
            "the one that was named"
        } else {
            what
        };
        let run = self.run(format!(
            "{what}, the first of them, {} frames scaled into {width}x{height}",
            waiting.len()
        ))?;
        let text = page::pipeline(&run, &stages, &conversion, &paced, memory);
        finish(&text, self.options.page.as_ref())?;
        Ok(paced)
    }

    fn frame_after_frame(&mut self, clip: &[Vec<u8>]) -> anyhow::Result<(Stages, u64)> {
        let bytes = KIOSK.0 as usize * KIOSK.1 as usize * 3;
        malloc::large_from(bytes / 4);
        if !figures::forget_peak_memory() {
            say("peak memory is that of the whole run: the system does not let it be counted anew");
        }
        let rounds = self.options.rounds;
        let mut stages = stages::run(&mut self.pipeline, clip, rounds, malloc::allocated)?;
        let memory = figures::peak_memory_mb()?;
        ensure!(
            !stages.totals.is_empty(),
            "the clip has too few frames to measure"
        );
        stages.search(&mut self.pipeline, KIOSK)?;
        Ok((stages, memory))
    }

    fn behind_a_camera(&mut self, clip: &[Vec<u8>]) -> anyhow::Result<Vec<Paced>> {
        let pictures = decoded(clip)?;
        let mut paced = Vec::new();
        for footage in [Footage::mjpeg(&pictures)?, Footage::nv12(&pictures)?] {
            let seconds = self.options.seconds;
            paced.push(paced::run(&mut self.pipeline, footage, seconds)?);
        }
        Ok(paced)
    }

    /// The same clips through ours and the peers, where those were asked for.
    fn beside_others(
        &mut self,
        files: &[PathBuf],
        what: &str,
        paced: &[Paced],
    ) -> anyhow::Result<()> {
        let (Some(python), Some(folder)) = (&self.options.mediapipe, &self.options.tfjs) else {
            return Ok(());
        };
        let mut others = [
            Other::mediapipe(python, false)?,
            Other::mediapipe(python, true)?,
            Other::tfjs(folder)?,
        ];
        let versions = [others[0].versions()?, others[2].versions()?].join(", ");
        let mut without = Pipeline::without_irises(self.options.threads)?;
        let mut readers = Readers {
            ours: [&mut without, &mut self.pipeline.reader].map(Ours::new),
            others,
        };
        let mut all = Comparison::new();
        let rounds = self.options.rounds;
        for file in files {
            let clip = Clip::open(file, COMPARED, self.options.frames)?;
            all.clip(&mut readers, &clip, rounds)?;
        }
        drop(readers);
        let run = self.run(what.to_owned())?;
        let text = page::face(&run, &versions, rounds, &all, paced);
        finish(&text, self.options.face_page.as_ref())
    }

    fn run(&self, clips: String) -> anyhow::Result<Run> {
        Ok(Run {
            command: self.command(),
            day: kiosk_tests::now().date().to_string(),
            commit: self.commit.clone(),
            machine: figures::machine(),
            load: [self.load, figures::load()?],
            engine: self.pipeline.engine.clone(),
            clips,
        })
    }

    /// The command that repeats this run.
    fn command(&self) -> String {
        let flag = |wished: bool, name: &'static str| if wished { name } else { "" };
        let peers = flag(self.options.mediapipe.is_some(), " --peers");
        let page = flag(self.options.page.is_some(), " --page");
        let (rounds, frames) = (self.options.rounds, self.options.frames);
        format!("cargo xtask bench pipeline{peers}{page} --rounds {rounds} --frames {frames}")
    }
}

fn decoded(clip: &[Vec<u8>]) -> anyhow::Result<Vec<Picture>> {
    let pictures = clip
        .iter()
        .map(|jpeg| Picture::decode(jpeg, &DecodeLimits::default()));
    Ok(pictures.collect::<Result<_, _>>()?)
}

/// Prints a page, and writes it where a file is named.
fn finish(text: &str, file: Option<&PathBuf>) -> anyhow::Result<()> {
    say(text);
    match file {
        Some(file) => std::fs::write(file, text).with_context(|| file.display().to_string()),
        None => Ok(()),
    }
}
