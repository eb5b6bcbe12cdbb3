//! PP-OCRv4's text detector: rectangles around lines of text, in any direction.

use ndarray::ArrayView4;
use opencv::core::{
    CV_8UC1, Mat, MatExprTraitConst, MatTraitConst, MatTraitConstManual, Point, Rect, Scalar, Size,
    Vector,
};
use opencv::imgproc;

use crate::Error;
use crate::document::plane::{Line, along, length, minus};
use crate::engine::{Engine, Network};
use crate::pack::Pack;

const MODEL: &str = "text_detector";
const INPUT: &str = "x";
const OUTPUT: &str = "sigmoid_0.tmp_0";

/// A pixel is text from this probability (PP-OCR's own setting).
const PIXEL: f32 = 0.3;
/// A line is text where its pixels' mean is at least this (PP-OCR's own setting is 0.6; MRZs on
/// security print lie lower).
const REGION: f64 = 0.5;
/// How far a region is grown, as area over perimeter (PP-OCR's own setting: regions are kernels).
const UNCLIP: f32 = 1.6;
/// Regions considered, largest first: bounds the time that a hostile picture takes.
const MOST_REGIONS: usize = 400;

/// The network.
#[derive(Debug)]
pub(in crate::document) struct TextDetector {
    network: Network,
    input: Vec<f32>,
}

impl TextDetector {
    /// # Errors
    /// [`Error`] where the model is missing or unreadable.
    pub fn load(engine: &Engine, pack: &Pack) -> Result<Self, Error> {
        let network = engine.load_varying(pack.required(MODEL)?.path())?;
        Ok(Self {
            network,
            input: Vec::new(),
        })
    }

    /// Lines of text in `picture` (8UC3), looked at with `side` pixels on its longer side, each
    /// read from left to right or, where it stands, as the rectangle happens to lie.
    ///
    /// # Errors
    /// [`Error`] where the network or an image operation fails.
    pub fn lines(&mut self, picture: &Mat, side: i32) -> Result<Vec<Line>, Error> {
        let scale = f64::from(side) / f64::from(picture.cols().max(picture.rows()).max(1));
        let fit = |pixels: i32| (((f64::from(pixels) * scale) / 32.0).round() as i32).max(1) * 32;
        let size = Size::new(fit(picture.cols()), fit(picture.rows()));
        let mut small = Mat::default();
        let how = if scale < 1.0 {
            imgproc::INTER_AREA
        } else {
            imgproc::INTER_CUBIC
        };
        imgproc::resize(picture, &mut small, size, 0.0, 0.0, how)?;
        let map = self.probabilities(&small)?;
        let back = [
            picture.cols() as f32 / size.width as f32,
            picture.rows() as f32 / size.height as f32,
        ];
        regions(&map, back)
    }

    /// The map of text probabilities, 32FC1, of the size of `picture`.
    fn probabilities(&mut self, picture: &Mat) -> Result<Mat, Error> {
        let (rows, cols) = (picture.rows() as usize, picture.cols() as usize);
        let plane = rows * cols;
        self.input.resize(3 * plane, 0.0);
        for (index, pixel) in picture.data_bytes()?.chunks_exact(3).enumerate() {
            for (channel, value) in pixel.iter().enumerate() {
                self.input[channel * plane + index] = f32::from(*value) / 127.5 - 1.0;
            }
        }
        let view =
            ArrayView4::from_shape((1, 3, rows, cols), &self.input).map_err(|_| misfit(plane))?;
        let outputs = self.network.run(&[(INPUT, view.into_dyn())])?;
        let values = outputs.values(OUTPUT)?;
        if values.len() != plane {
            return Err(misfit(values.len()));
        }
        let map = Mat::new_rows_cols_with_data(picture.rows(), picture.cols(), values)?;
        Ok(map.try_clone()?)
    }
}

fn misfit(values: usize) -> Error {
    Error::Shape {
        model: MODEL,
        expected: "one value a pixel",
        found: format!("{values} values"),
    }
}

fn regions(map: &Mat, back: [f32; 2]) -> Result<Vec<Line>, Error> {
    let mut text = Mat::default();
    imgproc::threshold(
        map,
        &mut text,
        f64::from(PIXEL),
        255.0,
        imgproc::THRESH_BINARY,
    )?;
    let mut mask = Mat::default();
    text.convert_to(&mut mask, CV_8UC1, 1.0, 0.0)?;
    let mut contours = Vector::<Vector<Point>>::new();
    imgproc::find_contours(
        &mask,
        &mut contours,
        imgproc::RETR_LIST,
        imgproc::CHAIN_APPROX_SIMPLE,
        Point::default(),
    )?;
    let mut contours: Vec<_> = contours.into_iter().filter(|c| c.len() >= 4).collect();
    contours.sort_by_key(|contour| std::cmp::Reverse(extent(contour)));
    contours.truncate(MOST_REGIONS);
    let mut lines = Vec::new();
    for contour in &contours {
        if let Some(line) = region(map, contour, back)? {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// Sum of a contour's sides' extents, to sort by.
fn extent(contour: &Vector<Point>) -> i32 {
    let span = |value: fn(&Point) -> i32| {
        let values = || contour.iter().map(|point| value(&point));
        values().max().unwrap_or(0) - values().min().unwrap_or(0)
    };
    span(|point| point.x) + span(|point| point.y)
}

fn region(map: &Mat, contour: &Vector<Point>, back: [f32; 2]) -> Result<Option<Line>, Error> {
    let rect = imgproc::min_area_rect(contour)?;
    let (wide, tall) = (rect.size.width, rect.size.height);
    if wide.min(tall) < 2.0 || mean_inside(map, contour)? < REGION {
        return Ok(None);
    }
    let mut angle = rect.angle.to_radians();
    let (mut long, mut short) = (wide, tall);
    if wide < tall {
        (long, short) = (tall, wide);
        angle += std::f32::consts::FRAC_PI_2;
    }
    // A rectangle's angle is known up to half a turn: read rightwards, or downwards where it stands.
    let mut direction = [angle.cos(), angle.sin()];
    if direction[0] < -0.1 || (direction[0].abs() <= 0.1 && direction[1] < 0.0) {
        direction = [-direction[0], -direction[1]];
    }
    let grow = long * short * UNCLIP / (long + short);
    let (long, short) = (long + grow, short + grow);
    let centre = [rect.center.x + 0.5, rect.center.y + 0.5];
    let scaled = |[x, y]: [f32; 2]| [x * back[0], y * back[1]];
    let start = scaled(along(centre, direction, -long / 2.0));
    let end = scaled(along(centre, direction, long / 2.0));
    let across = scaled([-direction[1] * short, direction[0] * short]);
    let line = Line {
        start,
        end,
        height: length(across),
    };
    Ok((length(minus(end, start)) > 1.0).then_some(line))
}

/// Mean probability inside the contour.
fn mean_inside(map: &Mat, contour: &Vector<Point>) -> Result<f64, Error> {
    let frame = imgproc::bounding_rect(contour)? & Rect::new(0, 0, map.cols(), map.rows());
    if frame.empty() {
        return Ok(0.0);
    }
    let mut mask = Mat::zeros(frame.height, frame.width, CV_8UC1)?.to_mat()?;
    let mut all = Vector::<Vector<Point>>::new();
    all.push(contour.clone());
    let shift = Point::new(-frame.x, -frame.y);
    imgproc::fill_poly(&mut mask, &all, Scalar::all(1.0), imgproc::LINE_8, 0, shift)?;
    let part = Mat::roi(map, frame)?;
    let mean = opencv::core::mean(&part, &mask)?;
    Ok(mean[0])
}
