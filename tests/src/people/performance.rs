//! What a synthetic person does over time: calm, then gestures, each out of the neutral pose and back.

use std::f32::consts::PI;

/// A movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gesture {
    /// Head to the person's own left.
    TurnLeft,
    /// Head to the person's own right.
    TurnRight,
    /// Chin up.
    LookUp,
    /// Chin down.
    LookDown,
    /// Both eyes shut and open.
    Blink,
    /// Mouth open and shut.
    OpenMouth,
    /// Mouth drawn wide and back.
    Smile,
    /// Head nearer to the camera and back.
    ComeCloser,
}

impl Gesture {
    /// The gesture of that name, as the kiosk writes it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "turn_left" => Self::TurnLeft,
            "turn_right" => Self::TurnRight,
            "look_up" => Self::LookUp,
            "look_down" => Self::LookDown,
            "blink" => Self::Blink,
            "open_mouth" => Self::OpenMouth,
            "smile" => Self::Smile,
            "come_closer" => Self::ComeCloser,
            _ => return None,
        })
    }

    /// How long it takes, in seconds.
    pub fn length_s(self) -> f32 {
        if self == Self::Blink { BLINK_S } else { MOVE_S }
    }
}

/// The person at one moment. Angles in degrees: yaw positive to the person's own left, pitch positive up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pose {
    /// Head turned.
    pub yaw_deg: f32,
    /// Head raised.
    pub pitch_deg: f32,
    /// Head tilted.
    pub roll_deg: f32,
    /// 0 open to 1 shut.
    pub eyes_shut: f32,
    /// 0 shut to 1 wide open.
    pub mouth_open: f32,
    /// 0 at rest to 1 drawn wide.
    pub smile: f32,
    /// 0 where the person stands to 1 at two thirds of the distance.
    pub closer: f32,
}

/// How far a turned head turns, in degrees.
const TURN_DEG: f32 = 24.0;
/// How far a raised or lowered head goes, in degrees.
const NOD_DEG: f32 = 18.0;
/// How long a movement of the head or mouth takes, in seconds.
const MOVE_S: f32 = 1.4;
/// How long a blink takes, in seconds: people's take 0.1 to 0.4.
const BLINK_S: f32 = 0.32;
/// Rest before each gesture and at the end, in seconds.
const REST_S: f32 = 0.8;

/// The poses of a person who rests, then performs `gestures` in order, at so many frames a second.
pub fn perform(gestures: &[Gesture], fps: f32) -> Vec<Pose> {
    let mut poses = Vec::new();
    for gesture in gestures {
        rest(&mut poses, REST_S, fps);
        let frames = (gesture.length_s() * fps).round().max(3.0) as usize;
        for frame in 0..=frames {
            let phase = frame as f32 / frames as f32;
            poses.push(moved(*gesture, strength(phase)));
        }
    }
    rest(&mut poses, REST_S, fps);
    sway(&mut poses, fps);
    poses
}

fn rest(poses: &mut Vec<Pose>, length_s: f32, fps: f32) {
    let frames = (length_s * fps).round() as usize;
    poses.extend(std::iter::repeat_n(Pose::default(), frames));
}

/// How far a movement is at a phase of 0 to 1.
pub(super) fn strength(phase: f32) -> f32 {
    0.5 - 0.5 * (2.0 * PI * phase).cos()
}

/// The pose of a gesture at its strength.
pub(super) fn moved(gesture: Gesture, strength: f32) -> Pose {
    let mut pose = Pose::default();
    match gesture {
        Gesture::TurnLeft => pose.yaw_deg = TURN_DEG * strength,
        Gesture::TurnRight => pose.yaw_deg = -TURN_DEG * strength,
        Gesture::LookUp => pose.pitch_deg = NOD_DEG * strength,
        Gesture::LookDown => pose.pitch_deg = -NOD_DEG * strength,
        // A blink stays shut for a moment: the sine's top is cut.
        Gesture::Blink => pose.eyes_shut = (1.4 * strength).min(1.0),
        Gesture::OpenMouth => pose.mouth_open = strength,
        Gesture::Smile => pose.smile = strength,
        Gesture::ComeCloser => pose.closer = strength,
    }
    pose
}

/// Nobody holds their head quite still: a degree or so, slowly.
fn sway(poses: &mut [Pose], fps: f32) {
    for (frame, pose) in poses.iter_mut().enumerate() {
        let t_s = frame as f32 / fps;
        pose.yaw_deg += 0.9 * (2.0 * PI * 0.31 * t_s).sin();
        pose.pitch_deg += 0.7 * (2.0 * PI * 0.23 * t_s + 0.8).sin();
        pose.roll_deg += 0.6 * (2.0 * PI * 0.17 * t_s + 2.0).sin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_leaves_the_neutral_pose_and_comes_back() {
        let poses = perform(&[Gesture::TurnLeft], 25.0);
        let most = poses.iter().map(|pose| pose.yaw_deg).fold(0.0, f32::max);
        assert!(most > 20.0);
        assert!(poses[0].yaw_deg.abs() < 2.0 && poses[poses.len() - 1].yaw_deg.abs() < 2.0);
    }
}
