//! A page in the making: everything is placed in millimetres from its upper left corner.

use ab_glyph::{Font, Glyph, PxScale, ScaleFont, point};
use kiosk_inference::picture::Picture;
use opencv::core::{
    BORDER_CONSTANT, CV_8UC1, CV_8UC3, Mat, MatTrait, MatTraitConst, MatTraitConstManual,
    MatTraitManual, Point, Point2f, Rect, Scalar, Size, Vector,
};
use opencv::imgproc;

use super::fonts::Face;

/// Blue, green, red.
pub(super) type Ink = [u8; 3];

/// A rectangle in millimetres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zone {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

/// Text to place: its baseline's left end, the height of its capitals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print<'a> {
    pub(super) face: &'a Face,
    pub(super) cap_mm: f32,
    pub(super) ink: Ink,
}

impl Print<'_> {
    /// The same, smaller where the text would be wider than `room` millimetres.
    pub(super) fn fitted(mut self, text: &str, room: f32) -> Self {
        let width = width_mm(self, text);
        if width > room {
            self.cap_mm *= room / width;
        }
        self
    }
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Face")
    }
}

/// Pixels of a page.
pub(super) struct Canvas {
    mat: Mat,
    dots: f32,
}

impl Canvas {
    /// A page of one colour; `dots` pixels a millimetre.
    pub(super) fn new(
        width_mm: f32,
        height_mm: f32,
        dots: f32,
        paper: Ink,
    ) -> anyhow::Result<Self> {
        let (rows, cols) = (
            (height_mm * dots).round() as i32,
            (width_mm * dots).round() as i32,
        );
        let mat = Mat::new_rows_cols_with_default(rows, cols, CV_8UC3, scalar(paper))?;
        Ok(Self { mat, dots })
    }

    /// Pixels a millimetre.
    pub(super) const fn dots(&self) -> f32 {
        self.dots
    }

    /// The finished page.
    pub(super) fn finish(self) -> anyhow::Result<Picture> {
        Ok(Picture::from_mat(&self.mat)?)
    }

    /// Fills a rectangle.
    pub(super) fn fill(&mut self, zone: Zone, ink: Ink) -> anyhow::Result<()> {
        let rect = self.rect(zone);
        Ok(imgproc::rectangle(
            &mut self.mat,
            rect,
            scalar(ink),
            imgproc::FILLED,
            imgproc::LINE_8,
            0,
        )?)
    }

    /// Draws the edge of a rectangle.
    pub(super) fn frame(&mut self, zone: Zone, ink: Ink, thick: i32) -> anyhow::Result<()> {
        let rect = self.rect(zone);
        Ok(imgproc::rectangle(
            &mut self.mat,
            rect,
            scalar(ink),
            thick,
            imgproc::LINE_AA,
            0,
        )?)
    }

    /// Changes each pixel by what `shade` says of its place in millimetres.
    pub(super) fn shade(&mut self, shade: impl Fn(f32, f32, Ink) -> Ink) -> anyhow::Result<()> {
        let (cols, dots) = (self.mat.cols().unsigned_abs() as usize, self.dots);
        for (index, pixel) in self.mat.data_bytes_mut()?.chunks_exact_mut(3).enumerate() {
            let (x, y) = ((index % cols) as f32 / dots, (index / cols) as f32 / dots);
            pixel.copy_from_slice(&shade(x, y, [pixel[0], pixel[1], pixel[2]]));
        }
        Ok(())
    }

    /// A thin line through points in millimetres, to a 16th of a pixel.
    pub(super) fn line(
        &mut self,
        points: &[[f32; 2]],
        ink: Ink,
        closed: bool,
    ) -> anyhow::Result<()> {
        const SHIFT: i32 = 4;
        let fine = self.dots * (1 << SHIFT) as f32;
        let points: Vector<Point> = points
            .iter()
            .map(|[x, y]| Point::new((x * fine).round() as i32, (y * fine).round() as i32))
            .collect();
        imgproc::polylines(
            &mut self.mat,
            &points,
            closed,
            scalar(ink),
            1,
            imgproc::LINE_AA,
            SHIFT,
        )?;
        Ok(())
    }

    /// Prints text with its own spacing; gives its width in millimetres.
    pub(super) fn text(
        &mut self,
        at: [f32; 2],
        print: Print<'_>,
        text: &str,
    ) -> anyhow::Result<f32> {
        let scale = print.face.scale(print.cap_mm * self.dots);
        let scaled = print.face.font.as_scaled(scale);
        let [mut x, baseline] = at.map(|mm| mm * self.dots);
        let mut before = None;
        for character in text.chars() {
            let id = print.face.font.glyph_id(character);
            x += before.map_or(0.0, |before| scaled.kern(before, id));
            self.glyph(id.with_scale_and_position(scale, point(x, baseline)), print)?;
            x += scaled.h_advance(id);
            before = Some(id);
        }
        Ok(x / self.dots - at[0])
    }

    /// Prints text one character a cell, each in the middle of its own.
    pub(super) fn cells(
        &mut self,
        at: [f32; 2],
        pitch_mm: f32,
        print: Print<'_>,
        text: &str,
    ) -> anyhow::Result<()> {
        let scale = print.face.scale(print.cap_mm * self.dots);
        let scaled = print.face.font.as_scaled(scale);
        for (place, character) in text.chars().enumerate() {
            let id = print.face.font.glyph_id(character);
            let cell = (at[0] + pitch_mm * place as f32) * self.dots;
            let x = cell + (pitch_mm * self.dots - scaled.h_advance(id)) / 2.0;
            let glyph = id.with_scale_and_position(scale, point(x, at[1] * self.dots));
            self.glyph(glyph, print)?;
        }
        Ok(())
    }

    /// Prints large, turned text over what is there, `strength` 0 to 1.
    pub(super) fn overprint(
        &mut self,
        middle: [f32; 2],
        turn_deg: f64,
        print: Print<'_>,
        strength: f32,
        text: &str,
    ) -> anyhow::Result<()> {
        let width = self.mat.cols() as f32 / self.dots;
        let height = self.mat.rows() as f32 / self.dots;
        let mut flat = Self::new(width, height, self.dots, [0; 3])?;
        let white = Print {
            ink: [255; 3],
            ..print
        };
        let length = flat.text([0.0, print.cap_mm * 2.0], white, text)?;
        let mut turned = Mat::default();
        let from = [length / 2.0, print.cap_mm * 1.5].map(|mm| mm * self.dots);
        let turn = imgproc::get_rotation_matrix_2d(Point2f::new(from[0], from[1]), turn_deg, 1.0)?;
        let mut turn = turn;
        *turn.at_2d_mut::<f64>(0, 2)? += f64::from(middle[0] * self.dots - from[0]);
        *turn.at_2d_mut::<f64>(1, 2)? += f64::from(middle[1] * self.dots - from[1]);
        let size = Size::new(self.mat.cols(), self.mat.rows());
        imgproc::warp_affine(
            &flat.mat,
            &mut turned,
            &turn,
            size,
            imgproc::INTER_LINEAR,
            BORDER_CONSTANT,
            Scalar::default(),
        )?;
        let mask = turned.data_bytes()?.chunks_exact(3);
        for (pixel, mask) in self.mat.data_bytes_mut()?.chunks_exact_mut(3).zip(mask) {
            blend(pixel, print.ink, f32::from(mask[0]) / 255.0 * strength);
        }
        Ok(())
    }

    /// Places a picture so that it fills the zone; what is too wide or too high is cut off evenly.
    pub(super) fn picture(&mut self, zone: Zone, picture: &Picture) -> anyhow::Result<()> {
        let source = picture.as_mat()?;
        let target = self.rect(zone);
        let (width, height) = (source.cols(), source.rows());
        let share = f64::from(target.width) / f64::from(target.height);
        let wide = (f64::from(height) * share).round() as i32;
        let high = (f64::from(width) / share).round() as i32;
        let part = if wide <= width {
            Rect::new((width - wide) / 2, 0, wide.max(1), height)
        } else {
            Rect::new(0, (height - high) / 2, width, high.max(1))
        };
        let part = Mat::roi(&source, part)?;
        let mut placed = Mat::roi_mut(&mut self.mat, target)?;
        let method = if part.cols() > target.width {
            imgproc::INTER_AREA
        } else {
            imgproc::INTER_CUBIC
        };
        let mut scaled = Mat::default();
        imgproc::resize(
            &part,
            &mut scaled,
            Size::new(target.width, target.height),
            0.0,
            0.0,
            method,
        )?;
        scaled.copy_to(&mut placed)?;
        Ok(())
    }

    /// Prints a pale grey copy of a picture into the page, as cards do.
    pub(super) fn ghost(
        &mut self,
        zone: Zone,
        picture: &Picture,
        strength: f32,
    ) -> anyhow::Result<()> {
        let before = self.mat.try_clone()?;
        self.picture(zone, picture)?;
        let rect = self.rect(zone);
        let mut grey =
            Mat::new_rows_cols_with_default(rect.height, rect.width, CV_8UC1, Scalar::default())?;
        let placed = Mat::roi(&self.mat, rect)?.try_clone()?;
        imgproc::cvt_color_def(&placed, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        before.copy_to(&mut self.mat)?;
        let dots = self.dots;
        let levels = grey.data_bytes()?.to_vec();
        let (left, top) = (rect.x as f32 / dots, rect.y as f32 / dots);
        self.shade(|x, y, pixel| {
            let column = ((x - left) * dots).round() as i32;
            let row = ((y - top) * dots).round() as i32;
            if !(0..rect.width).contains(&column) || !(0..rect.height).contains(&row) {
                return pixel;
            }
            let level = levels[(row * rect.width + column) as usize];
            let mut shaded = pixel;
            blend(
                &mut shaded,
                [90, 60, 60],
                (1.0 - f32::from(level) / 255.0) * strength,
            );
            shaded
        })
    }

    fn glyph(&mut self, glyph: Glyph, print: Print<'_>) -> anyhow::Result<()> {
        let Some(outlined) = print.face.font.outline_glyph(glyph) else {
            return Ok(()); // a space has no outline
        };
        let (cols, rows) = (self.mat.cols(), self.mat.rows());
        let bounds = outlined.px_bounds();
        let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
        let bytes = self.mat.data_bytes_mut()?;
        outlined.draw(|x, y, cover| {
            let (x, y) = (left + x.cast_signed(), top + y.cast_signed());
            if (0..cols).contains(&x) && (0..rows).contains(&y) {
                let at = (y * cols + x) as usize * 3;
                blend(&mut bytes[at..at + 3], print.ink, cover);
            }
        });
        Ok(())
    }

    fn rect(&self, zone: Zone) -> Rect {
        let px = |mm: f32| (mm * self.dots).round() as i32;
        let (left, top) = (px(zone.x).max(0), px(zone.y).max(0));
        let right = px(zone.x + zone.width).min(self.mat.cols());
        let bottom = px(zone.y + zone.height).min(self.mat.rows());
        Rect::new(left, top, (right - left).max(0), (bottom - top).max(0))
    }
}

/// How wide text would be, in millimetres.
pub(super) fn width_mm(print: Print<'_>, text: &str) -> f32 {
    let scale: PxScale = print.face.scale(print.cap_mm);
    let scaled = print.face.font.as_scaled(scale);
    text.chars()
        .map(|character| scaled.h_advance(print.face.font.glyph_id(character)))
        .sum()
}

pub(super) fn blend(pixel: &mut [u8], ink: Ink, cover: f32) {
    let cover = cover.clamp(0.0, 1.0);
    for (channel, ink) in pixel.iter_mut().zip(ink) {
        let mixed = f32::from(*channel) * (1.0 - cover) + f32::from(ink) * cover;
        *channel = mixed.round() as u8;
    }
}

fn scalar(ink: Ink) -> Scalar {
    Scalar::new(f64::from(ink[0]), f64::from(ink[1]), f64::from(ink[2]), 0.0)
}
