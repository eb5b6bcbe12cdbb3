//! All passive signals of one clip, gathered as its frames come.

use super::banding::Banding;
use super::blink::Blinks;
use super::fuse::{Report, fuse};
use super::highlights::Highlights;
use super::moire::Moire;
use super::parallax::Parallax;
use super::pulse::Pulse;
use super::small::Small;
use super::{Finding, Signal, SignalReason, WhyNot};
use crate::Error;
use crate::face::Subject;
use crate::picture::Picture;
use crate::stages::{StageTimes, Stopwatch};

/// Faces turned further than this look to the side: their eyes and skin are not judged.
const AHEAD_DEG: f32 = 25.0;

/// Gathers the passive signals of one clip.
#[derive(Debug, Default)]
pub struct PassiveWatch {
    fixed: bool,
    moire: Moire,
    banding: Banding,
    highlights: Highlights,
    parallax: Parallax,
    blinks: Blinks,
    pulse: Pulse,
    track: Option<u64>,
}

impl PassiveWatch {
    /// A watch that has seen nothing; `fixed` where the camera is built in and stands still.
    #[must_use]
    pub fn new(fixed: bool) -> Self {
        Self {
            fixed,
            ..Self::default()
        }
    }

    /// Takes the next frame: every frame, with its subject and track where there is one.
    ///
    /// # Errors
    /// Where an image operation fails.
    pub fn look(
        &mut self,
        picture: &Picture,
        subject: Option<(&Subject, u64)>,
        t_ms: f64,
    ) -> Result<StageTimes, Error> {
        let mut watch = Stopwatch::start();
        let Some((subject, track)) = subject else {
            return Ok(watch.finish());
        };
        let small = Small::of(picture)?;
        if self.track != Some(track) {
            self.banding.interrupt();
            self.parallax.interrupt();
            self.blinks.interrupt();
            self.pulse.interrupt();
            self.track = Some(track);
        }
        self.banding.look(&small, t_ms);
        watch.lap("passive.banding");
        if self.fixed {
            self.parallax.look(&small, &subject.bounds, t_ms)?;
            watch.lap("passive.parallax");
        }
        let turn = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
        if turn <= AHEAD_DEG {
            self.moire.look(picture, &subject.bounds, t_ms)?;
            watch.lap("passive.moire");
            self.highlights.look(picture, &subject.bounds, t_ms)?;
            watch.lap("passive.highlights");
            self.blinks.look(subject.eye_openness, t_ms);
            self.pulse.look(picture, subject, t_ms);
            watch.lap("passive.pulse");
        }
        Ok(watch.finish())
    }

    /// Every signal, weighed. `networks` is the networks' pooled score, 0 attack to 1 bona fide, or why there is none.
    #[must_use]
    pub fn finish(&self, networks: Result<f32, WhyNot>) -> Report {
        let networks = match networks {
            Ok(score) => judged_by_networks(score),
            Err(why) => Finding::NotAssessed(why),
        };
        let parallax = if self.fixed {
            self.parallax.judge()
        } else {
            Finding::NotAssessed(WhyNot::CameraMayMove)
        };
        fuse(&[
            (Signal::Networks, networks),
            (Signal::Moire, self.moire.judge()),
            (Signal::Banding, self.banding.judge()),
            (Signal::Parallax, parallax),
            (Signal::Highlights, self.highlights.judge()),
            (Signal::Blink, self.blinks.judge()),
            (Signal::Pulse, self.pulse.judge()),
        ])
    }
}

/// The networks' score turned round; their own boundary is 0.5.
fn judged_by_networks(score: f32) -> Finding {
    match Finding::by(1.0 - score, 0.0, 0.5, SignalReason::NetworksDoubt) {
        Finding::Measured {
            score: attack,
            reason,
            ..
        } => Finding::Measured {
            score: attack,
            value: score,
            reason,
        },
        not => not,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_that_saw_nothing_says_so_of_every_signal() {
        let report = PassiveWatch::new(true).finish(Err(WhyNot::ModelAbsent));
        assert_eq!(report.signals.len(), 7);
        assert!(
            report
                .signals
                .iter()
                .all(|one| one.finding.score().is_none())
        );
        assert_eq!(report.strongest, None);
    }

    #[test]
    fn the_networks_boundary_stays_where_it_is() {
        assert_eq!(judged_by_networks(0.5).score(), Some(0.5));
        assert!(judged_by_networks(0.51).score() < Some(0.5));
        assert_eq!(judged_by_networks(0.25).value(), Some(0.25));
    }
}
