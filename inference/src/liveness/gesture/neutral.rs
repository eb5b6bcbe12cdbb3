//! What a signal is at rest: the neutral value that gestures are measured from, and the eyes'
//! smoothing.

/// Time constant of the neutral value, in ms.
const NEUTRAL_MS: f64 = 2_000.0;
/// Frames whose median is the first neutral value.
const FIRST: usize = 5;
/// A mouth that rests open and is read unsteadily, or wider open than a neutral one, has further to open, by its unrest or by this share of what it rests wider open
/// than `CLOSED`, whichever is less. Two prints of a talker (150 px faces) read 0.21 to 0.63 and 0.40 to 0.81 where nothing moved
/// but the paper (unrest 0.09 and more); a synthetic person at rest with parted lips reads 0.28 to 0.31 and opens to 0.56; of 26
/// openings in the reference clips 24 began below 0.35, and who spoke reached 0.50 to 1.0.
const UNSTEADY: f32 = 0.4;
const CLOSED: f32 = 0.1;
/// How much of the unrest.
const UNREST: f32 = 1.5;
/// A head that rests turned by less than this many degrees has as much less far to turn that way as its neutral value lies there:
/// who watches sees the turn from straight ahead. One that rests turned further has to make the whole of it.
const LEANT: f32 = 6.0;
/// Frames that follow each other within this, in ms, are video.
const VIDEO_MS: f64 = 60.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Yaw,
    Pitch,
    Eyes,
    Mouth,
    Width,
    Size,
}

impl Signal {
    pub(super) const ALL: [Self; 6] = [
        Self::Yaw,
        Self::Pitch,
        Self::Eyes,
        Self::Mouth,
        Self::Width,
        Self::Size,
    ];
}

/// What a signal's person is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rest {
    /// No movement is under way.
    Still,
    /// One is under way for so long that it has become how the person holds himself.
    Held,
    /// A movement is under way.
    Moving,
}

/// A signal's neutral value.
#[derive(Debug, Clone)]
pub(super) struct Neutral {
    pub(super) signal: Signal,
    pub(super) first: Vec<f32>,
    pub(super) value: f32,
    /// Where it is read in the mean, as long as no movement is under way, whether that may be neutral or not.
    pub(super) mean: f32,
    /// How far it is read from the neutral value in the mean, as long as no movement is under way: it is unsteady, or lies beyond
    /// what may be neutral.
    pub(super) unrest: f32,
}

impl Neutral {
    pub(super) fn follow(&mut self, value: f32, elapsed_ms: f64, rest: Rest) {
        let narrow = self.range(false);
        if self.first.len() < FIRST {
            self.first.push(value);
            let mut sorted = self.first.clone();
            sorted.sort_by(f32::total_cmp);
            self.mean = sorted[sorted.len() / 2];
            self.value = self.mean.clamp(narrow.0, narrow.1);
            let apart = sorted.iter().map(|value| (value - self.value).abs());
            self.unrest = apart.sum::<f32>() / sorted.len() as f32;
            return;
        }
        let (low, high) = match rest {
            Rest::Moving => return,
            Rest::Still => (narrow.0.min(self.value), narrow.1.max(self.value)),
            Rest::Held => self.range(true),
        };
        let share = (1.0 - (-elapsed_ms / NEUTRAL_MS).exp()) as f32;
        self.unrest += share * ((value - self.value).abs() - self.unrest);
        self.mean += share * (value - self.mean);
        self.value = (self.value + share * (value - self.value)).clamp(low, high);
    }

    /// What may count as neutral at first sight, and (`wide`) what a pose held for long may make
    /// of it: cameras hang above or below the eyes, so the pitch has more room than the yaw; a
    /// neutral mouth is closed or shows the teeth, half to three quarters as wide as the eyes are apart, and neutral eyes are open.
    fn range(&self, wide: bool) -> (f32, f32) {
        match (self.signal, wide) {
            (Signal::Yaw, false) => (-4.0, 4.0),
            (Signal::Yaw, true) => (-25.0, 25.0),
            (Signal::Pitch, false) => (-15.0, 15.0),
            (Signal::Pitch, true) => (-30.0, 30.0),
            (Signal::Eyes, _) => (0.4, 1.0),
            // Lips that show the teeth measured 0.26 to 0.30 on a person at rest.
            (Signal::Mouth, false) => (0.0, 0.35),
            (Signal::Mouth, true) => (0.0, 0.4),
            (Signal::Width, false) => (0.44, 0.72),
            (Signal::Width, true) => (0.4, 0.85),
            // People stand where they stand.
            (Signal::Size, _) => (1.0, f32::MAX),
        }
    }

    /// How much further than its rule a movement has to go from here.
    pub(super) fn further(&self) -> f32 {
        match self.signal {
            Signal::Mouth => (UNREST * self.unrest).min(UNSTEADY * (self.value - CLOSED).max(0.0)),
            _ => 0.0,
        }
    }

    /// How much of a movement in that direction the neutral value makes up for.
    pub(super) fn leant(&self, sign: f32) -> f32 {
        match self.signal {
            Signal::Yaw if self.mean.abs() < LEANT => (self.value * sign).max(0.0),
            _ => 0.0,
        }
    }

    /// Whether a person may be at rest at this value: no mouth is that is open wider than a neutral one.
    pub(super) fn may_rest(&self, value: f32) -> bool {
        self.signal != Signal::Mouth || value <= self.range(false).1
    }

    pub(super) fn deviation(&self, value: f32) -> f32 {
        match self.signal {
            Signal::Eyes | Signal::Width | Signal::Size => value / self.value - 1.0,
            _ => value - self.value,
        }
    }
}

/// The last readings of the eyes. The iris network flickers on lowered lids, so at video rates the
/// mean of three frames is judged, at the middle one's time.
#[derive(Debug, Clone, Default)]
pub(super) struct Eyes {
    last: Vec<(f64, f32)>,
}

impl Eyes {
    pub(super) fn smoothed(&mut self, t_ms: f64, value: f32, elapsed_ms: f64) -> (f64, f32) {
        if elapsed_ms > VIDEO_MS {
            self.last.clear();
        }
        self.last.push((t_ms, value));
        if self.last.len() > 3 {
            self.last.remove(0);
        }
        match self.last.as_slice() {
            [one, two, three] => (two.0, (one.1 + two.1 + three.1) / 3.0),
            _ => (t_ms, value),
        }
    }
}
