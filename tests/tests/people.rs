//! Synthetic people do what they are told, as the kiosk's own face reader sees it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use kiosk_inference::face::{FaceReader, Subject};
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
