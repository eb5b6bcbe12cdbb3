//! The accuracy gate and the time of every network on each GPU provider that runs here, beside the CPU.
//!
//! ```text
//! gpu-check [--page FILE]
//! ```
//!
//! Each provider is started as kioskd starts it: its states are told, networks are built, warmed and held to the gate, at
//! half precision first where TensorRT offers it.
//!
//! Whether a batch takes less time than its parts, and a run from bound memory less than one in place, is measured on the
//! CPU too: sessions are shared there for that alone.
//!
//! Without a GPU provider that runs, nothing is measured: it says why each was passed over and ends with status 3. The
//! page is written only where one ran.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use kiosk_inference::engine::{
    Choice, Engine, EngineConfig, EngineState, Network, Provider, ProviderReport,
};
use kiosk_inference::gate::{self, Agreement};
use kiosk_inference::pack::{Model, Pack};
use kiosk_inference::stages::Stopwatch;
use kiosk_inference::startup;
use kiosk_measure::figures::{machine, ms, percentile};
use ndarray::{ArrayD, IxDyn};

/// Runs that warm a network up, and those that are counted.
const WARM_UP: usize = 20;
const RUNS: usize = 200;
/// Callers that ask at once, how often, and how long a side is that a graph leaves free.
const BATCH: usize = 4;
const BATCHES: usize = 15;
const FREE_SIDE: usize = 320;
/// Status where no GPU provider runs.
const NO_GPU: u8 = 3;

fn main() -> anyhow::Result<ExitCode> {
    let page = page_wished(std::env::args().skip(1))?;
    let models = kiosk_tests::root().join("models");
    let config = EngineConfig {
        cache: Some(kiosk_tests::root().join("target/engines")),
        sharing: Choice::WherePays,
        ..EngineConfig::with_library(models.join("runtime/libonnxruntime.so"))
    };
    let pack = Pack::open(&models.join("manifest.toml"), &models.join("packs/default"))?;
    let cpu = only(&config, Provider::Cpu, &pack)?;
    let mut text = format!(
        "# Networks on a GPU\n\nWritten by `cargo xtask gpu-check` on {}.\n",
        machine()
    );
    say(&on_the_processor(&config, &cpu, &pack)?);
    let mut ran = false;
    for provider in [Provider::TensorRt, Provider::Cuda] {
        match only(&config, provider, &pack) {
            Err(reason) => say(&format!("{provider}: not run: {reason:#}")),
            Ok(engine) => {
                ran = true;
                let found = gate::compare(&config, &engine, &pack)?;
                let mut section = section(engine.report(), &found, &times(&cpu, &engine, &pack)?)?;
                section += &batches(&engine, &pack)?;
                say(&section);
                text += &section;
            }
        }
    }
    if !ran {
        say("no GPU provider runs here: nothing was measured and no page was written");
        return Ok(ExitCode::from(NO_GPU));
    }
    if let Some(page) = page {
        std::fs::write(&page, text).with_context(|| page.display().to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What sharing and binding cost or save where neither is done.
fn on_the_processor(config: &EngineConfig, cpu: &Engine, pack: &Pack) -> anyhow::Result<String> {
    let with = |sharing, binding| {
        let config = EngineConfig {
            providers: vec![Provider::Cpu],
            sharing,
            binding,
            ..config.clone()
        };
        Engine::start(&config)
    };
    let mut text = batches(&with(Choice::Always, Choice::Never)?, pack)?;
    let bound = with(Choice::Never, Choice::Always)?;
    text += "\n| network | in place p50 ms | bound p50 ms |\n|---|---|---|\n";
    for (id, [in_place, bound]) in times(cpu, &bound, pack)? {
        writeln!(text, "| {id} | {in_place:.2} | {bound:.2} |")?;
    }
    Ok(text)
}

fn page_wished(mut args: impl Iterator<Item = String>) -> anyhow::Result<Option<PathBuf>> {
    match (args.next().as_deref(), args.next()) {
        (None, _) => Ok(None),
        (Some("--page"), Some(file)) => Ok(Some(file.into())),
        _ => bail!("gpu-check [--page FILE]"),
    }
}

fn only(config: &EngineConfig, provider: Provider, pack: &Pack) -> anyhow::Result<Engine> {
    let config = EngineConfig {
        providers: vec![provider],
        ..config.clone()
    };
    let engine = startup::start(&config, pack, &mut |state| say(&told(state)))?;
    Ok(engine)
}

/// A state in a line.
fn told(state: &EngineState) -> String {
    match state {
        EngineState::Absent => state.name().to_owned(),
        EngineState::Building { on, done, of } => {
            format!(
                "{}, {} precision: building, {done} of {of}",
                on.provider,
                on.precision.name()
            )
        }
        EngineState::Warming { on } | EngineState::Ready { on } => {
            format!(
                "{}, {} precision: {}",
                on.provider,
                on.precision.name(),
                state.name()
            )
        }
        EngineState::Refused { on, reason } => {
            format!(
                "{}, {} precision: refused: {reason}",
                on.provider,
                on.precision.name()
            )
        }
    }
}

/// A model and its medians on the first engine and on the second, ms.
type Times = Vec<(String, [f64; 2])>;

fn times(one: &Engine, two: &Engine, pack: &Pack) -> anyhow::Result<Times> {
    let mut times = Vec::new();
    for model in pack.models().filter(|model| has_fixed_shape(model)) {
        let both = [one.load(model.path())?, two.load(model.path())?];
        let [one, two] = both.map(|network| median(network, model));
        times.push((model.entry().id.clone(), [one?, two?]));
    }
    Ok(times)
}

fn has_fixed_shape(model: &Model) -> bool {
    let inputs = &model.entry().inputs;
    inputs.len() == 1 && inputs[0].shape.iter().all(|side| *side > 0)
}

fn median(mut network: Network, model: &Model) -> anyhow::Result<f64> {
    let input = &model.entry().inputs[0];
    let sides = input.shape.iter().map(|side| usize::try_from(*side));
    let shape: Vec<usize> = sides.collect::<Result<_, _>>()?;
    let values = ArrayD::<f32>::from_elem(IxDyn(&shape), 0.5);
    let mut taken = Vec::with_capacity(RUNS);
    for run in 0..WARM_UP + RUNS {
        let mut watch = Stopwatch::start();
        network.run(&[(input.name.as_str(), values.view())])?;
        watch.lap("run");
        if run >= WARM_UP {
            taken.extend(watch.finish().into_iter().map(|(_, time)| ms(time)));
        }
    }
    percentile(&taken, 0.5).context("nothing was measured")
}

/// Four runs one after the other against one of four, of the networks whose batch is free.
fn batches(engine: &Engine, pack: &Pack) -> anyhow::Result<String> {
    let mut text = format!(
        "\n{}: a batch of {BATCH}\n\n| network | one by one p50 ms | in one run p50 ms |\n|---|---|---|\n",
        engine.report().in_use
    );
    for model in pack.models() {
        let mut network = engine.load(model.path())?;
        let (true, [input]) = (network.takes_batches(), model.entry().inputs.as_slice()) else {
            continue;
        };
        let mut times = [0.0; 2];
        for (time, batch) in times.iter_mut().zip([1, BATCH]) {
            let sides = input.shape.iter().skip(1);
            let sides = sides.map(|side| usize::try_from(*side).unwrap_or(FREE_SIDE));
            let shape: Vec<usize> = std::iter::once(batch).chain(sides).collect();
            let values = ArrayD::<f32>::from_elem(IxDyn(&shape), 0.5);
            let mut taken = Vec::with_capacity(BATCHES);
            for round in 0..=BATCHES {
                let mut watch = Stopwatch::start();
                for _ in 0..BATCH / batch {
                    network.run(&[(input.name.as_str(), values.view())])?;
                }
                watch.lap("run");
                if round > 0 {
                    taken.extend(watch.finish().into_iter().map(|(_, took)| ms(took)));
                }
            }
            *time = percentile(&taken, 0.5).context("nothing was measured")?;
        }
        let [alone, together] = times;
        writeln!(
            text,
            "| {} | {alone:.2} | {together:.2} |",
            model.entry().id
        )?;
    }
    Ok(text)
}

fn section(report: &ProviderReport, found: &[Agreement], times: &Times) -> anyhow::Result<String> {
    let mut text = format!(
        "\n## {}, {} precision\n\n{}| network | least cosine | most apart | agrees |\n|---|---|---|---|\n",
        report.in_use,
        report.precision.name(),
        match &report.half_refused {
            Some(reason) => format!("Half precision was refused: {reason}.\n\n"),
            None => String::new(),
        }
    );
    for one in found {
        let (cosine, apart) = (one.least_cosine, one.most_apart);
        writeln!(
            text,
            "| {} | {cosine:.6} | {apart:.5} | {} |",
            one.model, one.agrees
        )?;
    }
    text += "\n| network | CPU p50 ms | GPU p50 ms |\n|---|---|---|\n";
    for (model, [cpu, gpu]) in times {
        writeln!(text, "| {model} | {cpu:.3} | {gpu:.3} |")?;
    }
    Ok(text)
}

#[expect(clippy::print_stdout, reason = "a check answers on standard output")]
fn say(line: &str) {
    println!("{line}");
}
