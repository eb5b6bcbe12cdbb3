//! Where reading fails as a view gets worse, and what guidance says there: the limits of quality rest on it.
//!
//! ```text
//! bench-quality [--each N] [--seed S] [--only NAME] [--write FILE]
//! ```
//!
//! One condition at a time is made worse in steps, the rest as a document camera has it. Of each step `--each`
//! documents (default 12) are drawn and photographed. A zone's condition counts readings whose every character is
//! right; that of other text, the printed number and dates. `--write` puts the tables into a file.
// long file: ten conditions, and how each is drawn.

use std::collections::BTreeMap;
use std::f32::consts::TAU;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, bail};
use kiosk_inference::document::quality::{Light, Quality, Watch};
use kiosk_inference::document::viz::FieldName;
use kiosk_inference::document::{Assessment, DocumentReader, DocumentReading, GuidanceCode};
use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_measure::figures::percentile;
use kiosk_tests::attack::{glare, second_document};
use kiosk_tests::models::document_reader;
use kiosk_tests::specimen::{
    Background, Kind, Page, Photograph, Shot, Specimen, Studio, photograph,
};
use opencv::core::{CV_32F, Mat, MatTrait, Point, Scalar};
use opencv::imgproc;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use time::Date;

/// Kinds whose front bears print and zone.
const KINDS: [Kind; 4] = [
    Kind::Passport,
    Kind::LargeIdentityCard,
    Kind::Visa,
    Kind::SmallVisa,
];
/// The frame's width over the page's.
const ROOM: f32 = 1.47;
/// Pixels a millimetre where resolution is not what is made worse.
const DOTS: f32 = 8.7;

/// What is made worse.
struct Condition {
    name: &'static str,
    /// What a step is.
    step: &'static str,
    steps: &'static [f32],
    code: GuidanceCode,
    /// What quality measures of it.
    measured: fn(&Quality) -> Option<f32>,
    /// Whether the printed fields are what has to be read, not the zone.
    print: bool,
}

fn light(quality: &Quality, of: fn(&Light) -> Assessment<f32>) -> Option<f32> {
    let light = quality.light.measured()?;
    of(&light).measured()
}

const CONDITIONS: [Condition; 10] = [
    Condition {
        name: "blur",
        step: "sigma, mm",
        steps: &[0.05, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5],
        code: GuidanceCode::Blurred,
        measured: |quality| quality.blur_mm.measured(),
        print: false,
    },
    Condition {
        name: "motion",
        step: "length, mm",
        steps: &[0.0, 0.4, 0.6, 0.8, 1.0, 1.15, 1.3, 1.6],
        code: GuidanceCode::Smeared,
        measured: |quality| quality.smear.measured(),
        print: false,
    },
    Condition {
        name: "resolution",
        step: "dots a mm",
        steps: &[5.0, 4.0, 3.5, 3.0, 2.6, 2.2, 1.8],
        code: GuidanceCode::LowResolution,
        measured: |quality| quality.dots_per_mm.measured(),
        print: false,
    },
    Condition {
        name: "dark",
        step: "light, over the usual",
        steps: &[0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05],
        code: GuidanceCode::TooDark,
        measured: |quality| quality.light.measured().map(|light| light.paper),
        print: false,
    },
    Condition {
        name: "bright",
        step: "light, over the usual",
        steps: &[1.0, 1.2, 1.5, 2.0, 2.5, 3.5, 5.0, 7.0],
        code: GuidanceCode::TooBright,
        measured: |quality| quality.light.measured().map(|light| light.clipped),
        print: false,
    },
    Condition {
        name: "glare on the zone",
        step: "radius, page widths",
        steps: &[0.004, 0.008, 0.012, 0.02, 0.03, 0.05],
        code: GuidanceCode::GlareOnMrz,
        measured: |quality| light(quality, |light| light.glare_on_mrz),
        print: false,
    },
    Condition {
        name: "glare on other text",
        step: "radius, page widths",
        steps: &[0.005, 0.01, 0.02, 0.03, 0.05, 0.08],
        code: GuidanceCode::GlareOnText,
        measured: |quality| light(quality, |light| light.glare_on_text),
        print: true,
    },
    Condition {
        name: "speed, a thirtieth exposed",
        step: "widths a second",
        steps: &[0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4],
        code: GuidanceCode::Moving,
        measured: |quality| quality.speed.measured(),
        print: false,
    },
    Condition {
        name: "speed, a fifteenth exposed",
        step: "widths a second",
        steps: &[0.0, 0.05, 0.1, 0.15, 0.2, 0.25],
        code: GuidanceCode::Moving,
        measured: |quality| quality.speed.measured(),
        print: false,
    },
    Condition {
        name: "another document",
        step: "its width over the frame's",
        steps: &[0.0, 0.2, 0.3, 0.42],
        code: GuidanceCode::TwoDocuments,
        measured: |quality| quality.others.measured().map(|others| others as f32),
        print: false,
    },
];

struct Options {
    each: u64,
    seed: u64,
    only: Option<String>,
    write: Option<String>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            each: 12,
            seed: 1,
            only: None,
            write: None,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--each" => options.each = value()?.parse().context("--each wants a number")?,
                "--seed" => options.seed = value()?.parse().context("--seed wants a number")?,
                "--only" => options.only = Some(value()?),
                "--write" => options.write = Some(value()?),
                other => {
                    bail!("unknown option {other}: --each N, --seed S, --only NAME, --write FILE")
                }
            }
        }
        Ok(options)
    }
}

/// What a camera gave: the picture, and of a film the frame before.
struct Taken {
    before: Option<Picture>,
    picture: Picture,
}

/// The picture of a page under the condition.
fn taken(
    condition: &Condition,
    step: f32,
    page: &Page,
    other: &Page,
    rng: &mut StdRng,
) -> anyhow::Result<Taken> {
    let grounds = [
        Background::Wood,
        Background::Cloth,
        Background::Plain([60, 60, 60]),
    ];
    let dots = if condition.name == "resolution" {
        step
    } else {
        DOTS
    };
    let width = (page.size_mm[0] * dots * ROOM).round();
    let shot = Shot {
        frame: (width as u32, (width * 0.75).round() as u32),
        scale: 1.0 / ROOM,
        perspective: 0.01,
        blur: if condition.name == "resolution" {
            0.5
        } else {
            0.05 * dots
        },
        background: grounds[rng.random_range(0..grounds.len())],
        ..Shot::default()
    };
    let exposure = match condition.name {
        "speed, a thirtieth exposed" => Some(1.0 / 30.0),
        "speed, a fifteenth exposed" => Some(1.0 / 15.0),
        _ => None,
    };
    if let Some(exposure) = exposure {
        return moving(page, &shot, step, exposure, rng);
    }
    let at = |page: &Page, shot: &Shot, rng: &mut StdRng| photograph(page, shot, rng);
    let picture = match condition.name {
        "blur" => {
            at(
                page,
                &Shot {
                    blur: step * dots,
                    ..shot
                },
                rng,
            )?
            .picture
        }
        "motion" => {
            let angle = rng.random_range(0.0..TAU);
            smeared(&at(page, &shot, rng)?.picture, step * dots, angle)?
        }
        "dark" | "bright" => {
            let clean = Shot {
                noise: 0.0,
                jpeg_quality: None,
                ..shot
            };
            exposed(&at(page, &clean, rng)?.picture, step, rng)?
        }
        "glare on the zone" => {
            let down = 1.0 - 11.0 / page.size_mm[1];
            glare(
                &at(page, &shot, rng)?,
                [rng.random_range(0.2..0.8), down],
                step,
            )?
        }
        "glare on other text" => {
            let place = [rng.random_range(0.35..0.9), rng.random_range(0.2..0.65)];
            glare(&at(page, &shot, rng)?, place, step)?
        }
        "another document" if step > 0.0 => beside(page, other, &shot, step, rng)?,
        _ => at(page, &shot, rng)?.picture,
    };
    Ok(Taken {
        before: None,
        picture,
    })
}

/// Two frames of a film at 15 a second whose page moves at `speed` widths a second in any direction over a table at rest,
/// each exposed for `exposure` seconds.
fn moving(
    page: &Page,
    shot: &Shot,
    speed: f32,
    exposure: f32,
    rng: &mut StdRng,
) -> anyhow::Result<Taken> {
    let angle: f32 = rng.random_range(0.0..TAU);
    let scene = rng.clone();
    let mut frame = |time: f32| {
        // In frame widths: both coordinates of an offset are.
        let way = speed * time / ROOM;
        let shot = Shot {
            offset: (way * angle.cos(), way * angle.sin()),
            noise: 0.0,
            jpeg_quality: None,
            ..*shot
        };
        let length = speed * exposure * shot.frame.0 as f32 / ROOM;
        let still = photograph(page, &shot, &mut scene.clone())?.picture;
        // A light of 1 leaves it as it is, and adds the sensor's noise.
        exposed(&smeared(&still, length, angle)?, 1.0, rng)
    };
    Ok(Taken {
        before: Some(frame(-1.0 / 15.0)?),
        picture: frame(0.0)?,
    })
}

/// The page at the left, and another of that width at the right.
fn beside(
    page: &Page,
    other: &Page,
    shot: &Shot,
    width: f32,
    rng: &mut StdRng,
) -> anyhow::Result<Picture> {
    let shot = Shot {
        frame: (1920, 1080),
        ..*shot
    };
    let left = Shot {
        scale: 0.5,
        offset: (-0.23, 0.0),
        ..shot
    };
    let right = Shot {
        scale: width,
        offset: (0.28, 0.0),
        ..shot
    };
    let (one, two): (Photograph, Photograph) = (
        photograph(page, &left, rng)?,
        photograph(other, &right, rng)?,
    );
    second_document(&one, &two)
}

/// The picture moved by so many pixels along the angle while it was exposed.
fn smeared(picture: &Picture, length: f32, angle: f32) -> anyhow::Result<Picture> {
    let side = (length.ceil() as i32 + 2) | 1;
    let mut kernel = Mat::new_rows_cols_with_default(side, side, CV_32F, Scalar::all(0.0))?;
    let parts = 64;
    for part in 0..parts {
        let along = (part as f32 / (parts - 1) as f32 - 0.5) * length;
        let place = |share: f32| (along * share + side as f32 / 2.0).floor() as i32;
        let (x, y) = (place(angle.cos()), place(angle.sin()));
        *kernel.at_2d_mut::<f32>(y, x)? += 1.0 / parts as f32;
    }
    let mut out = Mat::default();
    let (middle, border) = (Point::new(-1, -1), opencv::core::BORDER_REPLICATE);
    imgproc::filter_2d(
        &picture.as_mat()?,
        &mut out,
        -1,
        &kernel,
        middle,
        0.0,
        border,
    )?;
    Ok(Picture::from_mat(&out)?)
}

/// More or less light, before the sensor's noise is added: what is beyond white is lost.
fn exposed(picture: &Picture, light: f32, rng: &mut StdRng) -> anyhow::Result<Picture> {
    let level = |level: &u8| {
        let four = rng.random::<u32>().to_le_bytes();
        let sum: i32 = four.iter().map(|byte| i32::from(*byte)).sum();
        let noise = 3.0 * (sum as f32 - 510.0) / 147.8;
        (f32::from(*level) * light + noise)
            .round()
            .clamp(0.0, 255.0) as u8
    };
    let bytes = picture.bgr().iter().map(level).collect();
    let picture = Picture::from_bgr(picture.width(), picture.height(), bytes)?;
    Ok(Picture::decode(
        &picture.encode_jpeg(90)?,
        &DecodeLimits::default(),
    )?)
}

/// Whether the printed number and both dates are read.
fn print_is_right(reading: &DocumentReading, specimen: &Specimen) -> bool {
    let field = |name| reading.viz.as_ref().and_then(|viz| viz.field(name));
    let number = field(FieldName::DocumentNumber).map(|field| field.text.replace(' ', ""));
    let is_day = |name, day: Date| {
        field(name).is_some_and(|field| {
            let same = |date: &kiosk_inference::document::viz::VizDate| {
                (i32::from(date.year), date.month, date.day)
                    == (day.year(), u8::from(day.month()), day.day())
            };
            field.dates.iter().any(same)
        })
    };
    number.as_deref() == Some(&specimen.number)
        && is_day(FieldName::BirthDate, specimen.holder.birth)
        && is_day(FieldName::ExpiryDate, specimen.expires)
}

/// What came of one step.
#[derive(Default)]
struct Row {
    all: usize,
    exact: usize,
    /// Own code, and any code, among all; any among those that are exact, and among those that are not.
    own: usize,
    any: [usize; 2],
    values: Vec<f64>,
    /// Other codes, and how often each was given.
    others: BTreeMap<&'static str, usize>,
}

fn measured(
    condition: &Condition,
    step: f32,
    options: &Options,
    studio: &Studio,
    reader: &mut DocumentReader,
) -> anyhow::Result<Row> {
    let mut row = Row::default();
    for index in 0..options.each {
        let seed = options.seed + index;
        let kind = KINDS[index as usize % KINDS.len()];
        let (page, specimen) = (studio.front(kind, seed)?, Specimen::drawn(kind, seed));
        let other = studio.front(Kind::IdentityCard, seed)?;
        let mut rng = StdRng::seed_from_u64(seed ^ 0x7175_616c ^ u64::from(step.to_bits()) << 8);
        let Taken { before, picture } = taken(condition, step, &page, &other, &mut rng)?;
        let reading = reader.read(&picture)?;
        let exact = if condition.print {
            print_is_right(&reading, &specimen)
        } else {
            reading
                .mrz
                .as_ref()
                .is_some_and(|mrz| mrz.lines == page.mrz)
        };
        let watched = before.map(|before| second_of_two(&before, &picture));
        let watched = watched.transpose()?;
        let quality = watched.as_ref().unwrap_or(&reading.quality);
        let too_far =
            condition.code == GuidanceCode::LowResolution && quality.asks(GuidanceCode::TooFar);
        row.all += 1;
        row.exact += usize::from(exact);
        row.own += usize::from(quality.asks(condition.code) || too_far);
        row.any[usize::from(!exact)] += usize::from(!quality.guidance.is_empty());
        let codes = quality.guidance.iter().map(|given| given.code);
        for code in codes.filter(|code| *code != condition.code) {
            *row.others.entry(code.name()).or_default() += 1;
        }
        row.values
            .extend((condition.measured)(quality).map(f64::from));
    }
    Ok(row)
}

/// The quality of a film's second frame.
fn second_of_two(before: &Picture, picture: &Picture) -> anyhow::Result<Quality> {
    let mut watch = Watch::new();
    watch.look(before, Duration::ZERO)?;
    Ok(watch.look(picture, Duration::from_secs(1) / 15)?.quality)
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    opencv::core::set_num_threads(1)?;
    let studio = Studio::open(&kiosk_tests::root())?;
    let mut reader = document_reader()?;
    let mut out = format!(
        "{} documents a step, first seed {}.\n",
        options.each, options.seed
    );
    for condition in &CONDITIONS {
        if options
            .only
            .as_ref()
            .is_some_and(|only| only != condition.name)
        {
            continue;
        }
        write!(
            out,
            "\n## {}\n\n| {} | measured, median (10 to 90 %) | exact | {} | any guidance: exact | not exact | other codes |\n|---|---|---|---|---|---|---|\n",
            condition.name,
            condition.step,
            condition.code.name(),
        )?;
        for step in condition.steps {
            let row = measured(condition, *step, &options, &studio, &mut reader)?;
            let at = |share| percentile(&row.values, share);
            let value = match (at(0.5), at(0.1), at(0.9)) {
                (Some(middle), Some(low), Some(high)) => {
                    format!("{middle:.3} ({low:.3} to {high:.3})")
                }
                _ => "-".to_owned(),
            };
            let others: Vec<String> = row
                .others
                .iter()
                .map(|(code, count)| format!("{code} {count}"))
                .collect();
            let line = format!(
                "| {step} | {value}, {} of {} | {} | {} | {} of {} | {} of {} | {} |",
                row.values.len(),
                row.all,
                row.exact,
                row.own,
                row.any[0],
                row.exact,
                row.any[1],
                row.all - row.exact,
                others.join(", "),
            );
            say(&format!("{}: {line}", condition.name));
            writeln!(out, "{line}")?;
        }
    }
    match &options.write {
        Some(file) => std::fs::write(file, out).with_context(|| format!("{file} can't be written")),
        None => {
            say(&out);
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "a bench answers on standard output")]
fn say(line: &str) {
    println!("{line}");
}
