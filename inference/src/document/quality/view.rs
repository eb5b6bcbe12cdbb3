//! The document at a bounded size, upright, with a margin of what lies around it.
//!
//! ```text
//! picture ─ scaled to SMALL ─ warped by the outline ─►  ┌───────────────┐
//!                                                       │  margin       │
//!                                                       │ ┌───────────┐ │
//!                                                       │ │   page    │ │
//!                                                       │ └───────────┘ │
//!                                                       └───────────────┘
//! ```
//!
//! Light, fingers and colour are judged here: none of them needs more pixels, and the time that
//! they take does not grow with the picture.

use opencv::core::{BORDER_CONSTANT, CV_64F, Mat, MatTraitConst, Point2f, Rect, Scalar, Size};
use opencv::imgproc;

use crate::Error;
use crate::document::plane::{Point, Quad, length, minus};
use crate::picture::Picture;

/// The longer side of the picture that pages are cut out of.
const SMALL: f64 = 1000.0;
/// The page's longer side here.
pub(super) const PAGE_SIDE: f32 = 600.0;
/// What is kept around it: 8 % of its longer side.
pub(super) const MARGIN: i32 = 48;

/// A document, straightened small.
pub(super) struct View {
    /// The page and its margin, 8UC3.
    pub bgr: Mat,
    /// 255 where the picture has a pixel, 0 outside, 8UC1.
    pub seen: Mat,
    /// The page within `bgr`.
    pub page: Rect,
    /// Picture to view, row by row.
    map: [f64; 9],
}

impl View {
    /// Straightens `outline` out of the picture; without one the whole picture is the page.
    ///
    /// # Errors
    /// [`Error::Library`] where the corners lie on one line.
    pub fn of(
        picture: &Picture,
        outline: Option<&Quad>,
        aspect: Option<f32>,
    ) -> Result<Self, Error> {
        let mat = picture.as_mat()?;
        let longer = f64::from(picture.width().max(picture.height()));
        let scale = (SMALL / longer).min(1.0);
        let mut small = Mat::default();
        if scale < 1.0 {
            let side = |pixels: i32| ((f64::from(pixels) * scale).round() as i32).max(1);
            let size = Size::new(side(mat.cols()), side(mat.rows()));
            imgproc::resize(&mat, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        } else {
            small = mat.try_clone()?;
        }
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let whole = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
        let corners = outline.copied().unwrap_or(whole);
        let (page, size) = frame(&corners, aspect);
        let target = [
            [page.x, page.y],
            [page.x + page.width, page.y],
            [page.x + page.width, page.y + page.height],
            [page.x, page.y + page.height],
        ]
        .map(|corner| corner.map(|pixel| pixel as f32));
        let from = corners.map(|corner| corner.map(|place| place * scale as f32));
        let transform = perspective(&from, &target)?;
        let mut bgr = Mat::default();
        let linear = imgproc::INTER_LINEAR;
        imgproc::warp_perspective(
            &small,
            &mut bgr,
            &transform,
            size,
            linear,
            BORDER_CONSTANT,
            Scalar::default(),
        )?;
        let inside =
            Mat::new_size_with_default(small.size()?, opencv::core::CV_8UC1, Scalar::all(255.0))?;
        let mut seen = Mat::default();
        let nearest = imgproc::INTER_NEAREST;
        imgproc::warp_perspective(
            &inside,
            &mut seen,
            &transform,
            size,
            nearest,
            BORDER_CONSTANT,
            Scalar::default(),
        )?;
        let mut map = [0.0; 9];
        for (index, value) in map.iter_mut().enumerate() {
            let entry = *transform.at_2d::<f64>((index / 3) as i32, (index % 3) as i32)?;
            *value = if index % 3 == 2 { entry } else { entry * scale };
        }
        Ok(Self {
            bgr,
            seen,
            page,
            map,
        })
    }

    /// Where a point of the picture lies here.
    pub fn place(&self, [x, y]: Point) -> Point {
        let m = &self.map;
        let (x, y) = (f64::from(x), f64::from(y));
        let w = m[6] * x + m[7] * y + m[8];
        let w = if w.abs() < 1e-9 { 1e-9 } else { w };
        [
            ((m[0] * x + m[1] * y + m[2]) / w) as f32,
            ((m[3] * x + m[4] * y + m[5]) / w) as f32,
        ]
    }

    /// The upright rectangle around a quadrilateral of the picture, cut to the page; `None` where
    /// nothing of it lies there.
    pub fn rect(&self, quad: &Quad) -> Option<Rect> {
        let corners = quad.map(|corner| self.place(corner));
        let least = |k: usize| corners.iter().map(|c| c[k]).fold(f32::INFINITY, f32::min);
        let most = |k: usize| {
            corners
                .iter()
                .map(|c| c[k])
                .fold(f32::NEG_INFINITY, f32::max)
        };
        let (left, top) = (least(0).floor() as i32, least(1).floor() as i32);
        let (right, bottom) = (most(0).ceil() as i32, most(1).ceil() as i32);
        let rect = Rect::new(
            left,
            top,
            right.saturating_sub(left),
            bottom.saturating_sub(top),
        ) & self.page;
        (!rect.empty()).then_some(rect)
    }

    /// The page alone.
    ///
    /// # Errors
    /// [`Error::Library`]: none known.
    pub fn page_bgr(&self) -> Result<Mat, Error> {
        Ok(Mat::roi(&self.bgr, self.page)?.try_clone()?)
    }
}

/// Where the page lies in the view, and the view's size.
fn frame(corners: &Quad, aspect: Option<f32>) -> (Rect, Size) {
    let [a, b, c, d] = *corners;
    let side = |p, q| length(minus(p, q));
    let (across, along) = (side(a, b).max(side(d, c)), side(a, d).max(side(b, c)));
    let aspect = aspect.unwrap_or(across / along.max(1.0)).clamp(0.05, 20.0);
    let (width, height) = if aspect >= 1.0 {
        (PAGE_SIDE, PAGE_SIDE / aspect)
    } else {
        (PAGE_SIDE * aspect, PAGE_SIDE)
    };
    let (width, height) = (width.round() as i32, height.round() as i32);
    let size = Size::new(width + 2 * MARGIN, height + 2 * MARGIN);
    (Rect::new(MARGIN, MARGIN, width, height), size)
}

/// The map that takes one quadrilateral to the other, 3 by 3 of f64.
fn perspective(from: &Quad, to: &Quad) -> Result<Mat, Error> {
    let points = |corners: &Quad| -> Result<Mat, opencv::Error> {
        let corners: Vec<Point2f> = corners.iter().map(|[x, y]| Point2f::new(*x, *y)).collect();
        Mat::from_slice(&corners)?.try_clone()
    };
    let map = imgproc::get_perspective_transform(&points(from)?, &points(to)?, 0)?;
    let mut wide = Mat::default();
    map.convert_to(&mut wide, CV_64F, 1.0, 0.0)?;
    Ok(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_of_the_outline_is_a_corner_of_the_page() {
        let picture = Picture::from_bgr(2000, 1500, vec![90; 9_000_000]).unwrap();
        let outline = [
            [300.0, 200.0],
            [1700.0, 240.0],
            [1690.0, 1200.0],
            [310.0, 1180.0],
        ];
        let view = View::of(&picture, Some(&outline), Some(1.42)).unwrap();
        let [x, y] = view.place(outline[2]);
        let page = view.page;
        assert!((x - (page.x + page.width) as f32).abs() < 0.5);
        assert!((y - (page.y + page.height) as f32).abs() < 0.5);
        assert_eq!(page.width, 600);
        assert_eq!(view.rect(&outline), Some(page));
    }

    #[test]
    fn without_an_outline_the_whole_picture_is_the_page() {
        let picture = Picture::from_bgr(300, 600, vec![90; 540_000]).unwrap();
        let view = View::of(&picture, None, None).unwrap();
        assert_eq!((view.page.width, view.page.height), (300, 600));
    }
}
