//! What lies on the device: a frame's samples and pixels, and for each wished patch its own.

use super::super::planes::Layout;
use super::Gpu;
use super::passes::Passes;
use crate::blob::{Beyond, Channels, PatchWish, Sampling};

/// Of one frame; kept while frames have one size and length.
pub(super) struct Buffers {
    uniform: wgpu::Buffer,
    samples: wgpu::Buffer,
    bgr: wgpu::Buffer,
    /// The pixels where the processor can read them.
    pub back: wgpu::Buffer,
    pub bound: wgpu::BindGroup,
    pixels: [u32; 2],
}

impl Buffers {
    pub fn new(device: &wgpu::Device, passes: &Passes, layout: &Layout, samples: usize) -> Self {
        let pixels = [layout.width, layout.height];
        let length = bgr_bytes(pixels);
        let uniform = buffer(
            device,
            48,
            wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        );
        let samples = storage(
            device,
            (samples as u64).next_multiple_of(4),
            wgpu::BufferUsages::COPY_DST,
        );
        let bgr = storage(device, length, wgpu::BufferUsages::COPY_SRC);
        let bound = bind(device, &passes.of_frame, &[&uniform, &samples, &bgr]);
        Self {
            back: read_back(device, length),
            uniform,
            samples,
            bgr,
            bound,
            pixels,
        }
    }

    /// Whether a frame fits in: of this size, its samples no longer.
    pub fn hold(&self, layout: &Layout, samples: usize) -> bool {
        self.pixels == [layout.width, layout.height] && samples as u64 <= self.samples.size()
    }

    pub fn upload(&self, queue: &wgpu::Queue, layout: &Layout, samples: &[u8]) {
        let words = [
            layout.width,
            layout.height,
            layout.kind as u32,
            layout.luma_stride,
            layout.second_at,
            layout.third_at,
            layout.chroma_stride,
            layout.chroma_width,
            layout.chroma_height,
        ];
        queue.write_buffer(&self.uniform, 0, &bytes_of(words.map(u32::to_le_bytes)));
        // Writes are in whole words: the last bytes of a frame that is none go by themselves.
        let (words, rest) = samples.split_at(samples.len() / 4 * 4);
        queue.write_buffer(&self.samples, 0, words);
        if !rest.is_empty() {
            let mut last = [0; 4];
            last[..rest.len()].copy_from_slice(rest);
            queue.write_buffer(&self.samples, words.len() as u64, &last);
        }
    }

    pub fn copy_back(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.copy_buffer_to_buffer(&self.bgr, 0, &self.back, 0, self.back.size());
    }
}

/// Of one wished patch; kept while wishes are of one side.
pub(super) struct Slot {
    side: u32,
    uniform: wgpu::Buffer,
    steps: wgpu::Buffer,
    shrunk: wgpu::Buffer,
    tensor: wgpu::Buffer,
    /// The tensor where the processor can read it.
    pub back: wgpu::Buffer,
    pub bound: wgpu::BindGroup,
    /// Width and height of the shrunk part; `None` where nothing is shrunk.
    pub part: Option<[u32; 2]>,
}

impl Slot {
    pub fn new(device: &wgpu::Device, passes: &Passes, wish: &PatchWish) -> Self {
        let side = wish.wish.side;
        let words = u64::from(side) * 4;
        let upload = wgpu::BufferUsages::COPY_DST;
        let uniform = buffer(device, 64, wgpu::BufferUsages::UNIFORM | upload);
        let steps = storage(device, 4 * words, upload);
        // A part is less than twice as fine as its patch; turned, it reaches 1.42 times as far, and two blocks more.
        let shrunk = storage(device, shrunk_bytes(side), wgpu::BufferUsages::empty());
        let tensor = storage(
            device,
            u64::from(side) * words * 3,
            wgpu::BufferUsages::COPY_SRC,
        );
        let bound = bind(
            device,
            &passes.of_patch,
            &[&uniform, &steps, &shrunk, &tensor],
        );
        Self {
            side,
            back: read_back(device, tensor.size()),
            uniform,
            steps,
            shrunk,
            tensor,
            bound,
            part: None,
        }
    }

    pub const fn holds(&self, wish: &PatchWish) -> bool {
        self.side == wish.wish.side
    }

    /// Numbers in the tensor.
    pub const fn values(&self) -> usize {
        self.side as usize * self.side as usize * 3
    }

    pub const fn side(&self) -> u32 {
        self.side
    }

    /// Writes what the passes have to know of this frame's patch.
    pub fn prepare(&mut self, gpu: &Gpu, [width, height]: [u32; 2], wish: &PatchWish) {
        let size = [width, height].map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        let sampling = Sampling::of(size, &wish.map, self.side);
        let (part, block) = match sampling.part {
            Some((rect, block)) => {
                let blocks = [rect.width / block, rect.height / block];
                let [x, y, wide, high] =
                    [rect.x, rect.y, blocks[0], blocks[1]].map(i32::unsigned_abs);
                self.part = Some([wide, high]);
                ([x, y, wide, high], block.unsigned_abs())
            }
            None => {
                self.part = None;
                ([0, 0, width, height], 1)
            }
        };
        let red_first = u32::from(wish.wish.channels == Channels::Rgb);
        let edge = u32::from(wish.beyond == Beyond::Edge);
        let [x, y, wide, high] = part;
        let numbers = [self.side, x, y, wide, high, block, edge, red_first];
        let normal = wish.wish.normalisation;
        let factor = normal.scale.map(|scale| 1.0 / scale);
        let add: [f32; 3] = std::array::from_fn(|k| -normal.mean[k] * factor[k]);
        let four = |[a, b, c]: [f32; 3]| [a, b, c, 0.0].map(f32::to_le_bytes);
        let mut bytes = bytes_of(numbers.map(u32::to_le_bytes));
        bytes.extend(bytes_of(four(factor)));
        bytes.extend(bytes_of(four(add)));
        gpu.queue.write_buffer(&self.uniform, 0, &bytes);
        let steps = steps(sampling.map.at_pixel_centres(), self.side);
        gpu.queue.write_buffer(&self.steps, 0, &steps);
    }

    pub fn copy_back(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.copy_buffer_to_buffer(&self.tensor, 0, &self.back, 0, self.back.size());
    }

    /// Whether the shrunk part has room.
    pub fn has_room(&self) -> bool {
        self.part
            .is_none_or(|[wide, high]| u64::from(wide) * u64::from(high) * 4 <= self.shrunk.size())
    }
}

/// The places that a patch is sampled at, as OpenCV's `warpAffine` rounds them: 1024ths of a pixel.
fn steps([[a, b, c], [d, e, f]]: [[f64; 3]; 2], side: u32) -> Vec<u8> {
    const SCALE: f64 = 1024.0;
    // Half of a 32nd of a pixel.
    const ROUND: i32 = 16;
    let whole = |value: f64| (value * SCALE).round_ties_even() as i32;
    let line =
        |value: &dyn Fn(f64) -> i32| (0..side).map(|at| value(f64::from(at))).collect::<Vec<_>>();
    let runs = [
        line(&|x| whole(a * x)),
        line(&|x| whole(d * x)),
        line(&|y| whole(b * y + c).saturating_add(ROUND)),
        line(&|y| whole(e * y + f).saturating_add(ROUND)),
    ];
    bytes_of(runs.into_iter().flatten().map(i32::to_le_bytes))
}

/// A part that reaches once and a half as far each way as its patch does at just under twice its fineness.
fn shrunk_bytes(side: u32) -> u64 {
    let reach = 3 * u64::from(side) + 8;
    reach * reach * 4
}

fn bgr_bytes([width, height]: [u32; 2]) -> u64 {
    (u64::from(width) * u64::from(height)).div_ceil(4) * 12
}

fn bytes_of(words: impl IntoIterator<Item = [u8; 4]>) -> Vec<u8> {
    words.into_iter().flatten().collect()
}

fn storage(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    buffer(device, size, usage | wgpu::BufferUsages::STORAGE)
}

fn read_back(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
    buffer(
        device,
        size,
        wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
    )
}

fn buffer(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size,
        usage,
        mapped_at_creation: false,
    })
}

fn bind(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    buffers: &[&wgpu::Buffer],
) -> wgpu::BindGroup {
    let entries: Vec<_> = (0..)
        .zip(buffers)
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: buffer.as_entire_binding(),
        })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout,
        entries: &entries,
    })
}
