//! Lists: read, damaged, swapped while they are read, and excepted from.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail by panicking"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kiosk_screening::evidence::{Agreement, Person};
use kiosk_screening::names::Kind;
use kiosk_screening::{Exception, Exceptions, ListError, Query, Screener, person_key};
use time::macros::{date, datetime};

const THRESHOLD: f32 = 65.0;

const SDN: &str = "101,\"VANTERPOOL, Quillon Aurelio\",\"individual\",\"TEST\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 07 Oct 1954; nationality France; a.k.a. 'EL ZURDITO'.\"\n\
102,\"BRAMBLEWICK HOLDING LTD\",-0- ,\"TEST\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n\u{1a}";
const ALT: &str = "101,1,\"aka\",\"WANTERPOOL, Kwillon\",-0- \n";
const ADD: &str = "101,1,\"1 Rue\",\"Lyon\",\"France\",-0- \n";
const UN: &str = r#"<?xml version="1.0"?><CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><DATAID>7</DATAID>
<FIRST_NAME>Orsolina</FIRST_NAME><SECOND_NAME>Tremblequist</SECOND_NAME><UN_LIST_TYPE>T</UN_LIST_TYPE>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Orsa &amp; Trem</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1962</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
</INDIVIDUAL></INDIVIDUALS><ENTITIES/></CONSOLIDATED_LIST>"#;
const EU: &str = r#"<export xmlns="http://eu.europa.ec/fpi/fsd/export"><sanctionEntity logicalId="13">
<regulation programme="TST"/><subjectType code="person" classificationCode="P"/>
<nameAlias firstName="" middleName="" lastName="" wholeName="Ferdinanda Oxenstromm" strong="true"/>
<nameAlias wholeName="Oxie" strong="false"/>
<citizenship countryIso2Code="SE"/><birthdate circa="false" birthdate="1937-04-28"/></sanctionEntity></export>"#;
const USER: &str = "id,name,kind,aliases,birth_date,country\nx1,Hortensia Blunderfeld,person,H. Blunderfeld;Tensi Blunderfeld,1970,SE;NO\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn all() -> tempfile::TempDir {
    folder(&[
        ("sdn.csv", SDN),
        ("alt.csv", ALT),
        ("add.csv", ADD),
        ("sdn_comments.csv", "999,\"rest\"\n"),
        ("un.xml", UN),
        ("eu.xml", EU),
        ("own.csv", USER),
        ("other.csv", "a,b\n1,2\n"),
    ])
}

fn ask(screener: &Screener, name: &str, person: Person) -> Vec<(String, f32)> {
    let query = Query {
        name: name.into(),
        kind: Kind::Unknown,
        person,
    };
    let answer = screener
        .screen(&query, THRESHOLD)
        .expect("lists are loaded");
    answer
        .hits
        .into_iter()
        .map(|hit| (hit.entry, hit.score))
        .collect()
}

fn entries(screener: &Screener, name: &str) -> Vec<String> {
    ask(screener, name, Person::default())
        .into_iter()
        .map(|(entry, _)| entry)
        .collect()
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    vec![folder.to_owned()]
}

#[test]
fn each_kind_of_list_is_read_from_a_folder_and_known_by_its_content() {
    let folder = all();
    let screener = Screener::new();
    let versions = screener.reload(&paths(folder.path())).unwrap();
    assert_eq!(versions.len(), 4);
    assert!(versions.iter().all(|version| version.sha256.len() == 64));
    for (name, entry) in [
        ("Quillon Vanterpool", "ofac_sdn:101"),
        ("Kwillon Wanterpool", "ofac_sdn:101"),
        ("Bramblewick Holding", "ofac_sdn:102"),
        ("Tremblequist Orsolina", "un_consolidated:7"),
        ("Ferdinanda Oxenstrom", "eu_consolidated:13"),
        ("Tensi Blunderfeld", "user:x1"),
    ] {
        assert_eq!(entries(&screener, name), [entry], "{name}");
    }
    assert!(entries(&screener, "Holding").is_empty());
    assert!(entries(&screener, "Jane Halloway").is_empty());
}

#[test]
fn birth_and_country_lift_and_lower_a_score() {
    let folder = all();
    let screener = Screener::new();
    screener.reload(&paths(folder.path())).unwrap();
    let with = |birth_date, country: &str| {
        let person = Person {
            birth_date,
            country: Some(country.to_owned()),
        };
        ask(&screener, "Kwillon Vanterpool", person)
            .first()
            .map_or(0.0, |(_, score)| *score)
    };
    let same = with(Some(date!(1954 - 10 - 07)), "FRA");
    let other = with(Some(date!(1990 - 01 - 01)), "JPN");
    assert!(
        same > with(None, "FRA")
            && with(None, "FRA") > with(None, "JPN")
            && with(None, "JPN") > other
    );
    let query = Query {
        name: "Tremblequist Orsolina".into(),
        kind: Kind::Person,
        person: Person {
            birth_date: Some(date!(1961 - 05 - 05)),
            country: None,
        },
    };
    let hit = screener.screen(&query, THRESHOLD).unwrap().hits.remove(0);
    assert_eq!(hit.evidence.birth_date, Agreement::Agrees);
}

#[test]
fn a_damaged_list_says_where_and_what_to_do_and_the_old_one_stays() {
    let folder = all();
    let screener = Screener::new();
    let before = screener.reload(&paths(folder.path())).unwrap();
    for (name, text, line) in [
        ("sdn.csv", "101,\"A\",-0-\nx,\"B\"\n", Some(1)),
        ("alt.csv", "555,1,\"aka\",\"NOBODY\",-0-\n", Some(1)),
        (
            "un.xml",
            "<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL>\n<FIRST_NAME>A</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>",
            Some(1),
        ),
        (
            "un.xml",
            "<CONSOLIDATED_LIST><INDIVIDUALS>\n<INDIVIDUAL>",
            Some(2),
        ),
        (
            "eu.xml",
            "<export xmlns=\"http://eu.europa.ec/fpi/fsd/export\"></export>",
            None,
        ),
        ("own.csv", "id,name,birth_date\n1,A B,yesterday\n", Some(2)),
        ("own.csv", "id,name,shoe\n1,A B,44\n", Some(1)),
    ] {
        let path = folder.path().join(name);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, text).unwrap();
        let Err(ListError::Damaged(faults)) = screener.reload(&paths(folder.path())) else {
            panic!("{name} was taken");
        };
        assert_eq!(
            (faults[0].file.clone(), faults[0].line),
            (path.clone(), line),
            "{}",
            faults[0]
        );
        assert!(!faults[0].remedy.is_empty() && !faults[0].to_string().contains("NOBODY"));
        assert_eq!(screener.index().unwrap().versions(), before, "{name}");
        assert_eq!(entries(&screener, "Quillon Vanterpool"), ["ofac_sdn:101"]);
        std::fs::write(&path, good).unwrap();
    }
    assert_eq!(screener.reload(&paths(folder.path())).unwrap(), before);
}

#[test]
fn without_a_list_nobody_is_said_to_be_clear() {
    let screener = Screener::new();
    let query = Query {
        name: "Jane Halloway".into(),
        kind: Kind::Person,
        person: Person::default(),
    };
    assert!(screener.screen(&query, THRESHOLD).is_none());
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        screener.reload(&paths(empty.path())),
        Err(ListError::None(_))
    ));
    assert!(matches!(screener.reload(&[]), Err(ListError::None(_))));
    assert!(screener.screen(&query, THRESHOLD).is_none());
}

#[test]
fn lists_are_swapped_whole_while_others_read() {
    let one = folder(&[("own.csv", "id,name\n1,Hortensia Blunderfeld\n")]);
    let two = folder(&[("own.csv", "id,name\n2,Hortensia Blunderfeld\n")]);
    let screener = Arc::new(Screener::new());
    screener.reload(&paths(one.path())).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (screener, stop) = (Arc::clone(&screener), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut read = 0;
                // At least once, however late the thread begins.
                loop {
                    let found = entries(&screener, "Hortensia Blunderfeld");
                    assert!(found == ["user:1"] || found == ["user:2"], "{found:?}");
                    read += 1;
                    if stop.load(Ordering::Relaxed) {
                        return read;
                    }
                }
            })
        })
        .collect();
    for round in 0..40 {
        let from = if round % 2 == 0 { &two } else { &one };
        screener.reload(&paths(from.path())).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
}

#[test]
fn an_exception_holds_for_one_person_and_one_entry_and_says_who_and_why() {
    let folder = all();
    let screener = Screener::new();
    screener.reload(&paths(folder.path())).unwrap();
    let person = Person {
        birth_date: Some(date!(1954 - 10 - 07)),
        country: None,
    };
    let query = Query {
        name: "Quillon Vanterpool".into(),
        kind: Kind::Person,
        person,
    };
    let exception = Exception {
        person: person_key("VANTERPOOL Quillon", query.person.birth_date),
        entry: "ofac_sdn:101".into(),
        time: datetime!(2026-11-21 12:00 UTC),
        user: "reviewer-1".into(),
        note: "another passport, another face".into(),
    };
    let file = folder.path().join("exceptions.jsonl");
    let mut exceptions = Exceptions::read(&file).unwrap();
    assert!(exceptions.is_empty());
    exceptions.add(exception.clone()).unwrap();
    exceptions.write(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.to_lowercase().contains("vanterpool"));
    screener.except(Exceptions::read(&file).unwrap());
    let answer = screener.screen(&query, THRESHOLD).unwrap();
    assert_eq!(answer.hits[0].exception.as_ref(), Some(&exception));
    assert!(answer.is_clear());
    let younger = Query {
        person: Person {
            birth_date: Some(date!(1954 - 10 - 08)),
            country: None,
        },
        ..query
    };
    assert!(!screener.screen(&younger, THRESHOLD).unwrap().is_clear());
    assert!(
        exceptions
            .add(Exception {
                note: " ".into(),
                ..exception.clone()
            })
            .is_err()
    );
    assert!(
        exceptions
            .add(Exception {
                user: String::new(),
                ..exception
            })
            .is_err()
    );
    std::fs::write(&file, "{\n").unwrap();
    assert!(
        Exceptions::read(&file)
            .unwrap_err()
            .to_string()
            .contains(":1:")
    );
}
