//! Both ways of conversion give the same: pixels and tensors of each format, within one level of 255.
//!
//! They need a Vulkan adapter: a graphics card, or lavapipe (Debian's mesa-vulkan-drivers, which `cargo xtask setup`
//! installs). Where `KIOSK_NO_ADAPTER` is set the comparisons are left out, and say so; else a missing adapter fails.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use std::time::Duration;

use kiosk_capture::{Frame, PixelFormat, Pool, Shape, SourceId, Stamp};
use kiosk_inference::blob::{Beyond, Blob, Channels, PatchWish, Wish};
use kiosk_inference::convert::{Converted, Converter, Gpu, Method, Plan};
use kiosk_inference::geometry::Square;
use kiosk_inference::pack::Normalisation;
use kiosk_inference::picture::Picture;
use turbojpeg::{Image, Subsamp};

/// The adapter; none where that is allowed.
fn gpu() -> Option<Gpu> {
    match Gpu::open() {
        Ok(gpu) => {
            println!(
                "adapter: {}, software: {}",
                gpu.adapter(),
                gpu.is_software()
            );
            Some(gpu)
        }
        Err(fault) if std::env::var_os("KIOSK_NO_ADAPTER").is_some() => {
            println!("NOT COMPARED: {fault}");
            None
        }
        Err(fault) => panic!("{fault} (or set KIOSK_NO_ADAPTER to leave this out)"),
    }
}

/// Every level, edges, grain and saturated colours.
fn picture(width: u32, height: u32) -> Picture {
    let bgr = (0..width * height * 3).map(|at| {
        let (x, y, channel) = (at / 3 % width, at / 3 / width, at % 3);
        let soft = (x * (channel + 3) / 2 + y * (4 - channel)) % 256;
        let bars = if (x / 9 + y / 14 + channel) % 3 == 0 {
            255
        } else {
            0
        };
        let grain = (at.wrapping_mul(2_654_435_761) >> 24) % 256;
        let level = match y * 3 / height {
            0 => soft,
            1 => bars,
            _ => grain,
        };
        u8::try_from(level).unwrap()
    });
    Picture::from_bgr(width, height, bgr.collect()).unwrap()
}

fn frame(format: PixelFormat, [width, height]: [u32; 2], bytes: &[u8]) -> Frame {
    let shape = Shape {
        format,
        width,
        height,
    };
    let stamp = Stamp {
        sequence: 0,
        captured_at: Duration::ZERO,
        source: SourceId::new("test"),
    };
    Pool::new(1).frame(shape, stamp, bytes).unwrap()
}

/// Bytes of every value, whatever colours they stand for.
fn raw(format: PixelFormat, size: [u32; 2]) -> Frame {
    let [width, height] = size;
    let length = match format {
        PixelFormat::Yuyv => width * height * 2,
        _ => width * height * 3 / 2,
    };
    let bytes: Vec<u8> = (0..length)
        .map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    frame(format, size, &bytes)
}

/// A camera's JPEG with its chroma as coarse as `sampling` says.
fn mjpeg(size: [u32; 2], sampling: Subsamp) -> Frame {
    let picture = picture(size[0], size[1]);
    let [width, height] = size.map(|side| side as usize);
    let image = Image {
        pixels: picture.bgr(),
        width,
        pitch: width * 3,
        height,
        format: turbojpeg::PixelFormat::BGR,
    };
    let bytes = turbojpeg::compress(image, 85, sampling).unwrap();
    frame(PixelFormat::Mjpeg, size, &bytes)
}

/// Patches as the networks ask for them: turned, at the edge, of a face so near that pixels are averaged first, and of
/// the whole picture.
fn wishes([width, height]: [f32; 2]) -> Vec<PatchWish> {
    let wish = |side, channels, scale| Wish {
        side,
        channels,
        normalisation: Normalisation {
            mean: [0.0, 1.0, 2.0],
            scale: [scale; 3],
        },
    };
    let square = |x: f32, y: f32, side: f32, angle: f32| Square {
        centre: [x * width, y * height],
        side: side * height,
        angle,
    };
    let mesh = wish(192, Channels::Rgb, 255.0);
    let eye = wish(64, Channels::Bgr, 127.5);
    [
        (mesh, square(0.5, 0.5, 0.45, 0.2), Beyond::Edge),
        (mesh, square(0.9, 0.2, 0.7, -0.6), Beyond::Edge),
        (mesh, square(0.45, 0.6, 0.95, 0.05), Beyond::Black),
        (eye, square(0.1, 0.9, 0.25, 2.9), Beyond::Black),
        (eye, square(0.5, 0.5, 0.9, 0.0), Beyond::Edge),
        (
            wish(256, Channels::Rgb, 127.5),
            square(0.5, 0.5, width / height, 0.0),
            Beyond::Black,
        ),
    ]
    .map(|(wish, square, beyond)| PatchWish {
        wish,
        map: square.from_patch(wish.side),
        beyond,
    })
    .to_vec()
}

fn converted(plan: &Plan, frame: &Frame, wishes: &[PatchWish]) -> (Method, Converted) {
    let mut converter = Converter::new(plan);
    let mut into = Converted::blank();
    let method = converter.convert(frame, wishes, &mut into).unwrap();
    assert_eq!(converter.fault(), None);
    (method, into)
}

/// The largest difference between two pictures, in levels.
fn apart(one: &Picture, two: &Picture) -> u8 {
    assert_eq!((one.width(), one.height()), (two.width(), two.height()));
    let levels = one.bgr().iter().zip(two.bgr());
    levels.map(|(one, two)| one.abs_diff(*two)).max().unwrap()
}

/// The same between the patch and what the processor warps out of the picture.
fn patch_apart(cpu: &Picture, patch: &kiosk_inference::blob::Patch) -> f32 {
    let mut blob = Blob::new(patch.of.wish, 1);
    let picture = cpu.as_mat().unwrap();
    blob.fill(0, &picture, &patch.of.map, patch.of.beyond)
        .unwrap();
    let expected = blob.view().unwrap();
    let apart = expected
        .iter()
        .zip(&patch.values)
        .map(|(one, two)| (one - two).abs());
    apart.fold(0.0, f32::max) * patch.of.wish.normalisation.scale[0]
}

#[test]
fn both_ways_give_the_same_pixels_and_tensors_of_every_format() {
    let Some(gpu) = gpu() else { return };
    let size = [1280, 720];
    let frames = [
        ("YUYV", raw(PixelFormat::Yuyv, size)),
        ("NV12", raw(PixelFormat::Nv12, size)),
        ("MJPEG 4:2:2", mjpeg(size, Subsamp::Sub2x1)),
        ("MJPEG 4:2:0", mjpeg(size, Subsamp::Sub2x2)),
        ("MJPEG 4:4:4", mjpeg(size, Subsamp::None)),
        ("MJPEG grey", mjpeg(size, Subsamp::Gray)),
    ];
    let wishes = wishes(size.map(|side| side as f32));
    for (name, frame) in &frames {
        let (_, cpu) = converted(&Plan::cpu(), frame, &wishes);
        let (method, own) = converted(&Plan::gpu_only(gpu.clone()), frame, &wishes);
        assert_eq!(method, Method::Gpu, "{name}");
        assert!(cpu.patches.is_empty());
        let pixels = apart(&cpu.picture, &own.picture);
        let patches: Vec<f32> = own
            .patches
            .iter()
            .map(|patch| patch_apart(&cpu.picture, patch))
            .collect();
        println!("{name}: pixels {pixels}, patches {patches:?} levels apart");
        assert!(pixels <= 1, "{name}");
        assert_eq!(patches.len(), wishes.len());
        assert!(patches.iter().all(|apart| *apart <= 1.001), "{name}");
    }
}

#[test]
fn sizes_that_fill_no_word_and_no_work_group_come_out_whole() {
    let Some(gpu) = gpu() else { return };
    for size in [[18, 34], [322, 242], [641, 357], [17, 23]] {
        for sampling in [Subsamp::Sub2x1, Subsamp::Sub2x2, Subsamp::Gray] {
            let frame = mjpeg(size, sampling);
            let (_, cpu) = converted(&Plan::cpu(), &frame, &[]);
            let (method, own) = converted(&Plan::gpu_only(gpu.clone()), &frame, &[]);
            assert_eq!(method, Method::Gpu);
            assert!(
                apart(&cpu.picture, &own.picture) <= 1,
                "{size:?} {sampling:?}"
            );
        }
        let even = size.map(|side: u32| side / 2 * 2);
        for format in [PixelFormat::Yuyv, PixelFormat::Nv12] {
            let frame = raw(format, even);
            let (_, cpu) = converted(&Plan::cpu(), &frame, &[]);
            let (_, own) = converted(&Plan::gpu_only(gpu.clone()), &frame, &[]);
            assert!(
                apart(&cpu.picture, &own.picture) <= 1,
                "{even:?} {format:?}"
            );
        }
    }
}

#[test]
fn one_converter_takes_frames_of_changing_size_and_format_and_no_patch_is_of_another_frame() {
    let Some(gpu) = gpu() else { return };
    let mut converter = Converter::new(&Plan::gpu_only(gpu));
    let mut into = Converted::blank();
    let all = wishes([640.0, 480.0]);
    for (count, frame) in [
        (2, raw(PixelFormat::Nv12, [640, 480])),
        (5, mjpeg([640, 480], Subsamp::Sub2x1)),
        (0, raw(PixelFormat::Yuyv, [320, 240])),
        (1, raw(PixelFormat::Nv12, [640, 480])),
    ] {
        converter.convert(&frame, &all[..count], &mut into).unwrap();
        let (_, cpu) = converted(&Plan::cpu(), &frame, &[]);
        assert!(apart(&cpu.picture, &into.picture) <= 1);
        assert_eq!(into.patches.len(), count);
        for patch in &into.patches {
            assert!(patch_apart(&cpu.picture, patch) <= 1.001);
        }
    }
}

#[test]
fn what_the_passes_do_not_read_is_the_processors_and_a_damaged_frame_is_nobodys() {
    let Some(gpu) = gpu() else { return };
    let plan = Plan::gpu_only(gpu);
    let whole = mjpeg([64, 48], Subsamp::Sub2x1);
    let mut turned = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 8];
    turned.extend(b"Exif\0\0");
    turned.extend(&whole.bytes()[2..]);
    for (frame, why) in [
        (frame(PixelFormat::Bgr8, [6, 4], &[9; 72]), "BGR is copied"),
        (mjpeg([64, 48], Subsamp::Sub1x2), "no passes for 4:4:0"),
        (mjpeg([8, 8], Subsamp::Sub2x2), "too small"),
        (
            frame(PixelFormat::Mjpeg, [64, 48], &turned),
            "may be turned",
        ),
    ] {
        assert_eq!(converted(&plan, &frame, &[]).0, Method::Cpu, "{why}");
    }
    let half = &whole.bytes()[..whole.bytes().len() / 2];
    let cut = frame(PixelFormat::Mjpeg, [64, 48], half);
    let mut converter = Converter::new(&plan);
    assert!(
        converter
            .convert(&cut, &[], &mut Converted::blank())
            .is_err()
    );
    let after = converter.convert(&whole, &[], &mut Converted::blank());
    assert_eq!(
        after.unwrap(),
        Method::Gpu,
        "one damaged frame ends nothing"
    );
}

#[test]
fn the_plan_is_measured_and_its_figures_say_why() {
    let plan = Plan::measured().unwrap();
    assert_eq!(plan.figures().len(), 3);
    for figure in plan.figures() {
        println!(
            "{:?}: cpu {:?}, gpu {:?}: {:?}",
            figure.format,
            figure.cpu,
            figure.gpu,
            figure.method()
        );
        assert!(figure.cpu > Duration::ZERO);
        assert_eq!(plan.method(figure.format), figure.method());
        if let Ok(gpu) = figure.gpu {
            assert_eq!(figure.method() == Method::Gpu, gpu < figure.cpu);
        } else {
            assert_eq!(figure.method(), Method::Cpu);
        }
    }
    assert_eq!(plan.method(PixelFormat::Bgr8), Method::Cpu);
}
