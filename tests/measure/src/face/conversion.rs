//! A frame to its pixels and the mesh network's patch, by the CPU and by the graphics processor, format by format.
//!
//! A software rasteriser runs on the very cores that the CPU's way has: its figures say that the passes run, and nothing
//! of a graphics card.

use anyhow::Context;
use kiosk_inference::blob::{Beyond, Blob, Channels, PatchWish, Wish};
use kiosk_inference::convert::{Converted, Converter, Gpu, Method, Plan};
use kiosk_inference::geometry::Square;
use kiosk_inference::pack::Normalisation;
use kiosk_inference::picture::Picture;
use kiosk_inference::stages::Stopwatch;

use super::paced::Footage;
use crate::figures::ms;

/// Frames that warm a way up.
const WARM_UP: usize = 5;
/// Frames that count.
const COUNTED: usize = 60;

/// What was measured.
pub struct Conversion {
    /// The graphics processor's name and whether it is a software rasteriser, or why there is none.
    pub adapter: Result<(String, bool), String>,
    /// Format, way, ms of each frame.
    pub rows: Vec<(&'static str, Method, Vec<f64>)>,
}

/// Converts the pictures, given in each of a camera's formats, by both ways.
pub fn run(pictures: &[Picture]) -> anyhow::Result<Conversion> {
    let gpu = Gpu::open();
    let mut plans = vec![Plan::cpu()];
    plans.extend(gpu.iter().cloned().map(Plan::gpu_only));
    let mut rows = Vec::new();
    for footage in [
        Footage::mjpeg(pictures)?,
        Footage::nv12(pictures)?,
        Footage::yuyv(pictures)?,
    ] {
        for plan in &plans {
            let (method, times) = times(&footage, plan)?;
            rows.push((footage.name(), method, times));
        }
    }
    Ok(Conversion {
        adapter: gpu
            .map(|gpu| (gpu.adapter().to_owned(), gpu.is_software()))
            .map_err(|fault| fault.to_string()),
        rows,
    })
}

fn times(footage: &Footage, plan: &Plan) -> anyhow::Result<(Method, Vec<f64>)> {
    let mut converter = Converter::new(plan);
    let mut into = Converted::blank();
    let wish = wish();
    let mut blob = Blob::new(wish.wish, 1);
    let mut method = Method::Cpu;
    let mut times = Vec::with_capacity(COUNTED);
    for number in 0..WARM_UP + COUNTED {
        let frame = footage.frame(number)?;
        let mut watch = Stopwatch::start();
        method = converter.convert(&frame, &[wish], &mut into)?;
        blob.offer(&mut into.patches);
        blob.fill(0, &into.picture.as_mat()?, &wish.map, wish.beyond)?;
        watch.lap("convert");
        if number >= WARM_UP {
            let took = watch.finish();
            times.push(ms(took.first().context("nothing was measured")?.1));
        }
    }
    Ok((method, times))
}

/// The patch of a face of common size.
fn wish() -> PatchWish {
    let square = Square {
        centre: [640.0, 360.0],
        side: 330.0,
        angle: 0.1,
    };
    PatchWish {
        wish: Wish {
            side: 192,
            channels: Channels::Rgb,
            normalisation: Normalisation {
                mean: [0.0; 3],
                scale: [255.0; 3],
            },
        },
        map: square.from_patch(192),
        beyond: Beyond::Edge,
    }
}
