//! Preprocessing: a part of a picture, warped in one pass, to a network's float tensor.
//!
//! ```text
//! picture --(area-shrink by a whole factor where it is more than twice too large)-->
//!         --(warpAffine, bilinear)--> patch 8UC3 --(order, normalisation)--> f32 tensor
//! ```
//!
//! The patch, the shrunk part and the tensor are kept from call to call.

use ndarray::{ArrayViewD, IxDyn};
use opencv::core::{
    BORDER_CONSTANT, BORDER_REPLICATE, CV_32F, Mat, MatTraitConst, Rect, Scalar, Size,
    ToInputArray, extract_channel,
};
use opencv::imgproc;

use crate::Error;
use crate::geometry::Affine;
use crate::pack::{ModelEntry, Normalisation};

/// A matrix of type 8UC3, whole or a part of another.
pub trait Pixels: MatTraitConst + ToInputArray {}

impl<T: MatTraitConst + ToInputArray> Pixels for T {}

/// Order of a tensor's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// What is seen beyond the picture's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// Black.
    Black,
    /// The edge's own colour.
    Edge,
}

/// What a network wants to see: square patches, axes batch, channels, rows, columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// Patch side in pixels.
    pub side: u32,
    /// Channel order.
    pub channels: Channels,
    /// From bytes to numbers.
    pub normalisation: Normalisation,
}

impl Wish {
    /// What the manifest says of a model's one image input.
    ///
    /// # Errors
    /// [`Error::Shape`] where that is not a square picture of 3 channels.
    pub fn of(model: &'static str, entry: &ModelEntry) -> Result<Self, Error> {
        let shape = entry.inputs.first().map(|input| input.shape.as_slice());
        match (shape, entry.colour.as_str()) {
            (Some(&[_, 3, rows, columns]), colour @ ("RGB" | "BGR")) if rows == columns => {
                Ok(Self {
                    side: u32::try_from(rows).unwrap_or_default(),
                    channels: if colour == "RGB" {
                        Channels::Rgb
                    } else {
                        Channels::Bgr
                    },
                    normalisation: entry.normalisation,
                })
            }
            (shape, colour) => Err(Error::Shape {
                model,
                expected: "one square input of 3 channels, RGB or BGR",
                found: format!("{shape:?} {colour:?}"),
            }),
        }
    }
}

/// Which patch of a picture, as which tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatchWish {
    /// As what.
    pub wish: Wish,
    /// From the patch onto the picture.
    pub map: Affine,
    /// What is seen beyond the picture.
    pub beyond: Beyond,
}

/// A patch that was made together with its picture's pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// What it is.
    pub of: PatchWish,
    /// Its tensor: three planes.
    pub values: Vec<f32>,
}

/// A tensor of one or more square patches with its scratch buffers.
#[derive(Debug)]
pub struct Blob {
    wish: Wish,
    offered: Option<Patch>,
    batch: usize,
    patch: Mat,
    shrunk: Mat,
    plane: Mat,
    values: Vec<f32>,
}

impl Blob {
    /// Room for `batch` patches.
    #[must_use]
    pub fn new(wish: Wish, batch: usize) -> Self {
        let values = vec![0.0; batch * 3 * (wish.side * wish.side) as usize];
        Self {
            wish,
            offered: None,
            batch,
            patch: Mat::default(),
            shrunk: Mat::default(),
            plane: Mat::default(),
            values,
        }
    }

    /// What to wish for, to have this patch made with its picture.
    #[must_use]
    pub const fn wish(&self, map: Affine, beyond: Beyond) -> PatchWish {
        PatchWish {
            wish: self.wish,
            map,
            beyond,
        }
    }

    /// Lays the first of these patches that is of this tensor's kind ready, in place of any before: the next
    /// [`Blob::fill`] that wants just this one takes it. They must be of the picture that is looked at next.
    pub fn offer(&mut self, patches: &mut Vec<Patch>) {
        let own = patches.iter().position(|patch| patch.of.wish == self.wish);
        self.offered = own.map(|own| patches.swap_remove(own));
    }

    /// Takes the offered patch where it is the wanted one.
    fn accept(&mut self, slot: usize, to_picture: &Affine, beyond: Beyond) -> bool {
        let wanted = self.wish(*to_picture, beyond);
        let Some(patch) = self.offered.take_if(|patch| patch.of == wanted) else {
            return false;
        };
        let area = (self.wish.side * self.wish.side) as usize * 3;
        let fits = patch.values.len() == area;
        if fits {
            self.values[slot * area..][..area].copy_from_slice(&patch.values);
        }
        fits
    }

    /// Fills patch `slot` with what `to_picture` maps it onto.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn fill(
        &mut self,
        slot: usize,
        picture: &impl Pixels,
        to_picture: &Affine,
        beyond: Beyond,
    ) -> Result<(), Error> {
        if self.accept(slot, to_picture, beyond) {
            return Ok(());
        }
        warp(
            picture,
            to_picture,
            self.wish.side,
            beyond,
            &mut self.patch,
            &mut self.shrunk,
        )?;
        self.spread(slot)
    }

    /// Fills patch `slot` with `part` stretched to the patch's square.
    ///
    /// # Errors
    /// [`Error::Library`].
    pub fn fill_stretched(&mut self, slot: usize, part: &impl Pixels) -> Result<(), Error> {
        let side = i32::try_from(self.wish.side).unwrap_or(i32::MAX);
        let size = Size::new(side, side);
        imgproc::resize(part, &mut self.patch, size, 0.0, 0.0, imgproc::INTER_LINEAR)?;
        self.spread(slot)
    }

    /// The tensor.
    ///
    /// # Errors
    /// None known: the buffer always fits its shape.
    pub fn view(&self) -> Result<ArrayViewD<'_, f32>, Error> {
        let side = self.wish.side as usize;
        let shape = [self.batch, 3, side, side];
        ArrayViewD::from_shape(IxDyn(&shape), &self.values).map_err(|_| Error::Shape {
            model: "preprocessing",
            expected: "a tensor of its own size",
            found: format!("{} values", self.values.len()),
        })
    }

    /// From bytes side by side to planes of floats, by OpenCV's vector code.
    fn spread(&mut self, slot: usize) -> Result<(), Error> {
        let Wish {
            normalisation,
            channels,
            side,
        } = self.wish;
        let source = match channels {
            Channels::Rgb => [2, 1, 0],
            Channels::Bgr => [0, 1, 2],
        };
        let area = (side * side) as usize;
        let rows = i32::try_from(side).unwrap_or(i32::MAX);
        let values = &mut self.values[slot * area * 3..(slot + 1) * area * 3];
        for (channel, plane) in values.chunks_exact_mut(area).enumerate() {
            let factor = 1.0 / normalisation.scale[channel];
            let add = -normalisation.mean[channel] * factor;
            extract_channel(&self.patch, &mut self.plane, source[channel])?;
            let mut plane = Mat::new_rows_cols_with_data_mut(rows, rows, plane)?;
            let (factor, add) = (f64::from(factor), f64::from(add));
            self.plane.convert_to(&mut plane, CV_32F, factor, add)?;
        }
        Ok(())
    }
}

/// Warps a square patch of `side` pixels out of `picture` into `patch`.
///
/// Bilinear sampling alone would skip pixels where the patch is less than half as fine as the
/// picture; such parts are first averaged over whole blocks, as dlib does with its pyramid.
///
/// # Errors
/// [`Error::Library`].
pub fn warp(
    picture: &impl Pixels,
    to_picture: &Affine,
    side: u32,
    beyond: Beyond,
    patch: &mut Mat,
    shrunk: &mut Mat,
) -> Result<(), Error> {
    let size = [picture.cols(), picture.rows()];
    match Sampling::of(size, to_picture, side) {
        Sampling {
            part: Some((part, block)),
            map,
        } => {
            let roi = Mat::roi(picture, part)?;
            let small = Size::new(part.width / block, part.height / block);
            imgproc::resize(&roi, shrunk, small, 0.0, 0.0, imgproc::INTER_AREA)?;
            warp_bilinear(shrunk, &map, side, beyond, patch)
        }
        Sampling { part: None, map } => warp_bilinear(picture, &map, side, beyond, patch),
    }
}

/// How a patch is taken out of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampling {
    /// The part that is averaged over blocks first, and a block's side; `None` where every pixel is met anyway.
    pub part: Option<(Rect, i32)>,
    /// From the patch to what is then sampled.
    pub map: Affine,
}

impl Sampling {
    /// For a picture of that width and height.
    pub fn of(size: [i32; 2], to_picture: &Affine, side: u32) -> Self {
        let block = to_picture.scale().floor();
        let part = (block >= 2.0)
            .then(|| part_under(size, to_picture, side, block as i32))
            .flatten();
        match part {
            Some(part) => Self {
                part: Some((part, block as i32)),
                map: to_picture.then_shrink([part.x as f32, part.y as f32], block),
            },
            None => Self {
                part: None,
                map: *to_picture,
            },
        }
    }
}

fn warp_bilinear(
    picture: &impl Pixels,
    to_picture: &Affine,
    side: u32,
    beyond: Beyond,
    patch: &mut Mat,
) -> Result<(), Error> {
    let side = i32::try_from(side).unwrap_or(i32::MAX);
    let border = match beyond {
        Beyond::Black => BORDER_CONSTANT,
        Beyond::Edge => BORDER_REPLICATE,
    };
    imgproc::warp_affine(
        picture,
        patch,
        &to_picture.to_mat()?,
        Size::new(side, side),
        imgproc::INTER_LINEAR | imgproc::WARP_INVERSE_MAP,
        border,
        Scalar::default(),
    )?;
    Ok(())
}

/// The part of the picture under the patch, in whole blocks of `factor` pixels; `None` where less
/// than one block is left.
fn part_under(size: [i32; 2], to_picture: &Affine, side: u32, factor: i32) -> Option<Rect> {
    let side = side as f32;
    let corners =
        [[0.0, 0.0], [side, 0.0], [0.0, side], [side, side]].map(|corner| to_picture.apply(corner));
    let margin = 2.0 * factor as f32;
    let span = |k: usize, end: i32| {
        let low = corners
            .iter()
            .map(|corner| corner[k])
            .fold(f32::INFINITY, f32::min)
            - margin;
        let high = corners
            .iter()
            .map(|corner| corner[k])
            .fold(f32::NEG_INFINITY, f32::max)
            + margin;
        let low = (low.max(0.0) as i32).min(end);
        let length = (high.clamp(0.0, end as f32) as i32 - low) / factor * factor;
        (low, length)
    };
    let ((x, width), (y, height)) = (span(0, size[0]), span(1, size[1]));
    (width >= factor && height >= factor).then(|| Rect::new(x, y, width, height))
}
