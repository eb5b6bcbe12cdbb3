//! Quadrilaterals by their edges: contours whose hull has four sides.

use opencv::core::{
    BORDER_DEFAULT, CV_8UC1, Mat, MatExprTraitConst, MatTraitConst, MatTraitConstManual, Point,
    Point2f, Size, Vector,
};
use opencv::imgproc;

use crate::Error;
use crate::document::plane::{Quad, along, dot, length, minus};

/// The longer side, in pixels, at which edges are looked for.
const SIDE: f64 = 720.0;
/// Canny's thresholds, from strong edges to faint ones.
const EDGES: [(f64, f64); 3] = [(60.0, 180.0), (25.0, 75.0), (10.0, 30.0)];
/// A quadrilateral's least share of the picture.
const LEAST_AREA: f64 = 0.06;
/// Contours looked at for each threshold, the largest first: bounds the time of a hostile picture.
const MOST: usize = 24;

/// A quadrilateral in picture pixels, clockwise from an arbitrary corner.
#[derive(Debug, Clone, Copy)]
pub(in crate::document) struct Candidate {
    pub corners: Quad,
    /// Share of its sides that lies on edges.
    pub support: f32,
    /// The same of the side that has the least.
    pub weakest: f32,
}

/// All quadrilaterals of the picture (8UC3).
///
/// # Errors
/// [`Error::Library`].
pub(in crate::document) fn candidates(work: &Mat) -> Result<Vec<Candidate>, Error> {
    let scale = (SIDE / f64::from(work.cols().max(work.rows()).max(1))).min(1.0);
    let side = |pixels: i32| ((f64::from(pixels) * scale).round() as i32).max(1);
    let size = Size::new(side(work.cols()), side(work.rows()));
    let mut small = Mat::default();
    imgproc::resize(work, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    let mut smooth = Mat::default();
    imgproc::gaussian_blur(
        &small,
        &mut smooth,
        Size::new(5, 5),
        0.0,
        0.0,
        BORDER_DEFAULT,
    )?;
    let mut found: Vec<Candidate> = Vec::new();
    for mask in masks(&smooth)? {
        for corners in quadrilaterals(&mask.regions)? {
            let sides = supports(&mask.edges, &corners)?;
            let corners = corners.map(|[x, y]| [x / scale as f32, y / scale as f32]);
            found.push(Candidate {
                corners,
                support: sides.iter().sum::<f32>() / 4.0,
                weakest: sides.iter().copied().fold(1.0, f32::min),
            });
        }
    }
    Ok(found)
}

struct Mask {
    /// Where contours are followed.
    regions: Mat,
    /// Where sides find support.
    edges: Mat,
}

/// Edge pictures at several strengths, and the bright and dark regions by Otsu's threshold.
fn masks(smooth: &Mat) -> Result<Vec<Mask>, Error> {
    let mut grey = Mat::default();
    imgproc::cvt_color_def(smooth, &mut grey, imgproc::COLOR_BGR2GRAY)?;
    let mut masks = Vec::new();
    let mut finest = Mat::default();
    for (low, high) in EDGES {
        // On all three channels: a page and a table of equal brightness differ in colour.
        let mut edges = Mat::zeros_size(smooth.size()?, CV_8UC1)?.to_mat()?;
        let mut channels = Vector::<Mat>::new();
        opencv::core::split(smooth, &mut channels)?;
        for channel in &channels {
            let (mut one, mut both) = (Mat::default(), Mat::default());
            imgproc::canny(&channel, &mut one, low, high, 3, true)?;
            opencv::core::bitwise_or(&edges, &one, &mut both, &opencv::core::no_array())?;
            edges = both;
        }
        let closed = grown(&edges, 3)?;
        finest = closed.try_clone()?;
        masks.push(Mask {
            regions: grown(&edges, 5)?,
            edges: closed,
        });
    }
    for kind in [imgproc::THRESH_BINARY, imgproc::THRESH_BINARY_INV] {
        let mut regions = Mat::default();
        imgproc::threshold(&grey, &mut regions, 0.0, 255.0, kind | imgproc::THRESH_OTSU)?;
        masks.push(Mask {
            regions,
            edges: finest.try_clone()?,
        });
    }
    Ok(masks)
}

fn grown(edges: &Mat, size: i32) -> Result<Mat, Error> {
    let kernel = imgproc::get_structuring_element(
        imgproc::MORPH_RECT,
        Size::new(size, size),
        Point::new(-1, -1),
    )?;
    let mut out = Mat::default();
    imgproc::dilate(
        edges,
        &mut out,
        &kernel,
        Point::new(-1, -1),
        1,
        opencv::core::BORDER_CONSTANT,
        imgproc::morphology_default_border_value()?,
    )?;
    Ok(out)
}

fn quadrilaterals(mask: &Mat) -> Result<Vec<Quad>, Error> {
    let mut contours = Vector::<Vector<Point>>::new();
    imgproc::find_contours(
        mask,
        &mut contours,
        imgproc::RETR_LIST,
        imgproc::CHAIN_APPROX_NONE,
        Point::default(),
    )?;
    let whole = f64::from(mask.cols()) * f64::from(mask.rows());
    let mut hulls = Vec::new();
    for contour in &contours {
        if (contour.len() as f64) < 4.0 * (LEAST_AREA * whole).sqrt() * 0.5 {
            continue;
        }
        let mut hull = Vector::<Point>::new();
        imgproc::convex_hull(&contour, &mut hull, true, true)?;
        let area = imgproc::contour_area(&hull, false)?;
        if area > LEAST_AREA * whole {
            hulls.push((area, hull, contour));
        }
    }
    hulls.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut quads = Vec::new();
    for (area, hull, contour) in hulls.into_iter().take(MOST) {
        if let Some(rough) = four_sides(&hull, area)? {
            quads.push(refined(&rough, &contour)?.unwrap_or(rough));
        }
    }
    Ok(quads)
}

/// The hull's four sides, where four describe it.
fn four_sides(hull: &Vector<Point>, area: f64) -> Result<Option<Quad>, Error> {
    let around = imgproc::arc_length(hull, true)?;
    for share in [0.01, 0.02, 0.03, 0.045, 0.06, 0.08] {
        let mut polygon = Vector::<Point>::new();
        imgproc::approx_poly_dp(hull, &mut polygon, share * around, true)?;
        if polygon.len() == 4 {
            let kept = imgproc::contour_area(&polygon, false)? / area;
            let corners: Vec<[f32; 2]> = polygon
                .iter()
                .map(|point| [point.x as f32 + 0.5, point.y as f32 + 0.5])
                .collect();
            let quad: Option<Quad> = corners.try_into().ok();
            return Ok(quad.map(clockwise).filter(|_| kept > 0.85));
        }
        if polygon.len() < 4 {
            break;
        }
    }
    Ok(None)
}

fn clockwise(quad: Quad) -> Quad {
    let (a, b) = (minus(quad[1], quad[0]), minus(quad[2], quad[1]));
    let [one, two, three, four] = quad;
    if a[0] * b[1] - a[1] * b[0] < 0.0 {
        [one, four, three, two]
    } else {
        quad
    }
}

/// The sides fitted to the contour's points along them, rounded corners left out.
fn refined(rough: &Quad, contour: &Vector<Point>) -> Result<Option<Quad>, Error> {
    let mut lines = Vec::with_capacity(4);
    for index in 0..4 {
        let (start, end) = (rough[index], rough[(index + 1) % 4]);
        let side = minus(end, start);
        let long = length(side).max(1.0);
        let unit = [side[0] / long, side[1] / long];
        let near: Vector<Point2f> = contour
            .iter()
            .map(|point| Point2f::new(point.x as f32 + 0.5, point.y as f32 + 0.5))
            .filter(|point| {
                let to = minus([point.x, point.y], start);
                let share = dot(to, unit) / long;
                let aside = (to[0] * unit[1] - to[1] * unit[0]).abs();
                (0.12..0.88).contains(&share) && aside < 0.02 * long + 2.0
            })
            .collect();
        if near.len() < 10 {
            return Ok(None);
        }
        let mut fit = Mat::default();
        imgproc::fit_line(&near, &mut fit, imgproc::DIST_HUBER, 0.0, 0.01, 0.01)?;
        let values = fit.data_typed::<f32>()?;
        let &[dx, dy, x, y] = values else {
            return Ok(None);
        };
        lines.push(([x, y], [dx, dy]));
    }
    let corner = |one: usize, two: usize| crossing(lines[one], lines[two]);
    let corners = [corner(3, 0), corner(0, 1), corner(1, 2), corner(2, 3)];
    let [Some(a), Some(b), Some(c), Some(d)] = corners else {
        return Ok(None);
    };
    Ok(Some([a, b, c, d]))
}

type Ray = ([f32; 2], [f32; 2]);

fn crossing((p, u): Ray, (q, v): Ray) -> Option<[f32; 2]> {
    let across = u[0] * v[1] - u[1] * v[0];
    if across.abs() < 0.05 {
        return None;
    }
    let to = minus(q, p);
    Some(along(p, u, (to[0] * v[1] - to[1] * v[0]) / across))
}

/// Share of points along each side that lie on an edge.
fn supports(edges: &Mat, quad: &Quad) -> Result<[f32; 4], Error> {
    const POINTS: usize = 100;
    let mut shares = [0.0; 4];
    for (index, share) in shares.iter_mut().enumerate() {
        let (start, end) = (quad[index], quad[(index + 1) % 4]);
        let mut on = 0;
        for step in 0..POINTS {
            let [x, y] = along(
                start,
                minus(end, start),
                (step as f32 + 0.5) / POINTS as f32,
            );
            let (x, y) = (x as i32, y as i32);
            if (0..edges.cols()).contains(&x) && (0..edges.rows()).contains(&y) {
                on += usize::from(*edges.at_2d::<u8>(y, x)? > 0);
            }
        }
        *share = on as f32 / POINTS as f32;
    }
    Ok(shares)
}
