//! Names that are like a listed one and yet doubtful, by what else stands on the lists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail by panicking"
)]

use std::fmt::Write;

use kiosk_screening::evidence::Person;
use kiosk_screening::names::Kind;
use kiosk_screening::{Query, Screener};
use time::macros::date;

/// The shipped policy's threshold.
const THRESHOLD: f32 = 65.0;

/// People of whom three hundred are called `Garmund` and five `Hollerby`, and a ship called as one of them is.
fn screener() -> Screener {
    let mut list = String::from(
        "id,name,kind,aliases,birth_date,country\n\
         p1,Quillon Aurelio Vanterpool,person,Zurdito,,\n\
         p2,Orsolina Tremblequist,person,,1960-03-09,FR\n\
         p3,Orsolima Grintweed,person,,,\n\
         p4,Garmund Selwick Hollerby,person,,,\n\
         v1,ORSOLINA,vessel,,,\n",
    );
    for first in 'a'..='l' {
        for second in 'a'..='y' {
            writeln!(
                list,
                "g{first}{second},Garmund Fosk{first}{second}worth,person,,,"
            )
            .unwrap();
        }
    }
    for letter in 'b'..='e' {
        writeln!(list, "h{letter},Prill{letter}ana Hollerby,person,,,").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.csv");
    std::fs::write(&file, list).unwrap();
    let screener = Screener::new();
    screener.reload(&[file]).unwrap();
    screener
}

fn hits(screener: &Screener, name: &str, kind: Kind, person: Person) -> Vec<String> {
    let query = Query {
        name: name.into(),
        kind,
        person,
    };
    let answer = screener.screen(&query, THRESHOLD).unwrap();
    answer.hits.into_iter().map(|hit| hit.entry).collect()
}

fn of(screener: &Screener, name: &str) -> Vec<String> {
    hits(screener, name, Kind::Unknown, Person::default())
}

#[test]
fn a_ship_is_no_hit_of_whoever_is_called_like_it_unless_ships_are_asked_for() {
    let screener = screener();
    let name = "Orsolina Bramblefield";
    assert!(of(&screener, name).is_empty());
    assert_eq!(of(&screener, "Orsolina"), ["user:v1"]);
    let ships = hits(&screener, name, Kind::Vessel, Person::default());
    assert_eq!(ships, ["user:v1"]);
}

#[test]
fn an_alias_of_one_word_is_met_by_one_word() {
    let screener = screener();
    assert_eq!(of(&screener, "Zurdita"), ["user:p1"]);
    assert!(of(&screener, "Zurd Ita").is_empty());
}

#[test]
fn what_the_lists_know_as_it_is_written_is_another_name_and_what_they_don_t_a_misspelt_one() {
    let screener = screener();
    assert_eq!(of(&screener, "Orsolyna Tremblequist"), ["user:p2"]);
    assert!(of(&screener, "Orsolima Tremblequist").is_empty());
}

#[test]
fn a_doubtful_name_is_a_hit_again_where_the_date_of_birth_is_the_entry_s() {
    let screener = screener();
    let born = |birth_date| {
        let person = Person {
            birth_date: Some(birth_date),
            country: None,
        };
        hits(&screener, "Orsolima Tremblequist", Kind::Person, person)
    };
    assert_eq!(born(date!(1960 - 03 - 09)), ["user:p2"]);
    assert!(born(date!(1961 - 03 - 09)).is_empty());
}

#[test]
fn a_word_that_many_entries_bear_makes_no_hit_of_a_longer_name_and_rare_ones_do() {
    let screener = screener();
    assert!(of(&screener, "Garmund Hollerby").is_empty());
    assert_eq!(of(&screener, "Quillon Vanterpool"), ["user:p1"]);
    assert_eq!(of(&screener, "Garmund Selwick Hollerby"), ["user:p4"]);
}
