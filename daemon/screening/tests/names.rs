//! What holds of comparing names, whatever the names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail by panicking"
)]

use kiosk_screening::compare::{How, compare, score_of};
use kiosk_screening::names::{Kind, Name};
use proptest::prelude::*;

/// The shipped policy's threshold.
const THRESHOLD: f32 = 65.0;

fn score(one: &str, other: &str, kind: Kind) -> f32 {
    score_of(&Name::new(one, kind), &Name::new(other, kind), kind)
}

fn name() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(
        "[B-DF-HJ-NP-TV-Z][aeiou][b-df-hj-np-tv-z][aeiou][a-z]{1,4}",
        2..5,
    )
}

proptest! {
    #[test]
    fn the_order_of_tokens_does_not_matter(tokens in name(), other in name()) {
        let mut turned = tokens.clone();
        turned.reverse();
        let (one, turned, other) = (tokens.join(" "), turned.join(" "), other.join(" "));
        prop_assert_eq!(score(&one, &turned, Kind::Person), 100.0);
        let forth = score(&one, &other, Kind::Person);
        prop_assert!((0.0..=100.0).contains(&forth));
        let back = score(&other, &one, Kind::Person);
        prop_assert!((forth - back).abs() < 15.0, "{} and {}", forth, back);
    }

    #[test]
    fn everybody_s_own_name_scores_100(text in "\\PC{1,60}") {
        for kind in [Kind::Person, Kind::Organisation, Kind::Vessel, Kind::Unknown] {
            if !Name::new(&text, kind).tokens.is_empty() {
                prop_assert_eq!(score(&text, &text, kind), 100.0, "{:?}", kind);
            }
        }
    }

    #[test]
    fn case_and_marks_do_not_matter(tokens in name()) {
        let text = tokens.join(" ");
        prop_assert_eq!(score(&text, &text.to_uppercase(), Kind::Person), 100.0);
        let marked = text.replace('a', "á").replace('u', "ü").replace('e', "ê");
        prop_assert_eq!(score(&text, &marked, Kind::Person), 100.0);
    }
}

#[test]
fn forms_of_one_name_in_two_scripts_meet() {
    for (one, other) in [
        ("Ирина Соколова", "Irina Sokolova"),
        ("Юрий Чайковский", "Yuri Chaikovsky"),
        ("Γεώργιος Παπαδάκης", "Georgios Papadakis"),
        ("სოფიო ბერიძე", "Sofio Beridze"),
        ("محمود السعدني", "Mahmoud Al-Saadani"),
        ("田中真紀", "田中真紀"),
        ("박지성", "Park Ji-sung"),
        ("राजेश शर्मा", "Rajesh Sharma"),
        ("नरेन्द्र मोहन चौधरी", "Narendra Mohan Chaudhary"),
        ("Юрий Чайковский", "Yuri Tchaikovsky"),
    ] {
        let score = score(one, other, Kind::Person);
        assert!(score >= THRESHOLD, "{one} | {other}: {score}");
    }
}

#[test]
fn forms_that_people_use_meet() {
    for (one, other) in [
        ("Bob Vandermeer", "Robert Vandermeer"),
        ("Abd al-Karim Zaidan", "Abdulkarim Zaydan"),
        ("Mohammed Tantawi", "Mohamad Tantaoui"),
        ("Pak Ji-song", "Park Ji-sung"),
        ("Dr. Petra van der Linden", "Petra Vanderlinden"),
        ("K. Ostrowski", "Katarzyna Ostrowski"),
        ("Quintero Salas, Maritza", "Maritza Quintero Salas"),
    ] {
        let score = score(one, other, Kind::Person);
        assert!(score >= THRESHOLD, "{one} | {other}: {score}");
    }
}

#[test]
fn names_of_different_people_do_not() {
    for (one, other) in [
        ("Petra Lindqvist", "Petra Halvorsen"),
        ("Anton Brezhnikov", "Arkady Brezhnikov"),
        ("Petra", "Petra Halvorsen"),
        ("Mohammed Ali", "Mohammed Ali Tantawi Saqr"),
        ("김민준", "김민서"),
        ("Song Min-jun", "Min Byong-chun"),
        ("Hasan Demirkaya", "Huseyin Demirkaya"),
        ("Hassan", "Hassan Sheikh"),
    ] {
        let score = score(one, other, Kind::Person);
        assert!(score < THRESHOLD, "{one} | {other}: {score}");
    }
}

#[test]
fn company_words_and_forms_alone_are_nobody() {
    for other in [
        "Nordwind Corp.",
        "Nordwind Trading Corp",
        "International Trading Corp",
    ] {
        for word in ["CORP", "Corp.", "Trading", "International Group", "LLC"] {
            let score = score(word, other, Kind::Organisation);
            assert!(score < THRESHOLD, "{word} | {other}: {score}");
        }
    }
    assert!(
        score(
            "Nordwind Limited Liability Company",
            "OOO Nordwind",
            Kind::Organisation
        ) >= THRESHOLD
    );
    assert!(
        score(
            "Nordwind Aktiengesellschaft",
            "Nordwind AG",
            Kind::Organisation
        ) >= 100.0
    );
}

#[test]
fn an_explanation_says_which_token_met_which() {
    let found = compare(
        &Name::new("Bob J. Vandermeer", Kind::Person),
        &Name::new("VAN DER MEER, Robert James Otto", Kind::Person),
        Kind::Person,
    );
    let how = |query: &str| {
        found
            .tokens
            .iter()
            .find(|pair| pair.query == query)
            .map(|pair| (pair.entry.as_str(), pair.how))
    };
    assert_eq!(how("bob"), Some(("robert", How::Variant)));
    assert_eq!(how("j"), Some(("james", How::Initial)));
    assert_eq!(how("vandermeer"), Some(("vandermeer", How::Joined)));
    assert_eq!(found.unmatched_entry, ["otto"]);
    assert!(found.unmatched_query.is_empty());
}

#[test]
fn a_hostile_name_is_cut_not_followed() {
    let long = "x".repeat(100_000);
    assert!(score(&long, &long, Kind::Person) <= 100.0);
    let many = "Ab Cd ".repeat(5_000);
    assert!(score(&many, &many, Kind::Unknown) <= 100.0);
}
