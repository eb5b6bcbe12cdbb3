//! Every operation and every field of the five documents, and the test that shows it: `docs/api/coverage.md` is made here.
//!
//! `coverage/*.txt` has what each document shows, read from it once by hand: an operation a line, below it the fields that go `in`
//! and come `out`, and what is `known`, `not-yet`, `cant-know` or `template` with its reason. A field is shown by the first test
//! that names it, or by `published.rs`, which holds answers against these lists; one that no test names and no line excuses fails.
//!
//! `KIOSK_WRITE=1 cargo test -p kiosk-api --test all coverage` writes the page.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A document, its list, and where tests of it stand (below the root).
const DOCUMENTS: [(&str, &str, &[&str]); 5] = [
    (
        "eKYC-Onboarder",
        "onboarder",
        &[
            "daemon/api/tests",
            "daemon/api/tests/common",
            "tests/tests/api.rs",
            "tests/tests/api",
        ],
    ),
    (
        "KYC API 2.10.15",
        "kyc",
        &[
            "daemon/api/tests",
            "daemon/api/tests/common",
            "tests/tests/api.rs",
            "tests/tests/api",
        ],
    ),
    (
        "Kairos",
        "kairos",
        &["daemon/api/tests/kairos.rs", "tests/tests/api.rs"],
    ),
    (
        "Master EKYC",
        "master",
        &[
            "daemon/api/tests",
            "daemon/api/tests/common",
            "tests/tests/api.rs",
            "tests/tests/api",
        ],
    ),
    ("KYConnect", "kyconnect", &["daemon/api/tests/connect.rs"]),
];
const HEAD: &str = "# What is covered

Made by `daemon/api/tests/coverage.rs`, never by hand: every operation and every field of the five published documents, with the test that shows it, or why
there is none: *not yet*, *can't know* (this kiosk has no source for it: present and null, or `unknown`) or *template* (the document's tool put it there).
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A test function: its file, its name, its text.
struct Test {
    file: String,
    name: String,
    text: String,
}

/// Every function of a file with its text: helpers too, since tests show fields through them.
fn functions(path: &Path) -> Vec<Test> {
    let source = std::fs::read_to_string(path).unwrap();
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut found: Vec<Test> = Vec::new();
    for line in source.lines() {
        let named = line.trim_start().split_once("fn ").filter(|(before, _)| {
            !line.starts_with("     ")
                && (before.is_empty() || before.ends_with("async ") || before.ends_with("pub "))
        });
        if let Some((_, rest)) = named {
            let name = rest.split(['(', '<']).next().unwrap().to_owned();
            found.push(Test {
                file: file.clone(),
                name,
                text: String::new(),
            });
        }
        if let Some(test) = found.last_mut() {
            test.text.push_str(line);
            test.text.push('\n');
        }
    }
    found
}

fn tests_in(places: &[&str]) -> Vec<Test> {
    let mut tests = Vec::new();
    for place in places {
        let path = root().join(place);
        if path.is_dir() {
            let mut files: Vec<PathBuf> = std::fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            files.retain(|file| {
                file.extension().is_some_and(|end| end == "rs") && !file.ends_with("coverage.rs")
            });
            files.sort();
            tests.extend(files.iter().flat_map(|file| functions(file)));
        } else if path.is_file() {
            tests.extend(functions(&path));
        }
    }
    tests
}

/// Whether a text has the word, not as a part of a longer one.
fn names(text: &str, word: &str) -> bool {
    let part = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    };
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (
            text[..at].chars().next_back(),
            text[at + word.len()..].chars().next(),
        );
        !part(before) && !part(after)
    })
}

/// A path's longest part before what is named in it.
fn fixed(path: &str) -> &str {
    let end = path.find('{').unwrap_or(path.len());
    path[..end].trim_end_matches('/')
}

/// A path without the mount that a helper of a test puts before it.
fn without_mount(path: &str) -> &str {
    let bare = path.strip_prefix("/api/v1").or(path.strip_prefix("/api"));
    bare.unwrap_or(path)
}

/// What a list says: rows of the page, and what nobody shows.
fn covered(list: &str, tests: &[Test], prefer: &str) -> (String, Vec<String>) {
    let (mut page, mut bare) = (String::new(), Vec::new());
    let mut excused: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for line in list.lines() {
        for (mark, word) in [
            ("not-yet ", "not yet"),
            ("cant-know ", "can't know"),
            ("template ", "template"),
        ] {
            if let Some(rest) = line.strip_prefix(mark) {
                let (fields, why) = rest.split_once(" : ").unwrap_or((rest, ""));
                excused.extend(fields.split_whitespace().map(|field| (field, (word, why))));
            }
        }
    }
    let mut sorted: Vec<&Test> = tests.iter().collect();
    sorted.sort_by_key(|test| !test.file.starts_with(prefer));
    let by_list = |operation: &str| {
        let path = operation.split(' ').nth(1)?;
        let beside = sorted.iter().filter(|test| test.file == "published.rs");
        let found = beside.into_iter().find(|test| {
            test.text.contains(&format!("\"{path}\"")) || test.text.contains(operation)
        });
        found.map(|test| format!("`{}` `{}`", test.file, test.name))
    };
    let shown_by = |operation: &str, word: &str| {
        let found = sorted.iter().find(|test| names(&test.text, word));
        found
            .map(|test| format!("`{}` `{}`", test.file, test.name))
            .or_else(|| by_list(operation))
    };
    let mut operation = String::new();
    for line in list.lines().filter(|line| !line.is_empty()) {
        if let Some(fields) = line
            .trim_start()
            .strip_prefix("in ")
            .or(line.trim_start().strip_prefix("out "))
        {
            let way = if line.trim_start().starts_with("in ") {
                "in"
            } else {
                "out"
            };
            for field in fields.split_whitespace() {
                let shown = match excused.get(field) {
                    Some((word, "")) => format!("*{word}*"),
                    Some((word, why)) => format!("*{word}*: {why}"),
                    None => shown_by(&operation, field).unwrap_or_else(|| {
                        bare.push(format!("{operation}: {field}"));
                        String::new()
                    }),
                };
                writeln!(page, "| | {way} `{field}` | {shown} |").unwrap();
            }
        } else if !["not-yet ", "cant-know ", "template "]
            .iter()
            .any(|mark| line.starts_with(mark))
        {
            operation = line.to_owned();
            let path = line.split(' ').nth(1);
            let shown = match (excused.get(line.replace(' ', "_").as_str()), path) {
                (Some((word, why)), _) => format!("*{word}*: {why}"),
                (None, None) => String::new(),
                (None, Some(path)) => {
                    // A helper may put the mount before a path.
                    let within = format!("\"{}\"", without_mount(fixed(path)));
                    let found = sorted
                        .iter()
                        .find(|test| test.text.contains(fixed(path)) || test.text.contains(&within))
                        .filter(|_| !fixed(path).is_empty());
                    found
                        .map(|test| format!("`{}` `{}`", test.file, test.name))
                        .unwrap_or_else(|| {
                            if fixed(path).len() > 1 {
                                bare.push(operation.clone());
                            }
                            String::new()
                        })
                }
            };
            writeln!(page, "| **{line}** | | {shown} |").unwrap();
        }
    }
    (page, bare)
}

#[test]
fn every_operation_and_field_of_the_documents_is_shown_by_a_test_or_excused_by_name() {
    let mut page = HEAD.to_owned();
    let mut bare = Vec::new();
    for (document, list, places) in DOCUMENTS {
        let path = root()
            .join("daemon/api/tests/coverage")
            .join(format!("{list}.txt"));
        let list_text = std::fs::read_to_string(path).unwrap();
        let (rows, missing) = covered(&list_text, &tests_in(places), list);
        write!(
            page,
            "\n## {document}\n\n| operation | field | shown by |\n|---|---|---|\n{rows}"
        )
        .unwrap();
        bare.extend(missing.into_iter().map(|what| format!("{list}: {what}")));
    }
    assert!(
        bare.is_empty(),
        "no test names these, and no line of coverage/*.txt says why:\n{}",
        bare.join("\n")
    );
    let path = root().join("docs/api/coverage.md");
    if std::env::var_os("KIOSK_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/api/coverage.md is not what the tests show; KIOSK_WRITE=1 makes it anew"
    );
}
