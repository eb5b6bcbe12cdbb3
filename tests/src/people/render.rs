//! A textured triangle mesh to a picture: far triangles first, texture sampled bilinearly.

use kiosk_inference::picture::Picture;

/// A triangle's corners: where they are now, and where they are in the texture (px).
pub struct Triangle {
    /// Corners on the canvas.
    pub to: [[f32; 2]; 3],
    /// Corners in the texture.
    pub from: [[f32; 2]; 3],
    /// How much darker than the texture each corner is drawn: 0 as it is, 1 black. It falls off sharply from
    /// a dark corner to a light one, as lashes do.
    pub dark: [f32; 3],
}

/// A canvas of packed BGR rows.
pub struct Canvas {
    width: usize,
    height: usize,
    bgr: Vec<u8>,
}

impl Canvas {
    /// A canvas that shows `picture`.
    pub fn of(picture: &Picture) -> Self {
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            bgr: picture.bgr().to_vec(),
        }
    }

    /// The canvas as a picture.
    pub fn into_picture(self) -> anyhow::Result<Picture> {
        Ok(Picture::from_bgr(
            u32::try_from(self.width)?,
            u32::try_from(self.height)?,
            self.bgr,
        )?)
    }

    /// Draws one triangle over what is there.
    pub fn draw(&mut self, triangle: &Triangle, texture: &Picture) {
        let [a, b, c] = triangle.to;
        let area = cross(a, b, c);
        if area.abs() < 1e-3 {
            return;
        }
        let low = |axis: usize| a[axis].min(b[axis]).min(c[axis]).floor().max(0.0) as usize;
        let high = |axis: usize, most: usize| {
            (a[axis].max(b[axis]).max(c[axis]).ceil().max(0.0) as usize).min(most - 1)
        };
        for y in low(1)..=high(1, self.height) {
            for x in low(0)..=high(0, self.width) {
                let p = [x as f32, y as f32];
                let (u, v) = (cross(p, b, c) / area, cross(a, p, c) / area);
                let w = 1.0 - u - v;
                // A hair's breadth of overlap, so that no seam shows between neighbours.
                if u < -1e-3 || v < -1e-3 || w < -1e-3 {
                    continue;
                }
                let [fa, fb, fc] = triangle.from;
                let at = |axis: usize| u * fa[axis] + v * fb[axis] + w * fc[axis];
                let colour = sample(texture, at(0), at(1));
                let light = 1.0 - darkness(triangle.dark, [u, v, w]);
                let place = (y * self.width + x) * 3;
                for (channel, value) in colour.into_iter().enumerate() {
                    self.bgr[place + channel] = (value * light) as u8;
                }
            }
        }
    }
}

/// How dark a place within a triangle is, by its share of each corner.
fn darkness(corners: [f32; 3], shares: [f32; 3]) -> f32 {
    let most = corners.into_iter().fold(0.0, f32::max);
    if most <= 0.0 {
        return 0.0;
    }
    let mixed: f32 = corners
        .iter()
        .zip(shares)
        .map(|(dark, share)| dark * share)
        .sum();
    most * (mixed / most).clamp(0.0, 1.0).powi(3)
}

fn cross(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// The texture at a place between pixels.
fn sample(texture: &Picture, x: f32, y: f32) -> [f32; 3] {
    let (width, height) = (texture.width() as usize, texture.height() as usize);
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let bgr = texture.bgr();
    let pixel = |column: usize, row: usize, channel: usize| {
        f32::from(bgr[(row * width + column) * 3 + channel])
    };
    std::array::from_fn(|channel| {
        let upper = pixel(left, top, channel) * (1.0 - fx) + pixel(right, top, channel) * fx;
        let lower = pixel(left, bottom, channel) * (1.0 - fx) + pixel(right, bottom, channel) * fx;
        upper * (1.0 - fy) + lower * fy
    })
}
