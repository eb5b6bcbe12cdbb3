//! The log's written form: what this code writes it reads, and what version 1 wrote is read for ever.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use crate::common::{after, attempt, selfie, whole_way};
use kiosk_session::{
    Author, Closing, ENTRY_VERSION, Entry, Event, PictureQuality, Redacted, SelfieEvidence, State,
    Status, replay,
};

/// Every kind of event, as version 1 wrote them: one JSON object a line. It is never changed, only added to.
const VERSION_1: &str = include_str!("fixtures/entries-v1.jsonl");

fn every_event() -> Vec<Entry> {
    let mut all = whole_way();
    all.push(after(86_400, Event::Expired));
    all.push(after(
        5,
        Event::Cancelled {
            by: Closing::Person,
        },
    ));
    all
}

#[test]
fn every_event_reads_back_as_it_was_written() {
    for entry in every_event() {
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
}

#[test]
fn what_version_1_wrote_still_reads_and_still_means_the_same() {
    let read: Vec<Entry> = VERSION_1
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(read.iter().all(|entry| entry.version == 1));
    assert_eq!(read, every_event());
    let state = replay(&read[..8]).unwrap();
    assert!(
        matches!(state, State::Synced { ref decision, .. } if decision.status == Status::Approved)
    );
}

#[test]
fn the_version_that_this_code_writes_has_its_fixture() {
    assert_eq!(
        ENTRY_VERSION, 1,
        "commit a fixture of the new version beside the old ones"
    );
    let written: Vec<String> = every_event()
        .iter()
        .map(|entry| serde_json::to_string(entry).unwrap())
        .collect();
    let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    for (now, then) in written.iter().zip(VERSION_1.lines()) {
        assert_eq!(
            value(now),
            value(then),
            "version 1 is written in another form: raise the version"
        );
    }
}

#[test]
fn an_attempt_that_failed_is_written_with_its_code_and_what_was_measured() {
    let entry = after(
        62,
        Event::AttemptFailed {
            attempt: Box::new(attempt()),
        },
    );
    let written = serde_json::to_value(&entry).unwrap();
    let told = &written["event"];
    assert_eq!(told["type"], "attempt_failed");
    assert_eq!(told["attempt"]["step"], "liveness");
    assert_eq!(told["attempt"]["code"], "CHALLENGE_LATE");
    assert_eq!(
        told["attempt"]["liveness"]["passive"]["assessed"]["frames"],
        24
    );
    assert_eq!(serde_json::from_value::<Entry>(written).unwrap(), entry);
}

#[test]
fn a_pictures_quality_is_written_beside_it_and_records_without_it_read_as_not_assessed() {
    let quality = PictureQuality {
        own_score: Some(87.5),
        components: [("Sharpness", 91), ("EyesOpen", 100), ("HeadSize", -1)]
            .map(|(name, component)| (name.to_owned(), component))
            .into(),
    };
    let with = Event::SelfieTaken {
        selfie: SelfieEvidence {
            quality: Some(quality.clone()),
            ..selfie()
        },
    };
    let entry = after(40, with);
    let written = serde_json::to_value(&entry).unwrap();
    assert_eq!(
        written["event"]["selfie"]["quality"]["components"]["EyesOpen"],
        100
    );
    assert_eq!(serde_json::from_value::<Entry>(written).unwrap(), entry);
    let before: Entry = serde_json::from_str(VERSION_1.lines().nth(3).unwrap()).unwrap();
    let Event::SelfieTaken { selfie } = before.event else {
        panic!("line 4 of the fixture is a selfie");
    };
    assert_eq!(selfie.quality, None);
}

#[test]
fn an_entrys_author_is_written_beside_it_changes_no_state_and_one_of_before_has_none() {
    let author = Author {
        name: "partner-a".into(),
        address: Some(Redacted::new("198.51.100.7".parse().unwrap())),
    };
    let entry = after(86_400, Event::Expired).by(author.clone());
    let written = serde_json::to_value(&entry).unwrap();
    let by = serde_json::json!({ "name": "partner-a", "address": "198.51.100.7" });
    assert_eq!(written["by"], by);
    assert_eq!(serde_json::from_value::<Entry>(written).unwrap(), entry);
    assert!(!format!("{entry:?}").contains("198.51"));
    let kiosk = serde_json::to_value(Author::kiosk()).unwrap();
    assert_eq!(kiosk, serde_json::json!({ "name": "(kiosk)" }));
    let before: Vec<Entry> = VERSION_1
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(before.iter().all(|entry| entry.by.is_none()));
    let told: Vec<Entry> = before[..8]
        .iter()
        .map(|entry| entry.clone().by(author.clone()))
        .collect();
    assert_eq!(replay(&told).unwrap(), replay(&before[..8]).unwrap());
}

#[test]
fn times_and_days_are_written_as_people_read_them() {
    let entry = serde_json::to_value(&whole_way()[2]).unwrap();
    assert_eq!(entry["at"], "2024-01-15T10:30:20Z");
    let document = &entry["event"]["document"];
    assert_eq!(document["read_at"], "2024-01-15T10:30:20Z");
    assert_eq!(document["fields"]["birth_date"], "1974-08-12");
    assert_eq!(document["fields"]["expiry_date"], "2030-04-15");
}

#[test]
fn personal_values_are_written_to_the_log_and_never_printed() {
    let personal = [
        "ERIKSSON",
        "ANNA MARIA",
        "L898902C3",
        "1974",
        "user_123",
        "partner.example",
    ];
    for (place, entry) in whole_way().iter().enumerate() {
        let printed = format!("{entry:?}");
        for word in personal {
            assert!(
                !printed.contains(word),
                "{word} is printed of entry {place}"
            );
        }
    }
    let printed = format!("{:?}", replay(&whole_way()).unwrap());
    assert!(personal.iter().all(|word| !printed.contains(word)));
}
