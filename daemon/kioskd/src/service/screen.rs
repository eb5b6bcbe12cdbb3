//! What the kiosk's own screen shows before a challenge's first gesture, and what of it at a moment.

use kiosk_inference::liveness::{dot, flash};
use kiosk_session::{ActiveLiveness, DotPlace, DotShow, FlashShow, ScreenShow};
use serde::Serialize;

use crate::analysis::points;

/// Before and after each part, ms.
const PAUSE_MS: f64 = 500.0;

/// What the screen shows now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OnScreen {
    /// Where the dot is: 0 to 1 from the left as the person sees it, and from the top.
    pub dot: Option<[f64; 2]>,
    /// What the whole screen is lit with: red, green, blue.
    pub colour: Option<[u8; 3]>,
}

/// What the kiosk's own screen can show to the person who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// Nothing: there is no screen of the kiosk's own, as with an upload.
    Nothing,
    /// Whatever the policy wants.
    Everything,
    /// No colours: the person is sensitive to light. A dot stands in their place, so that who declines answers no less.
    WithoutColours,
}

/// Draws what is shown; `None` where the policy wants nothing.
pub(super) fn draw(
    policy: &ActiveLiveness,
    showing: Showing,
    mut pick: impl FnMut(usize) -> usize,
) -> Option<ScreenShow> {
    if showing == Showing::Nothing {
        return None;
    }
    let colours_declined = showing == Showing::WithoutColours && policy.flash;
    let mut at_ms = 0.0;
    let dot = (policy.dot || colours_declined).then(|| {
        let mut path = dot::draw(&mut pick);
        if colours_declined && policy.dot {
            path = longer(path, dot::draw(&mut pick));
        }
        let begun_ms = at_ms + PAUSE_MS;
        at_ms = begun_ms + path.last().map_or(0.0, |last| last.t_ms);
        let place = |point: dot::DotPoint| DotPlace {
            t_ms: point.t_ms,
            x: point.x,
            y: point.y,
        };
        DotShow {
            begun_ms,
            path: path.into_iter().map(place).collect(),
        }
    });
    let flash = (policy.flash && !colours_declined).then(|| {
        let colours = flash::draw(&mut pick);
        let begun_ms = at_ms + PAUSE_MS;
        at_ms = begun_ms + flash::EACH_MS * colours.len() as f64;
        FlashShow {
            begun_ms,
            each_ms: flash::EACH_MS,
            colours,
        }
    });
    (dot.is_some() || flash.is_some()).then(|| ScreenShow {
        dot,
        flash,
        colours_declined,
        length_ms: (at_ms + PAUSE_MS).ceil() as u32,
    })
}

/// One path behind the other, in a straight line from the first one's end to the second one's next place.
fn longer(mut path: Vec<dot::DotPoint>, more: Vec<dot::DotPoint>) -> Vec<dot::DotPoint> {
    let over_ms = path.last().map_or(0.0, |last| last.t_ms);
    path.extend(more.into_iter().skip(1).map(|point| dot::DotPoint {
        t_ms: over_ms + point.t_ms,
        ..point
    }));
    path
}

impl OnScreen {
    /// What is shown at a moment of the clip; `None` where nothing is.
    pub fn at(show: &ScreenShow, t_ms: f64) -> Option<Self> {
        let dot = show.dot.as_ref().and_then(|dot| {
            let since_ms = t_ms - dot.begun_ms;
            let length_ms = dot.path.last()?.t_ms;
            // It stands at its first place before it moves.
            (-PAUSE_MS..=length_ms)
                .contains(&since_ms)
                .then(|| dot::place(&points(dot), since_ms))?
        });
        let colour = show.flash.as_ref().and_then(|flash| {
            let place = (t_ms - flash.begun_ms) / flash.each_ms;
            (place >= 0.0)
                .then(|| flash.colours.get(place as usize).copied())
                .flatten()
        });
        (dot.is_some() || colour.is_some()).then_some(Self { dot, colour })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(dot: bool, flash: bool) -> ActiveLiveness {
        let text = include_str!("../../../session/policies/default.toml");
        let policy: kiosk_session::Policy = toml::from_str(text).unwrap();
        ActiveLiveness {
            dot,
            flash,
            ..policy.active_liveness
        }
    }

    #[test]
    fn the_shipped_policy_shows_nothing() {
        for showing in [Showing::Everything, Showing::WithoutColours] {
            assert_eq!(draw(&policy(false, false), showing, |_| 0), None);
        }
        assert_eq!(draw(&policy(true, true), Showing::Nothing, |_| 0), None);
    }

    #[test]
    fn who_declines_colours_follows_a_dot_in_their_place_and_the_record_says_so() {
        let show = draw(&policy(false, true), Showing::WithoutColours, |n| n / 2).unwrap();
        assert!(show.dot.is_some() && show.flash.is_none() && show.colours_declined);
        let alike = draw(&policy(true, false), Showing::WithoutColours, |n| n / 2).unwrap();
        assert!(
            alike.dot.is_some() && !alike.colours_declined,
            "nothing was declined"
        );
        // Where the dot was wanted anyway, it goes on twice as long.
        let both = draw(&policy(true, true), Showing::WithoutColours, |n| n / 2).unwrap();
        let length = |show: &ScreenShow| show.dot.as_ref().unwrap().path.last().unwrap().t_ms;
        assert!(both.flash.is_none() && length(&both) == 2.0 * length(&alike));
    }

    #[test]
    fn dot_and_colours_follow_each_other_and_end_in_time() {
        let show = draw(&policy(true, true), Showing::Everything, |n| n / 2).unwrap();
        let (dot, flash) = (show.dot.as_ref().unwrap(), show.flash.as_ref().unwrap());
        assert!(dot.begun_ms + dot.path.last().unwrap().t_ms < flash.begun_ms);
        let over_ms = flash.begun_ms + flash.each_ms * flash.colours.len() as f64;
        assert!(over_ms < f64::from(show.length_ms));
        let during_dot = OnScreen::at(&show, dot.begun_ms + 100.0).unwrap();
        assert!(during_dot.dot.is_some() && during_dot.colour.is_none());
        let lit = OnScreen::at(&show, flash.begun_ms + 500.0).unwrap();
        assert_eq!(lit.colour, Some(flash.colours[1]));
        assert_eq!(OnScreen::at(&show, f64::from(show.length_ms) + 1.0), None);
    }
}
