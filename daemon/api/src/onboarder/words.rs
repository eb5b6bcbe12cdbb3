//! The domain's values in the dialect's words.

use kiosk_session::{Challenge, Decision, DocumentKind, Gesture, Reason, RiskLevel, Status};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::service::PublicStatus;

/// Every status with its word.
const STATUSES: [(&str, PublicStatus); 7] = [
    ("pending", PublicStatus::Pending),
    ("in_progress", PublicStatus::InProgress),
    ("approved", PublicStatus::Decided(Status::Approved)),
    ("rejected", PublicStatus::Decided(Status::Rejected)),
    ("manual_review", PublicStatus::Decided(Status::ManualReview)),
    ("expired", PublicStatus::Expired),
    ("cancelled", PublicStatus::Cancelled),
];

/// Every document type with its class. A driving licence is written both ways.
const DOCUMENTS: [(&str, DocumentKind); 7] = [
    ("passport", DocumentKind::Passport),
    ("id_card", DocumentKind::IdCard),
    ("national_id", DocumentKind::IdCard),
    ("residence_permit", DocumentKind::IdCard),
    ("visa", DocumentKind::Visa),
    ("driving_license", DocumentKind::DrivingLicence),
    ("driving_licence", DocumentKind::DrivingLicence),
];

pub(crate) fn status(status: PublicStatus) -> &'static str {
    let found = STATUSES.iter().find(|(_, known)| *known == status);
    found.map_or("in_progress", |(word, _)| word)
}

pub(crate) fn status_from(word: &str) -> Option<PublicStatus> {
    STATUSES
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, status)| *status)
}

/// The type as the dialect spells it, and its class.
pub(super) fn document(word: &str) -> Option<(&'static str, DocumentKind)> {
    DOCUMENTS
        .iter()
        .copied()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
}

pub(super) fn documents() -> String {
    DOCUMENTS.map(|(word, _)| word).join(", ")
}

pub(crate) const fn decision(status: Status) -> &'static str {
    match status {
        Status::Approved => "approved",
        Status::ManualReview => "manual_review",
        Status::Rejected => "rejected",
    }
}

pub(crate) const fn risk(level: RiskLevel) -> &'static str {
    match level {
        RiskLevel::Low => "low",
        RiskLevel::Medium => "medium",
        RiskLevel::High => "high",
    }
}

/// Why, in sentences: never more than was checked.
pub(super) fn decision_reason(decision: &Decision) -> String {
    let mut sentences: Vec<&str> = decision
        .reasons
        .iter()
        .copied()
        .map(Reason::sentence)
        .collect();
    if sentences.is_empty() {
        sentences.push("All verification checks passed");
    }
    sentences.extend(decision.warnings.iter().map(|warning| warning.sentence()));
    sentences.join("; ")
}

/// RFC 3339 in UTC with whole seconds, as the document writes it.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    let whole = at
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .unwrap_or(at);
    whole.format(&Rfc3339).unwrap_or_default()
}

/// `YYYY-MM-DD`.
pub(super) fn day(date: Date) -> String {
    date.to_string()
}

/// `****` and the last four characters; of a short number fewer, so that at least as many stay hidden.
pub(super) fn masked(number: &str) -> Option<String> {
    let letters: Vec<char> = number.chars().collect();
    if letters.is_empty() {
        return None;
    }
    let shown = (letters.len() / 2).min(4);
    Some(format!(
        "****{}",
        letters[letters.len() - shown..].iter().collect::<String>()
    ))
}

/// What a gesture is a check of.
pub(super) const fn check(gesture: Gesture) -> &'static str {
    match gesture {
        Gesture::TurnLeft
        | Gesture::TurnRight
        | Gesture::LookUp
        | Gesture::LookDown
        | Gesture::ComeCloser => "head_movement",
        Gesture::Blink => "blink",
        Gesture::OpenMouth | Gesture::Smile => "mouth_movement",
    }
}

/// A challenge's type: its one gesture's, or `sequence`.
pub(super) const fn challenge_type(gestures: &[Gesture]) -> &'static str {
    match gestures {
        [Gesture::TurnLeft | Gesture::TurnRight] => "head_turn",
        [Gesture::LookUp | Gesture::LookDown] => "head_nod",
        [Gesture::Blink] => "blink",
        [Gesture::OpenMouth] => "open_mouth",
        [Gesture::Smile] => "smile",
        [Gesture::ComeCloser] => "come_closer",
        _ => "sequence",
    }
}

/// What to do, as one sentence. Where moments count it names them, rounded up to a second within each window, for clients
/// that show no more than this text.
pub(crate) fn instructions(challenge: &Challenge) -> String {
    let steps = challenge.gestures.iter().copied().map(instruction);
    let Some(schedule) = &challenge.schedule else {
        let steps: Vec<&str> = steps.collect();
        return format!("Please {}", steps.join(", then "));
    };
    let timed: Vec<String> = steps
        .zip(&schedule.moments)
        .map(|(step, moment)| format!("at {} seconds {step}", moment.at_ms.div_ceil(1_000)))
        .collect();
    let timed = timed.join(", then ");
    format!("Please, counted from the start of the recording, {timed}")
}

pub(crate) const fn instruction(gesture: Gesture) -> &'static str {
    match gesture {
        Gesture::TurnLeft => "turn your head slowly to the left and back",
        Gesture::TurnRight => "turn your head slowly to the right and back",
        Gesture::LookUp => "look up slowly and back",
        Gesture::LookDown => "look down slowly and back",
        Gesture::Blink => "close both eyes and open them again",
        Gesture::OpenMouth => "open your mouth and close it again",
        Gesture::Smile => "smile and stop again",
        Gesture::ComeCloser => "come closer to the camera and go back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiosk_session::{Moment, Schedule};

    #[test]
    fn a_document_number_shows_its_last_four_and_of_a_short_one_no_more_than_half() {
        assert_eq!(masked("X00001234").unwrap(), "****1234");
        assert_eq!(masked("1234").unwrap(), "****34");
        assert_eq!(masked("7").unwrap(), "****");
        assert_eq!(masked(""), None);
    }

    #[test]
    fn every_status_word_reads_back() {
        for (word, known) in STATUSES {
            assert_eq!(status_from(word), Some(known));
            assert_eq!(status(known), word);
        }
        assert_eq!(status_from("Approved"), None);
    }

    fn challenge(schedule: Option<Schedule>) -> Challenge {
        Challenge {
            challenge_id: uuid::Uuid::nil(),
            gestures: vec![Gesture::TurnLeft, Gesture::Blink],
            schedule,
            screen: None,
            issued_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_sequence_is_one_sentence_in_its_order() {
        let challenge = challenge(None);
        assert_eq!(challenge_type(&challenge.gestures), "sequence");
        assert_eq!(
            instructions(&challenge),
            "Please turn your head slowly to the left and back, then close both eyes and open them again"
        );
    }

    #[test]
    fn a_sequence_with_moments_names_seconds_that_lie_in_its_windows() {
        let moment = |at_ms| Moment {
            at_ms,
            again_after_ms: 0,
        };
        let schedule = Schedule {
            moments: vec![moment(1_001), moment(6_000)],
            answer_within_ms: 2_500,
        };
        assert_eq!(
            instructions(&challenge(Some(schedule))),
            "Please, counted from the start of the recording, at 2 seconds turn your head slowly to the left and back, \
             then at 6 seconds close both eyes and open them again"
        );
    }
}
