//! Synthetic people turned, blinking, speaking and covered: what the quality of their pictures says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

#[path = "../../../inference/tests/support/cover.rs"]
mod cover;

use cover::{Cover, look, over, reflect};
use kiosk_inference::face::quality::Measure;
use kiosk_inference::face::{BestShot, FaceQuality, FaceReader, Gaze, Occlusion, Subject, glare};
use kiosk_inference::picture::Picture;
use kiosk_tests::material::Material;
use kiosk_tests::people::{Gesture, Person, Pose, perform};

const PEOPLE: [&str; 2] = ["traveller", "stranger"];

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

    fn assess(&mut self, pose: &Pose) -> (Picture, Subject, FaceQuality) {
        let picture = self.person.show(pose).unwrap();
        let seen = self.reader.observe(&picture).unwrap();
        let subject = seen.subject.clone().expect("the person is seen");
        let quality = FaceQuality::assess(&picture, &subject, &seen).unwrap();
        (picture, subject, quality)
    }
}

#[test]
fn shut_eyes_an_open_mouth_and_a_turned_head_each_cost_their_own_measure_and_the_score() {
    for name in PEOPLE {
        let mut stage = Stage::of(name);
        let calm = stage.assess(&Pose::default()).2;
        let faults = [
            (
                Measure::EyesOpen,
                Pose {
                    eyes_shut: 1.0,
                    ..Pose::default()
                },
            ),
            (
                Measure::MouthClosed,
                Pose {
                    mouth_open: 1.0,
                    ..Pose::default()
                },
            ),
            (
                Measure::HeadPoseYaw,
                Pose {
                    yaw_deg: 24.0,
                    ..Pose::default()
                },
            ),
        ];
        for (measure, pose) in faults {
            let quality = stage.assess(&pose).2;
            let (was, is) = (calm.component(measure), quality.component(measure));
            println!(
                "{name}, {}: {was} then {is}; score {:.1?} then {:.1?}",
                measure.name(),
                calm.own_score(),
                quality.own_score()
            );
            assert!(was - is >= 5, "{name}, {}: {was} then {is}", measure.name());
            assert!(
                quality.own_score() < calm.own_score(),
                "{name}, {}",
                measure.name()
            );
        }
    }
}

#[test]
fn the_best_shot_of_a_performance_faces_the_camera_with_open_eyes() {
    for name in PEOPLE {
        let mut stage = Stage::of(name);
        let mut best = BestShot::default();
        let performance = [Gesture::Blink, Gesture::TurnLeft, Gesture::OpenMouth];
        let mut kept = 0;
        for pose in perform(&performance, 10.0) {
            let (picture, subject, quality) = stage.assess(&pose);
            kept += u32::from(best.offer(&picture, &subject, &quality));
        }
        let shot = best.into_best().unwrap();
        println!(
            "{name}: {:.1} after {kept} copies, {:?}",
            shot.score, shot.subject.pose
        );
        assert!(shot.subject.pose.yaw_deg.abs() < 6.0, "{name}");
        assert!(
            shot.subject.eye_openness > 0.5 && shot.subject.mouth_openness < 0.3,
            "{name}"
        );
        assert!(kept < 20, "{name}: {kept} copies");
    }
}

#[test]
fn covers_and_reflections_drawn_over_people_are_found() {
    for name in PEOPLE {
        let mut stage = Stage::of(name);
        let (clean, subject, quality) = stage.assess(&Pose {
            yaw_deg: 6.0,
            ..Pose::default()
        });
        let free = quality.occlusion().unwrap();
        assert_eq!(free.mouth.value(), Some(0.0), "{name}");
        for cover in [
            Cover::BlueMask,
            Cover::WhiteMask,
            Cover::BlackMask,
            Cover::DarkGlasses,
        ] {
            let covered = over(&clean, &subject, cover);
            let Some(seen) = stage.reader.observe(&covered).unwrap().subject else {
                println!("{name}, {cover:?}: no face at all");
                continue;
            };
            let found = Occlusion::assess(&covered, &seen).unwrap();
            println!("{name}, {cover:?}: {found:?}");
            let place = if cover == Cover::DarkGlasses {
                found.eyes[0]
            } else {
                found.mouth
            };
            assert_eq!(place.value(), Some(1.0), "{name}, {cover:?}");
        }
        let shining = reflect(&clean, &subject);
        let seen = stage.reader.observe(&shining).unwrap().subject.unwrap();
        let right = glare(&shining, &seen).unwrap()[0].value();
        assert!(right.is_some_and(|share| share > 0.05), "{name}: {right:?}");
        let aside = look(&clean, &subject, [0.35, 0.0]);
        let seen = stage.reader.observe(&aside).unwrap().subject.unwrap();
        let gaze = Gaze::of(&seen).value().unwrap();
        println!(
            "{name}: drawn to look 27 degrees aside, read {:.1}",
            gaze.eyes_yaw_deg
        );
        assert!(gaze.eyes_yaw_deg > 10.0, "{name}: {gaze:?}");
    }
}
