//! Turning packed pixels upright where they lie: a copy of a phone's picture would take as much memory again.
//!
//! Rows become columns in two steps. With `b` a divisor of the height, each strip of `b` rows is turned by itself in a
//! small copy, so that `b` pixels of one column lie together; then these blocks go to their places along the cycles of
//! the permutation, each lifted once.
//!
//! ```text
//! rows of 4, b = 2     strips turned           blocks moved
//! a b c d              ae bf cg dh             ae im
//! e f g h        ─►    im jn ko lp      ─►     bf jn
//! i j k l                                      cg ko
//! m n o p                                      dh lp
//! ```

use super::header::Orientation;

/// The most rows of a strip.
const STRIP: usize = 64;

type Pixel = [u8; 3];

/// Turns `width` x `height` packed pixels; gives the new width and height.
pub(super) fn upright(
    bgr: &mut [u8],
    (mut width, mut height): (usize, usize),
    orientation: Orientation,
) -> (usize, usize) {
    let (pixels, _) = bgr.as_chunks_mut::<3>();
    if pixels.is_empty() {
        return (width, height);
    }
    if orientation.swaps_sides() {
        transpose(pixels, width, height);
        (width, height) = (height, width);
    }
    match orientation {
        Orientation::Upright | Orientation::Transposed => {}
        Orientation::Mirrored | Orientation::QuarterRight => {
            pixels.chunks_exact_mut(width).for_each(<[Pixel]>::reverse);
        }
        Orientation::HalfTurn | Orientation::Transversed => pixels.reverse(),
        Orientation::Flipped | Orientation::QuarterLeft => flip(pixels, width, height),
    }
    (width, height)
}

fn flip(pixels: &mut [Pixel], width: usize, height: usize) {
    let (upper, lower) = pixels.split_at_mut(height / 2 * width);
    let rows = upper.chunks_exact_mut(width);
    for (top, bottom) in rows.zip(lower.rchunks_exact_mut(width)) {
        top.swap_with_slice(bottom);
    }
}

fn transpose(pixels: &mut [Pixel], width: usize, height: usize) {
    let block = (1..=STRIP.min(height))
        .rev()
        .find(|rows| height.is_multiple_of(*rows))
        .unwrap_or(1);
    let mut copy = Vec::with_capacity(block * width);
    for strip in pixels.chunks_exact_mut(block * width) {
        copy.clear();
        copy.extend_from_slice(strip);
        for (x, column) in strip.chunks_exact_mut(block).enumerate() {
            for (pixel, row) in column.iter_mut().zip(copy.chunks_exact(width)) {
                *pixel = row[x];
            }
        }
    }
    move_blocks(pixels, block, width, height / block);
}

/// Block `x` of strip `s` goes to place `s` of column `x`.
fn move_blocks(pixels: &mut [Pixel], block: usize, columns: usize, strips: usize) {
    let count = columns * strips;
    let mut moved = vec![0_u64; count.div_ceil(64)];
    let mut lifted = vec![Pixel::default(); block];
    for start in 0..count {
        let mut at = start;
        while moved[at / 64] >> (at % 64) & 1 == 0 {
            if at == start {
                lifted.copy_from_slice(&pixels[at * block..][..block]);
            }
            moved[at / 64] |= 1 << (at % 64);
            at = at % columns * strips + at / columns;
            lifted.swap_with_slice(&mut pixels[at * block..][..block]);
        }
    }
}

#[cfg(test)]
mod tests {
    //! Against OpenCV's own turning.

    use opencv::core::{Mat, MatTraitConst, flip, transpose};

    use super::*;
    use crate::picture::Picture;

    fn turned(picture: &Picture, swaps: bool, axis: Option<i32>) -> Picture {
        let mut out = picture.as_mat().unwrap().try_clone().unwrap();
        if swaps {
            let mut other = Mat::default();
            transpose(&out, &mut other).unwrap();
            out = other;
        }
        if let Some(axis) = axis {
            let mut other = Mat::default();
            flip(&out, &mut other, axis).unwrap();
            out = other;
        }
        Picture::from_mat(&out).unwrap()
    }

    #[test]
    fn every_orientation_is_turned_as_opencv_turns_it_whatever_the_sides() {
        for (width, height) in [
            (1, 1),
            (1, 7),
            (7, 1),
            (4, 4),
            (13, 17),
            (6, 100),
            (130, 96),
        ] {
            let bytes: Vec<u8> = (0..width * height * 3)
                .map(|k| (k * 7 % 251) as u8)
                .collect();
            let picture = Picture::from_bgr(width, height, bytes.clone()).unwrap();
            for (orientation, swaps, axis) in [
                (Orientation::Upright, false, None),
                (Orientation::Mirrored, false, Some(1)),
                (Orientation::HalfTurn, false, Some(-1)),
                (Orientation::Flipped, false, Some(0)),
                (Orientation::Transposed, true, None),
                (Orientation::QuarterRight, true, Some(1)),
                (Orientation::Transversed, true, Some(-1)),
                (Orientation::QuarterLeft, true, Some(0)),
            ] {
                let mut bgr = bytes.clone();
                let sides = upright(&mut bgr, (width as usize, height as usize), orientation);
                let wanted = turned(&picture, swaps, axis);
                assert_eq!(sides, (wanted.width() as usize, wanted.height() as usize));
                assert_eq!(bgr, wanted.bgr(), "{width}x{height} {orientation:?}");
            }
        }
    }
}
