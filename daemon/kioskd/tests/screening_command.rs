//! `kioskctl screen` and `kioskctl eval screening`, as they are called: by lists and pairs made here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const LIST: &str = "id,name,kind,aliases,birth_date,country\n\
    x1,Hortensia Blunderfeld,person,Tensi Blunderfeld,1970-03-02,SE\n\
    x2,Bramblewick Holding Ltd,organisation,,,\n";

fn kioskctl<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kioskctl"))
        .env_remove("KIOSK_LISTS")
        .args(arguments)
        .output()
        .unwrap()
}

/// Exit status and what was told on standard error.
fn refusal(output: &Output) -> (i32, String) {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("it was not killed"), told)
}

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
        .collect()
}

fn screen(folder: &TempDir, arguments: &[&str]) -> Output {
    let list = file(folder, "own.csv", LIST);
    let mut all: Vec<&OsStr> = vec!["screen".as_ref(), "--json".as_ref(), "--lists".as_ref()];
    all.push(list.as_ref());
    all.extend(arguments.iter().map(OsStr::new));
    kioskctl(all)
}

fn answer(folder: &TempDir, arguments: &[&str]) -> Value {
    let mut lines = lines(&screen(folder, arguments));
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

#[test]
fn a_listed_person_is_found_and_the_answer_says_by_what() {
    let folder = tempfile::tempdir().unwrap();
    let told = answer(
        &folder,
        &[
            "--name",
            "BLUNDERFELD, Hortenzia",
            "--birth-date",
            "1970-03-02",
            "--country",
            "se",
        ],
    );
    assert_eq!(told["name"], "BLUNDERFELD, Hortenzia");
    assert_eq!(
        (&told["birth_date"], &told["country"]),
        (&json!("1970-03-02"), &json!("SWE"))
    );
    assert_eq!(
        (&told["threshold"], &told["clear"]),
        (&json!(65.0), &json!(false))
    );
    assert_eq!(told["lists"][0]["entries"], 2);
    assert_eq!(told["lists"][0]["names"], 3);
    assert_eq!(told["lists"][0]["sha256"].as_str().unwrap().len(), 64);
    let hit = &told["hits"][0];
    assert_eq!(told["hits"].as_array().unwrap().len(), 1);
    assert_eq!(hit["entry"], "user:x1");
    assert_eq!(
        (&hit["main_name"], &hit["kind"]),
        (&json!("Hortensia Blunderfeld"), &json!("person"))
    );
    assert_eq!(
        hit["evidence"],
        json!({"birth_date": "agrees", "country": "agrees"})
    );
    assert_eq!(hit["exception"], Value::Null);
    assert!(hit["score"].as_f64().unwrap() >= 65.0);
    assert!(hit["ofac_score"].as_f64().unwrap() > 90.0);
    let tokens = hit["name_match"]["tokens"].as_array().unwrap();
    let how = |query: &str| tokens.iter().find(|token| token["query"] == query).unwrap();
    assert_eq!(how("blunderfeld")["how"], "same");
    assert_eq!(how("hortenzia")["entry"], "hortensia");
}

#[test]
fn another_date_of_birth_lowers_the_score_and_nobody_s_name_is_clear() {
    let folder = tempfile::tempdir().unwrap();
    let score = |arguments: &[&str]| answer(&folder, arguments)["hits"][0]["score"].as_f64();
    let name = ["--name", "Hortensia Blunderfeld"];
    let alone = score(&name).unwrap();
    let born_elsewhen = score(&[name[0], name[1], "--birth-date", "1991-12-24"]);
    assert!(born_elsewhen.is_none_or(|score| score < alone - 20.0));
    for nobody in ["Petra Halvorsen", "LTD", "Holding"] {
        let told = answer(&folder, &["--name", nobody]);
        assert_eq!(
            (&told["hits"], &told["clear"]),
            (&json!([]), &json!(true)),
            "{nobody}"
        );
    }
}

#[test]
fn an_accepted_exception_is_kept_without_the_name_and_clears_the_next_answer() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("exceptions.jsonl");
    let kept = kept.to_str().unwrap();
    let asked = ["--name", "Hortensia Blunderfeld", "--exceptions", kept];
    std::fs::write(kept, "").unwrap();
    let mut accept = asked.to_vec();
    accept.extend([
        "--accept",
        "user:x1",
        "--user",
        "officer-7",
        "--note",
        "another person",
    ]);
    answer(&folder, &accept);
    let told = answer(&folder, &asked);
    assert_eq!(told["clear"], true);
    assert_eq!(told["hits"][0]["exception"]["user"], "officer-7");
    let text = std::fs::read_to_string(kept).unwrap();
    assert!(!text.to_lowercase().contains("blunderfeld"), "{text}");
}

#[test]
fn without_a_usable_list_it_ends_with_2_and_says_what_to_do() {
    let (status, told) = refusal(&kioskctl(["screen", "--name", "Petra Halvorsen", "--json"]));
    assert_eq!(status, 2);
    assert!(
        told.contains("--lists") && told.contains("KIOSK_LISTS"),
        "{told}"
    );
    let folder = tempfile::tempdir().unwrap();
    let broken = file(
        &folder,
        "own.csv",
        "id,name,kind\nx1,Hortensia Blunderfeld,ghost\n",
    );
    let output = kioskctl([
        OsStr::new("screen"),
        "--name".as_ref(),
        "Petra Halvorsen".as_ref(),
        "--lists".as_ref(),
        broken.as_ref(),
    ]);
    let (status, told) = refusal(&output);
    assert_eq!(status, 2);
    assert!(
        told.contains("own.csv:2:") && told.contains("mend the row"),
        "{told}"
    );
    assert!(!told.contains("Blunderfeld"), "{told}");
}

#[test]
fn unusable_arguments_of_screen_end_with_2_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, remedy) in [
        (vec!["--name=--"], "give the name"),
        (
            vec!["--name", "A B", "--birth-date", "1.2.1970"],
            "YYYY-MM-DD",
        ),
        (vec!["--name", "A B", "--country", "Atlantis"], "ISO 3166-1"),
        (
            vec!["--name", "A B", "--kind", "ghost"],
            "person, organisation and vessel",
        ),
        (
            vec![
                "--name", "A B", "--accept", "user:x1", "--user", "u", "--note", "n",
            ],
            "--exceptions",
        ),
    ] {
        let (status, told) = refusal(&screen(&folder, &arguments));
        assert_eq!(status, 2, "{told}");
        assert!(told.contains(remedy), "{told}");
    }
}

fn eval(folder: &TempDir, pairs: &str) -> Output {
    let pairs = file(folder, "pairs.csv", pairs);
    let words = ["eval", "screening", "--json", "--pairs"].map(OsStr::new);
    kioskctl(words.into_iter().chain([pairs.as_os_str()]))
}

#[test]
fn labelled_pairs_give_a_line_each_and_precision_recall_and_f1() {
    let folder = tempfile::tempdir().unwrap();
    let told = lines(&eval(
        &folder,
        "case,schema,name1,name2,is_match\n\
         a,Person,Hortensia Blunderfeld,\"BLUNDERFELD, Hortensia\",true\n\
         a,Person,Hortensia Blunderfeld,Petra Halvorsen,true\n\
         a,Company,Bramblewick Ltd,Bramblewick Limited,false\n\
         a,Company,Bramblewick Ltd,Ostermoor GmbH,false\n",
    ));
    assert_eq!(told.len(), 5);
    assert_eq!(told[0]["matched"], true);
    assert_eq!(
        (&told[0]["score"], &told[0]["ofac_score"]),
        (&json!(100.0), &json!(100.0))
    );
    assert_eq!(told[1]["unmatched_query"].as_array().unwrap().len(), 2);
    assert_eq!(
        told[4],
        json!({"summary": {
            "pairs": 4, "threshold": 65.0,
            "true_positives": 1, "false_positives": 1, "true_negatives": 1, "false_negatives": 1,
            "precision": 0.5, "recall": 0.5, "f1": 0.5
        }})
    );
}

#[test]
fn scores_of_ofac_s_own_search_are_compared_and_what_it_did_not_return_is_null() {
    let folder = tempfile::tempdir().unwrap();
    let told = lines(&eval(
        &folder,
        "query_name,result_name,ofac_score\n\
         Petra Halvorsen,\"HALVORSEN, Petra\",100\n\
         Petra Halvorsen,\"HALVORSEN, Petra\",90\n\
         Petra Halvorsen,\"QUICK, Budd\",-1\n",
    ));
    assert_eq!(told.len(), 4);
    assert_eq!(
        (&told[0]["ofac_score"], &told[0]["within_5"]),
        (&json!(100.0), &json!(true))
    );
    assert_eq!(
        (&told[1]["difference"], &told[1]["within_5"]),
        (&json!(10.0), &json!(false))
    );
    assert_eq!(
        (&told[2]["expected"], &told[2]["within_5"]),
        (&Value::Null, &json!(true))
    );
    let summary = &told[3]["summary"];
    assert_eq!(
        (&summary["pairs"], &summary["not_returned"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(summary["mean_difference"], 5.0);
    assert!((summary["share_within_5"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
}

#[test]
fn unusable_pairs_end_with_2_and_say_the_header_or_the_line() {
    let folder = tempfile::tempdir().unwrap();
    for (pairs, remedy) in [
        ("one,two\nA,B\n", "schema,name1,name2,is_match"),
        (
            "schema,name1,name2,is_match\nPerson,A,B,perhaps\n",
            "line 2",
        ),
        ("query_name,result_name,ofac_score\nA,B,many\n", "line 2"),
        ("schema,name1,name2,is_match\nPerson,A\n", "header"),
    ] {
        let (status, told) = refusal(&eval(&folder, pairs));
        assert_eq!(status, 2, "{told}");
        assert!(told.contains(remedy), "{told}");
    }
    let missing = ["eval", "screening", "--pairs", "/nowhere/pairs.csv"];
    assert_eq!(refusal(&kioskctl(missing)).0, 2);
}
