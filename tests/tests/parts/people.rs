//! Synthetic people do what they are told, as the kiosk's own face reader sees it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use kiosk_capture::{Frame, PixelFormat, Pool, Shape, SourceId, Stamp};
use kiosk_inference::convert::{Converted, Converter, Gpu, Plan};
use kiosk_inference::face::{FaceObservation, FaceReader, Subject, Track};
use kiosk_tests::material::Material;
use kiosk_tests::people::{Person, Pose};

struct Stage {
    person: Person,
    reader: FaceReader,
}

impl Stage {
    fn of(name: &str) -> Self {
        let material = Material::below(&kiosk_tests::root()).unwrap();
        let mut reader = material.reader().unwrap();
        let person = material.person(name, &mut reader).unwrap();
        Self { person, reader }
    }

    fn seen(&mut self, pose: Pose) -> Subject {
        let frame = self.person.show(&pose).unwrap();
        self.reader
            .observe(&frame)
            .unwrap()
            .subject
            .expect("the person is seen")
    }
}

#[test]
fn a_person_who_turns_left_is_read_as_turning_left_and_right_as_right() {
    for name in ["traveller", "stranger"] {
        let mut stage = Stage::of(name);
        let calm = stage.seen(Pose::default()).pose.yaw_deg;
        let left = stage
            .seen(Pose {
                yaw_deg: 24.0,
                ..Pose::default()
            })
            .pose
            .yaw_deg;
        let right = stage
            .seen(Pose {
                yaw_deg: -24.0,
                ..Pose::default()
            })
            .pose
            .yaw_deg;
        println!("{name}: calm {calm:.1}, left {left:.1}, right {right:.1} degrees");
        assert!(left > calm + 12.0, "{name}: {left} after {calm}");
        assert!(right < calm - 12.0, "{name}: {right} after {calm}");
    }
}

#[test]
fn a_person_who_shuts_eyes_or_opens_the_mouth_is_read_so() {
    for name in ["traveller", "stranger"] {
        let mut stage = Stage::of(name);
        let calm = stage.seen(Pose::default());
        let blinking = stage.seen(Pose {
            eyes_shut: 1.0,
            ..Pose::default()
        });
        let speaking = stage.seen(Pose {
            mouth_open: 1.0,
            ..Pose::default()
        });
        println!(
            "{name}: eyes {:.2} then {:.2}, mouth {:.2} then {:.2}",
            calm.eye_openness, blinking.eye_openness, calm.mouth_openness, speaking.mouth_openness
        );
        assert!(blinking.eye_openness < 0.6 * calm.eye_openness, "{name}");
        assert!(
            speaking.mouth_openness > calm.mouth_openness + 0.2,
            "{name}"
        );
    }
}

#[test]
fn a_person_who_smiles_is_read_with_a_wider_mouth() {
    for name in ["traveller", "stranger"] {
        let mut stage = Stage::of(name);
        let calm = stage.seen(Pose::default()).mouth_width;
        let wide = stage.seen(Pose {
            smile: 1.0,
            ..Pose::default()
        });
        println!("{name}: {calm:.3} at rest, {:.3} smiling", wide.mouth_width);
        assert!(wide.mouth_width > 1.2 * calm, "{name}");
        assert!(wide.mouth_openness < 0.2, "{name}");
    }
}

/// The frames of a head that turns, as a camera of MJPEG gives them.
fn turning(stage: &mut Stage) -> Vec<Frame> {
    let pool = Pool::new(FRAMES);
    let frame = |number: usize| {
        let pose = Pose {
            yaw_deg: number as f32,
            ..Pose::default()
        };
        let picture = stage.person.show(&pose).unwrap();
        let shape = Shape {
            format: PixelFormat::Mjpeg,
            width: picture.width(),
            height: picture.height(),
        };
        let stamp = Stamp {
            sequence: number as u64,
            captured_at: std::time::Duration::from_millis(33 * number as u64),
            source: SourceId::new("test"),
        };
        let jpeg = picture.encode_jpeg(90).unwrap();
        pool.frame(shape, stamp, &jpeg).unwrap()
    };
    (0..FRAMES).map(frame).collect()
}

/// Longer than from one look of the detector to the next.
const FRAMES: usize = 18;

/// Looks at a frame that a converter gives, its patches changed by `spoil`; gives how many those were, too.
fn look(
    reader: &mut FaceReader,
    converter: &mut Converter,
    frame: &Frame,
    track: &mut Track,
    spoil: impl Fn(&mut f32),
) -> (FaceObservation, usize) {
    let mut into = Converted::blank();
    let wishes = reader.wishes(Some(&*track), [frame.width(), frame.height()]);
    converter.convert(frame, &wishes, &mut into).unwrap();
    let mut patches = into.patches;
    let values = patches.iter_mut().flat_map(|patch| &mut patch.values);
    values.for_each(spoil);
    let count = patches.len();
    reader.offer(patches);
    (reader.follow(&into.picture, track).unwrap(), count)
}

/// From frame to frame rounding grows as the crop follows the points, so that both ways begin each frame alike.
#[test]
fn a_face_is_seen_alike_whether_its_patches_come_with_the_pixels_or_are_cut_out() {
    let gpu = match Gpu::open() {
        Ok(gpu) => gpu,
        Err(fault) if std::env::var_os("KIOSK_NO_ADAPTER").is_some() => {
            println!("NOT COMPARED: {fault}");
            return;
        }
        Err(fault) => panic!("{fault} (or set KIOSK_NO_ADAPTER to leave this out)"),
    };
    let mut stage = Stage::of("traveller");
    let frames = turning(&mut stage);
    let reader = &mut stage.reader;
    let mut cpu = Converter::new(&Plan::cpu());
    let mut gpu = Converter::new(&Plan::gpu_only(gpu));
    let (mut track, mut given, mut most) = (Track::new(), 0, 0.0_f32);
    for frame in &frames {
        let mut same = track.clone();
        let (one, none) = look(reader, &mut cpu, frame, &mut track, |_| {});
        let (two, count) = look(reader, &mut gpu, frame, &mut same, |_| {});
        assert_eq!((one.track, two.track, none), (Some(1), Some(1), 0));
        let [one, two] = [one, two].map(|seen| seen.subject.unwrap().landmarks);
        let apart = one.iter().zip(&two);
        let apart = apart.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
        most = apart.fold(most, f32::max);
        given += count;
    }
    println!(
        "{given} patches came with {} frames; {most} px apart",
        frames.len()
    );
    assert!(given >= frames.len(), "one a frame, and the detector's");
    assert!(most < 0.05);
    let blind = |value: &mut f32| *value = 0.0;
    let (seen, _) = look(reader, &mut gpu, &frames[0], &mut track, blind);
    assert!(
        seen.track > Some(1),
        "a black patch loses the face: the network looks at it"
    );
}
