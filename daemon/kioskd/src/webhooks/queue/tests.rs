//! The queue by itself: what is due, what is put off, what leaves it, and that it is there after a restart.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use kiosk_api::tellings::trial;
use kiosk_store::{DeviceKey, StoreConfig};
use time::Duration;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2024-01-15 10:30:00 UTC);

fn store(folder: &std::path::Path) -> Store {
    let config = StoreConfig::new(folder.join("store"), "kiosk-1".parse().unwrap());
    Store::open(&config, DeviceKey::from_bytes([7; 32]))
        .unwrap()
        .0
}

fn message(webhook: Option<&str>, session: u128, at: OffsetDateTime) -> Message {
    let whom = (
        webhook.map(str::to_owned),
        Redacted::new("https://a.example/hook".to_owned()),
    );
    let session = Some(SessionId(Uuid::from_u128(session)));
    Message::new("bank", whom, session, &trial(at), at)
}

fn names(due: &[Message]) -> Vec<Uuid> {
    due.iter().map(|message| message.id).collect()
}

fn answered(outcome: Outcome) -> Answer {
    Answer::of(outcome)
}

#[test]
fn what_waits_longest_is_due_first_and_nothing_before_its_time() {
    let mut queue = Queue::from_record(0);
    let late = message(Some("a"), 1, NOW + Duration::seconds(1));
    let first = message(Some("a"), 1, NOW - Duration::seconds(1));
    let second = message(Some("a"), 1, NOW);
    for message in [&late, &second, &first] {
        queue.push(message.clone()).unwrap();
    }
    assert_eq!(names(&queue.due(NOW, 8)), [first.id, second.id]);
    assert_eq!(names(&queue.due(NOW, 1)), [first.id]);
}

#[test]
fn what_is_taken_leaves_and_what_failed_is_put_off_until_its_day_is_over() {
    let mut queue = Queue::from_record(0);
    let (taken, failed) = (message(Some("a"), 1, NOW), message(Some("b"), 1, NOW));
    queue.push(taken.clone()).unwrap();
    queue.push(failed.clone()).unwrap();
    queue.note(&taken, &answered(Outcome::Delivered), NOW, 0.5);
    queue.note(&failed, &answered(Outcome::Refused), NOW, 0.5);
    assert!(queue.due(NOW, 8).is_empty());
    let later = queue.due(NOW + Duration::seconds(5), 8);
    assert_eq!(names(&later), [failed.id], "under the same name");
    assert_eq!(later[0].tries, 1);
    let over = NOW + Duration::hours(24);
    queue.note(&later[0], &answered(Outcome::Refused), over, 0.5);
    assert!(queue.due(over + Duration::days(9), 8).is_empty());
    let tries = queue.attempts("bank");
    let told: Vec<_> = tries
        .iter()
        .map(|tried| (tried.number, tried.next_at.is_some()))
        .collect();
    assert_eq!(told, [(2, false), (1, true), (1, false)]);
    assert!(queue.attempts("shop").is_empty());
}

#[test]
fn nothing_more_goes_to_who_is_gone_and_others_of_the_session_are_still_told() {
    let mut queue = Queue::from_record(0);
    let (own, again) = (message(None, 1, NOW), message(None, 1, NOW));
    let (subscribed, foreign) = (message(Some("a"), 1, NOW), message(None, 2, NOW));
    for message in [&own, &again, &subscribed, &foreign] {
        queue.push(message.clone()).unwrap();
    }
    queue.note(&own, &answered(Outcome::Gone), NOW, 0.5);
    assert_eq!(names(&queue.due(NOW, 8)), [subscribed.id, foreign.id]);
    queue.push(message(None, 1, NOW)).unwrap();
    assert_eq!(
        queue.due(NOW, 8).len(),
        2,
        "the session's address stays gone"
    );
}

#[test]
fn a_session_that_goes_takes_its_messages_with_it() {
    let mut queue = Queue::from_record(0);
    let of = SessionId(Uuid::from_u128(1));
    for message in [
        message(None, 1, NOW),
        message(Some("a"), 1, NOW),
        message(None, 2, NOW),
    ] {
        queue.push(message).unwrap();
    }
    assert!(queue.drop_session(of, true));
    assert_eq!(queue.due(NOW, 8).len(), 2);
    assert!(queue.drop_session(of, false) && !queue.drop_session(of, false));
    assert_eq!(queue.due(NOW, 8).len(), 1);
}

#[tokio::test]
async fn a_full_queue_takes_no_more_and_a_restart_finds_it_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    let mut queue = Queue::load(&first);
    while queue.room() > 0 {
        queue.push(message(Some("a"), 1, NOW)).unwrap();
    }
    assert!(queue.push(message(Some("a"), 1, NOW)).is_err());
    queue.cursor = 42;
    queue.save(&first).await.unwrap();
    first.close().await.unwrap();
    let queue = Queue::load(&store(folder.path()));
    assert_eq!((queue.cursor, queue.room()), (42, 0));
}

#[tokio::test]
async fn a_queue_of_another_form_is_told_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.put_note(NOTE, b"of a newer program").await.unwrap();
    let queue = Queue::load(&store);
    assert_eq!((queue.cursor, queue.room()), (0, MOST_WAITING));
}
