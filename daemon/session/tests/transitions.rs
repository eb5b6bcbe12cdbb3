//! Every state met by every event: what `step` allows is the table in `state.rs`, and what it refuses has
//! its reason.
// long file: every transition and every refusal, one list of sentences

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use crate::common;
use crate::common::{
    after, attempt, challenge, consent, decision, document, liveness, opening, policy, selfie,
    state_after, whole_way,
};
use kiosk_session::{
    Assessment, Challenge, Closing, Effect, Event, LivenessEvidence, Moment, Note, Prompted,
    Redacted, Refused, Schedule, SelfieEvidence, SessionId, Shell, State, Status, Unassessed,
    replay, step,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// Every state, by its name.
fn states() -> Vec<State> {
    let mut states: Vec<State> = (0..=8).map(state_after).collect();
    let expired = after(86_400, Event::Expired);
    states.push(step(state_after(1), &expired).unwrap().0);
    let cancelled = after(
        5,
        Event::Cancelled {
            by: Closing::Person,
        },
    );
    states.push(step(state_after(1), &cancelled).unwrap().0);
    states.push(step(State::New, &after(62, anonymised())).unwrap().0);
    states
}

/// What stays of the usual way's session.
fn anonymised() -> Event {
    let (id, state) = (SessionId(Uuid::from_u128(7)), state_after(8));
    let shell = Shell::of(id, &whole_way(), &state, &policy()).unwrap();
    Event::Anonymised {
        shell: Box::new(shell),
    }
}

fn unprompted() -> LivenessEvidence {
    LivenessEvidence {
        active: Assessment::NotAssessed(Unassessed::NotPrompted),
        ..liveness()
    }
}

/// Every event, with a name and a time at which it can happen.
fn events() -> Vec<(&'static str, i64, Event)> {
    vec![
        ("created", 62, Event::Created { opening: opening() }),
        ("consent", 62, Event::ConsentGiven { consent: consent() }),
        (
            "document",
            62,
            Event::DocumentRead {
                document: Box::new(document()),
            },
        ),
        ("selfie", 62, Event::SelfieTaken { selfie: selfie() }),
        (
            "challenge",
            62,
            Event::ChallengeIssued {
                challenge: challenge(),
            },
        ),
        (
            "answer",
            62,
            Event::LivenessAssessed {
                liveness: Box::new(liveness()),
            },
        ),
        (
            "unprompted",
            62,
            Event::LivenessAssessed {
                liveness: Box::new(unprompted()),
            },
        ),
        (
            "noted",
            62,
            Event::Noted {
                note: Note {
                    name: "sdk_metadata".into(),
                    text: Redacted::new("{}".into()),
                },
            },
        ),
        (
            "failed",
            62,
            Event::AttemptFailed {
                attempt: Box::new(attempt()),
            },
        ),
        (
            "decided",
            62,
            Event::Decided {
                decision: decision(),
            },
        ),
        ("expired", 86_400, Event::Expired),
        (
            "cancelled",
            62,
            Event::Cancelled {
                by: Closing::Partner,
            },
        ),
        ("synced", 62, Event::Synced { through: 9 }),
        ("anonymised", 62, anonymised()),
    ]
}

#[test]
fn attempts_that_failed_are_counted_and_change_nothing_else() {
    let failed = || Event::AttemptFailed {
        attempt: Box::new(attempt()),
    };
    let before = state_after(5);
    let (after_one, effects) = step(before.clone(), &after(62, failed())).unwrap();
    assert_eq!(effects, []);
    let (two, _) = step(after_one, &after(63, failed())).unwrap();
    assert_eq!(two.case().unwrap().failed_attempts, 2);
    assert_eq!(two.challenge(), before.challenge());
    assert_eq!(two.selfie(), before.selfie());
}

/// A row a state, a column an event: the state that follows, or `.` where it is refused.
fn rendered() -> Vec<Vec<String>> {
    let mut rows = vec![vec!["from".to_owned()]];
    rows[0].extend(events().iter().map(|(name, ..)| (*name).to_owned()));
    for state in states() {
        let mut row = vec![state.name().to_owned()];
        row.extend(events().into_iter().map(|(_, seconds, event)| {
            match step(state.clone(), &after(seconds, event)) {
                Ok((next, _)) => next.name().to_owned(),
                Err(_) => ".".to_owned(),
            }
        }));
        rows.push(row);
    }
    rows
}

/// The table in the head of `state.rs`, cell by cell.
fn drawn() -> Vec<Vec<String>> {
    let source = include_str!("../src/state.rs");
    source
        .lines()
        .filter_map(|line| line.strip_prefix("//! "))
        .skip_while(|line| !line.starts_with("from "))
        .take_while(|line| !line.starts_with("```"))
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// The table as it would stand in `state.rs`.
fn as_lines(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let lines = rows.iter().map(|row| {
        let cells = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:0$}", width(column)));
        format!("//! {}\n", cells.collect::<Vec<_>>().join(" ").trim_end())
    });
    lines.collect()
}

#[test]
fn what_step_allows_is_what_the_table_in_state_rs_says() {
    let rows = rendered();
    assert!(rows == drawn(), "state.rs should say:\n{}", as_lines(&rows));
}

/// The reason for which the state after `count` events of the usual way refuses an event.
fn refusal(count: usize, seconds: i64, event: Event) -> Refused {
    step(state_after(count), &after(seconds, event))
        .map(|_| ())
        .unwrap_err()
}

#[test]
fn nothing_but_its_creation_can_happen_to_a_session_that_does_not_exist() {
    for (name, seconds, event) in events() {
        let stepped = step(State::New, &after(seconds, event)).map(|_| ());
        match name {
            "created" | "anonymised" => assert_eq!(stepped, Ok(())),
            "synced" => assert_eq!(stepped, Err(Refused::NotDecided)),
            _ => assert_eq!(stepped, Err(Refused::NotCreated), "{name}"),
        }
    }
}

#[test]
fn a_session_begins_once() {
    for count in 1..=8 {
        let again = Event::Created { opening: opening() };
        assert_eq!(refusal(count, 62, again), Refused::AlreadyCreated);
    }
}

#[test]
fn nothing_is_captured_or_decided_without_consent() {
    let captures = [
        "document",
        "selfie",
        "challenge",
        "answer",
        "unprompted",
        "failed",
        "decided",
    ];
    for (name, seconds, event) in events()
        .into_iter()
        .filter(|(name, ..)| captures.contains(name))
    {
        // An answer to a challenge that was never drawn is refused for that first.
        let expected = if name == "answer" {
            Refused::ChallengeUnknown
        } else {
            Refused::ConsentMissing
        };
        assert_eq!(refusal(1, seconds, event), expected, "{name}");
    }
}

#[test]
fn each_step_says_which_one_is_missing_before_it() {
    assert_eq!(
        refusal(2, 62, Event::SelfieTaken { selfie: selfie() }),
        Refused::DocumentMissing
    );
    let asked = || Event::ChallengeIssued {
        challenge: challenge(),
    };
    assert_eq!(refusal(2, 62, asked()), Refused::DocumentMissing);
    assert_eq!(refusal(3, 62, asked()), Refused::SelfieMissing);
    let decided = || Event::Decided {
        decision: decision(),
    };
    assert_eq!(refusal(2, 62, decided()), Refused::DocumentMissing);
    assert_eq!(refusal(3, 62, decided()), Refused::SelfieMissing);
    assert_eq!(refusal(4, 62, decided()), Refused::LivenessMissing);
    assert_eq!(refusal(5, 62, decided()), Refused::LivenessMissing);
}

fn answered(answer: Prompted) -> Event {
    let active = Assessment::Assessed(answer);
    Event::LivenessAssessed {
        liveness: Box::new(LivenessEvidence {
            active,
            ..liveness()
        }),
    }
}

#[test]
fn an_answer_to_another_challenge_is_refused() {
    let other = Prompted {
        challenge_id: Uuid::from_u128(99),
        ..common::answer()
    };
    assert_eq!(refusal(5, 62, answered(other)), Refused::ChallengeUnknown);
}

#[test]
fn an_answer_after_the_challenge_s_time_is_refused_and_one_at_its_end_is_taken() {
    let last = challenge().expires_at;
    let in_time = Prompted {
        answered_at: last,
        ..common::answer()
    };
    assert!(step(state_after(5), &after(100, answered(in_time))).is_ok());
    let late = Prompted {
        answered_at: last + time::Duration::milliseconds(1),
        ..common::answer()
    };
    assert_eq!(refusal(5, 100, answered(late)), Refused::ChallengeLate);
}

/// The usual challenge, each gesture asked for at a moment.
fn by_moments() -> Challenge {
    let moment = |at_ms| Moment {
        at_ms,
        again_after_ms: 1_000,
    };
    Challenge {
        schedule: Some(Schedule {
            moments: [1_000, 6_000].map(moment).to_vec(),
            answer_within_ms: 2_500,
        }),
        ..challenge()
    }
}

/// Asked for by its moments, and answered then: `told` what was missed, or not.
fn answered_at(told: bool, at: OffsetDateTime) -> Result<State, Refused> {
    let asked = Event::ChallengeIssued {
        challenge: by_moments(),
    };
    let (waits, _) = step(state_after(4), &after(50, asked)).unwrap();
    let answer = Prompted {
        answered_at: at,
        again_until_ms: told.then_some(40_000.0),
        ..common::answer()
    };
    step(waits, &after(110, answered(answer))).map(|(state, _)| state)
}

#[test]
fn who_is_told_what_was_missed_has_the_time_of_its_repetitions_and_nobody_else_does() {
    let asked = by_moments();
    let moment = time::Duration::milliseconds(1);
    assert!(answered_at(false, asked.expires_at).is_ok());
    let late = answered_at(false, asked.expires_at + moment);
    assert_eq!(late.unwrap_err(), Refused::ChallengeLate);
    // Two gestures, each once more after 1 s, 2.5 s to begin it and 3 s to come back.
    let ends_at = asked.expires_at + time::Duration::seconds(13);
    assert!(answered_at(true, ends_at).is_ok());
    let late = answered_at(true, ends_at + moment);
    assert_eq!(late.unwrap_err(), Refused::ChallengeLate);
}

#[test]
fn a_selfie_that_was_compared_with_another_document_is_refused() {
    let mut other = selfie();
    other.document_id = Uuid::from_u128(99);
    assert_eq!(
        refusal(3, 62, Event::SelfieTaken { selfie: other }),
        Refused::DocumentReplaced
    );
}

#[test]
fn a_clip_that_was_compared_with_another_selfie_is_refused() {
    let mut other = liveness();
    other.verification_id = Uuid::from_u128(99);
    let clip = Event::LivenessAssessed {
        liveness: Box::new(other),
    };
    assert_eq!(refusal(5, 62, clip), Refused::SelfieReplaced);
}

#[test]
fn an_answer_counts_once() {
    assert_eq!(
        refusal(6, 62, answered(common::answer())),
        Refused::ChallengeUnknown
    );
}

#[test]
fn a_clip_that_answers_nothing_is_refused_while_a_challenge_waits() {
    let clip = Event::LivenessAssessed {
        liveness: Box::new(unprompted()),
    };
    assert_eq!(refusal(5, 62, clip), Refused::ChallengeUnknown);
}

#[test]
fn a_session_that_has_ended_takes_nothing_more() {
    for (name, seconds, event) in events() {
        let (decided, synced) = (state_after(7), state_after(8));
        if !["synced", "created", "anonymised"].contains(&name) {
            let refused = step(decided, &after(seconds, event.clone())).map(|_| ());
            assert_eq!(refused, Err(Refused::Closed), "{name}");
            assert_eq!(
                step(synced, &after(seconds, event)).map(|_| ()),
                Err(Refused::Closed),
                "{name}"
            );
        }
    }
}

#[test]
fn an_expired_session_says_that_it_has_expired() {
    let expired = step(state_after(3), &after(86_400, Event::Expired))
        .unwrap()
        .0;
    let selfie = after(86_401, Event::SelfieTaken { selfie: selfie() });
    assert_eq!(step(expired, &selfie).map(|_| ()), Err(Refused::Expired));
}

#[test]
fn from_its_last_moment_on_a_session_can_only_expire() {
    let capture = |seconds| {
        let document = Event::DocumentRead {
            document: Box::new(document()),
        };
        step(state_after(2), &after(seconds, document)).map(|_| ())
    };
    assert_eq!(capture(86_399), Ok(()));
    assert_eq!(capture(86_400), Err(Refused::Expired));
    assert_eq!(refusal(2, 86_399, Event::Expired), Refused::NotYetExpired);
    assert!(step(state_after(2), &after(86_400, Event::Expired)).is_ok());
}

#[test]
fn a_decided_session_does_not_expire() {
    assert_eq!(refusal(7, 90_000, Event::Expired), Refused::Closed);
}

#[test]
fn only_a_decided_session_can_be_synced() {
    for count in 0..=6 {
        assert_eq!(
            refusal(count, 62, Event::Synced { through: 1 }),
            Refused::NotDecided
        );
    }
    assert_eq!(
        refusal(8, 62, Event::Synced { through: 1 }),
        Refused::NotDecided
    );
}

#[test]
fn a_new_document_takes_the_selfie_and_the_clip_away() {
    let again = after(
        65,
        Event::DocumentRead {
            document: Box::new(document()),
        },
    );
    let state = step(state_after(6), &again).unwrap().0;
    assert_eq!(
        (state.name(), state.selfie(), state.liveness()),
        ("documented", None, None)
    );
}

#[test]
fn a_new_selfie_takes_the_clip_and_its_challenge_away() {
    let again = || after(65, Event::SelfieTaken { selfie: selfie() });
    let assessed = step(state_after(6), &again()).unwrap().0;
    assert_eq!((assessed.name(), assessed.liveness()), ("pictured", None));
    let challenged = step(state_after(5), &again()).unwrap().0;
    assert_eq!(challenged.challenge(), None);
}

#[test]
fn a_new_challenge_replaces_the_one_that_waits() {
    let mut other = challenge();
    other.challenge_id = Uuid::from_u128(77);
    let asked = after(55, Event::ChallengeIssued { challenge: other });
    let state = step(state_after(5), &asked).unwrap().0;
    let old = after(62, answered(common::answer()));
    assert_eq!(
        step(state, &old).map(|_| ()),
        Err(Refused::ChallengeUnknown)
    );
}

#[test]
fn a_second_consent_changes_nothing_but_the_time() {
    let before = state_after(4);
    let again = after(62, Event::ConsentGiven { consent: consent() });
    let (state, effects) = step(before.clone(), &again).unwrap();
    assert_eq!(state.name(), before.name());
    assert_eq!(state.selfie(), before.selfie());
    assert_eq!(effects, []);
}

#[test]
fn the_world_is_told_of_what_concerns_it_and_of_nothing_else() {
    let told: Vec<Vec<Effect>> = common::whole_way()
        .iter()
        .scan(State::New, |state, entry| {
            let (next, effects) = step(state.clone(), entry).unwrap();
            *state = next;
            Some(effects)
        })
        .collect();
    let expected: [&[Effect]; 8] = [
        &[Effect::TellCreated],
        &[],
        &[Effect::TellDocument],
        &[],
        &[],
        &[],
        &[Effect::TellDecided(Status::Approved)],
        &[],
    ];
    assert_eq!(told, expected);
    let expired = after(86_400, Event::Expired);
    assert_eq!(
        step(state_after(4), &expired).unwrap().1,
        [Effect::TellExpired]
    );
    let cancelled = after(62, Event::Cancelled { by: Closing::Staff });
    assert_eq!(
        step(state_after(4), &cancelled).unwrap().1,
        [Effect::TellCancelled]
    );
}

/// The events of a session that authenticates an identity, up to its clip.
fn authentication() -> Vec<kiosk_session::Entry> {
    let mut opening = opening();
    opening.identity = Some(SessionId(Uuid::from_u128(7)));
    let selfie = SelfieEvidence {
        document_id: Uuid::from_u128(7),
        ..selfie()
    };
    vec![
        after(0, Event::Created { opening }),
        after(10, Event::ConsentGiven { consent: consent() }),
        after(40, Event::SelfieTaken { selfie }),
        after(
            61,
            Event::LivenessAssessed {
                liveness: Box::new(unprompted()),
            },
        ),
    ]
}

#[test]
fn an_authentication_goes_from_consent_to_the_selfie_and_has_no_document_to_the_end() {
    let mut log = authentication();
    let names: Vec<&str> = (1..=log.len())
        .map(|count| replay(&log[..count]).unwrap().name())
        .collect();
    assert_eq!(names, ["created", "consented", "pictured", "assessed"]);
    log.push(after(
        70,
        Event::Decided {
            decision: decision(),
        },
    ));
    let decided = replay(&log).unwrap();
    assert!(decided.document().is_none() && decided.selfie().is_some());
}

#[test]
fn an_authentication_takes_no_document_and_no_selfie_that_was_compared_with_another_face() {
    let consented = replay(&authentication()[..2]).unwrap();
    let refused = |event| {
        step(consented.clone(), &after(62, event))
            .map(|_| ())
            .unwrap_err()
    };
    let document = Event::DocumentRead {
        document: Box::new(document()),
    };
    assert_eq!(refused(document), Refused::NoDocumentAsked);
    assert_eq!(
        refused(Event::SelfieTaken { selfie: selfie() }),
        Refused::DocumentReplaced
    );
    let challenge = Event::ChallengeIssued {
        challenge: challenge(),
    };
    assert_eq!(refused(challenge), Refused::SelfieMissing);
}

/// The events of a session that asks for a living person alone, up to its clip.
fn liveness_alone() -> Vec<kiosk_session::Entry> {
    let mut log = authentication();
    let mut opening = opening();
    opening.liveness_alone = true;
    log[0] = after(0, Event::Created { opening });
    let selfie = SelfieEvidence {
        document_id: Uuid::nil(),
        ..selfie()
    };
    log[2] = after(40, Event::SelfieTaken { selfie });
    log
}

#[test]
fn who_asks_for_a_living_person_alone_gets_no_document_looked_at_and_nothing_decided() {
    let log = liveness_alone();
    let assessed = replay(&log).unwrap();
    assert_eq!(assessed.name(), "assessed");
    let refused = |state: &State, event| step(state.clone(), &after(70, event)).unwrap_err();
    let decided = Event::Decided {
        decision: decision(),
    };
    assert_eq!(refused(&assessed, decided), Refused::DocumentMissing);
    let document = || Event::DocumentRead {
        document: Box::new(document()),
    };
    assert_eq!(refused(&assessed, document()), Refused::NoDocumentAsked);
    let consented = replay(&log[..2]).unwrap();
    assert_eq!(refused(&consented, document()), Refused::NoDocumentAsked);
    let of_a_document = Event::SelfieTaken { selfie: selfie() };
    assert_eq!(
        refused(&consented, of_a_document),
        Refused::DocumentReplaced
    );
}

#[test]
fn a_shell_tells_what_was_decided_and_nothing_of_the_person() {
    let Event::Anonymised { shell } = anonymised() else {
        unreachable!()
    };
    let text = serde_json::to_string(&shell).unwrap();
    for personal in [
        "ERIKSSON",
        "ANNA",
        "L898902C3",
        "1974",
        "user_123",
        "partner.example",
        "premium",
        "dddd",
    ] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    let state = step(State::New, &after(99, Event::Anonymised { shell }))
        .unwrap()
        .0;
    assert_eq!(state.decision(), Some(&decision()));
    assert!(state.document().is_none() && state.selfie().is_none());
    assert!(state.is_closed());
}
