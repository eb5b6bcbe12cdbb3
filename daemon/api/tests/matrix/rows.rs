//! A row of the matrix, how it is asked, and what holds of every dialect alike.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use super::common::{self, Answer, Caller, Part};

/// The name of a thing that never was.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Headers that say who calls.
pub type Headers = Vec<(&'static str, String)>;

/// What an operation is about, and by that what another tenant is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// It asks for no credential, and why.
    Public(&'static str),
    /// One thing of that kind, by its name: to another tenant there is none.
    One(&'static str),
    /// All of a kind: another tenant is answered as if this one had none.
    All,
    /// The caller's own, or something that it makes: it names nothing that is anybody's.
    Own,
}

/// What is sent.
pub struct Sent {
    query: String,
    kind: Option<String>,
    bytes: Vec<u8>,
}

pub fn nothing(_: &str) -> Sent {
    Sent {
        query: String::new(),
        kind: None,
        bytes: Vec::new(),
    }
}

pub fn json(body: &Value) -> Sent {
    Sent {
        kind: Some("application/json".into()),
        bytes: body.to_string().into_bytes(),
        ..nothing("")
    }
}

pub fn form(parts: &[Part<'_>]) -> Sent {
    Sent {
        kind: Some(format!(
            "multipart/form-data; boundary={}",
            common::BOUNDARY
        )),
        bytes: common::form(parts),
        ..nothing("")
    }
}

pub fn query(text: String) -> Sent {
    Sent {
        query: text,
        ..nothing("")
    }
}

/// An operation.
pub struct Row {
    /// Method and path, as the dialect's document writes it.
    pub operation: &'static str,
    /// What a credential has to have, in the dialect's words.
    pub needs: &'static [&'static str],
    pub about: About,
    /// What is sent, of the thing of that name.
    pub body: fn(&str) -> Sent,
}

pub const fn row(
    operation: &'static str,
    needs: &'static [&'static str],
    about: About,
    body: fn(&str) -> Sent,
) -> Row {
    Row {
        operation,
        needs,
        about,
        body,
    }
}

impl Row {
    pub fn method(&self) -> &'static str {
        self.operation.split_once(' ').unwrap().0
    }

    pub fn path(&self) -> &'static str {
        self.operation.split_once(' ').unwrap().1
    }

    pub const fn is_public(&self) -> bool {
        matches!(self.about, About::Public(_))
    }

    pub const fn kind(&self) -> Option<&'static str> {
        match self.about {
            About::One(kind) => Some(kind),
            _ => None,
        }
    }

    /// Asks it about the thing of that name.
    pub async fn ask(&self, caller: &Caller, id: &str, who: &Headers) -> Answer {
        let sent = (self.body)(id);
        let path = self.path();
        let path = match (path.find('{'), path.find('}')) {
            (Some(from), Some(to)) => format!("{}{id}{}", &path[..from], &path[to + 1..]),
            _ => path.to_owned(),
        };
        let request = Request::builder()
            .method(self.method())
            .uri(format!("{path}{}", sent.query));
        let request = sent.kind.iter().fold(request, |request, kind| {
            request.header("Content-Type", kind)
        });
        let request = who.iter().fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        caller
            .send(request.body(Body::from(sent.bytes)).unwrap())
            .await
    }
}

/// A credential that does not do.
pub struct Wrong {
    pub what: &'static str,
    pub headers: Headers,
    pub status: u16,
    pub code: &'static str,
}

pub fn wrong(what: &'static str, headers: Headers, status: u16, code: &'static str) -> Wrong {
    Wrong {
        what,
        headers,
        status,
        code,
    }
}

/// Status and code of an answer in the dialect's form; fails where it has another.
pub type Form = fn(&Answer) -> (u16, String);

/// A kiosk with one tenant's things in it, as a dialect sees it.
pub struct Stage {
    pub caller: Caller,
    pub form: Form,
    /// The right credential.
    pub right: Headers,
    /// Another tenant's, which may do everything.
    pub foreign: Headers,
    /// Names of the first tenant's things, by their kind.
    pub things: BTreeMap<&'static str, String>,
    /// What is answered where there is no such thing, by its kind.
    pub unknown: BTreeMap<&'static str, &'static str>,
}

impl Stage {
    /// The name of the tenant's thing that a row is about.
    pub fn thing(&self, row: &Row) -> &str {
        row.kind().map_or(NOBODY, |kind| {
            self.things
                .get(kind)
                .unwrap_or_else(|| panic!("no {kind} for {}", row.operation))
        })
    }

    /// Each row answers each of these credentials as it says: in form, alike for a thing that is there and one that never was, and
    /// alike for all with one code.
    pub async fn refuses(&self, rows: &[Row], wrong: impl Fn(&Row) -> Vec<Wrong>) -> usize {
        let mut tried = 0;
        for row in rows.iter().filter(|row| !row.is_public()) {
            let mut told: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
            for one in wrong(row) {
                let what = format!("{} with {}", row.operation, one.what);
                for id in [self.thing(row), NOBODY] {
                    let answer = row.ask(&self.caller, id, &one.headers).await;
                    let got = (self.form)(&answer);
                    assert_eq!(got, (one.status, one.code.to_owned()), "{what}");
                    let first = told.entry(one.code).or_insert_with(|| answer.bytes.clone());
                    assert_eq!(*first, answer.bytes, "{what}: the text tells more");
                    tried += 1;
                }
            }
        }
        tried
    }

    /// To another tenant the things of the first are as if they never were; to the first they are there.
    pub async fn keeps_apart(&self, rows: &[Row]) -> usize {
        let mut tried = 0;
        for row in rows {
            let Some(kind) = row.kind() else { continue };
            let unknown = (404, self.unknown[kind].to_owned());
            let theirs = row.ask(&self.caller, self.thing(row), &self.foreign).await;
            let never = row.ask(&self.caller, NOBODY, &self.foreign).await;
            assert_eq!((self.form)(&theirs), unknown, "{}", row.operation);
            assert_eq!((self.form)(&never), unknown, "{}", row.operation);
            assert_eq!(theirs.bytes, never.bytes, "{}", row.operation);
            tried += 1;
        }
        tried
    }

    /// The right credential is let in and finds its things, so that what is refused above is refused for who asks. Rows that erase
    /// stand last.
    pub async fn lets_in(&self, rows: &[Row]) {
        let there = |row: &&Row| row.kind().is_none() || self.thing(row) != NOBODY;
        for row in rows.iter().filter(|row| !row.is_public()).filter(there) {
            let answer = row.ask(&self.caller, self.thing(row), &self.right).await;
            let status = answer.status.as_u16();
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            // A password that is asked for once more stands in the body.
            let own = answer
                .headers
                .get("x-error-code")
                .map(|code| code.as_bytes());
            let let_in = own == Some(b"CREDENTIALS_WRONG");
            assert!(
                let_in || (status < 500 && ![401, 403, 404, 405, 415].contains(&status)),
                "{}: {status} {text}",
                row.operation
            );
        }
    }

    /// What another tenant is answered of all that it may list.
    pub async fn lists(&self, rows: &[Row], who: &Headers) -> BTreeMap<&'static str, Vec<u8>> {
        let mut answers = BTreeMap::new();
        for row in rows.iter().filter(|row| row.about == About::All) {
            let answer = row.ask(&self.caller, NOBODY, who).await;
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert_eq!(answer.status.as_u16(), 200, "{}: {text}", row.operation);
            answers.insert(row.operation, answer.bytes);
        }
        answers
    }
}

/// Rows that have a credential to refuse.
pub fn guarded(rows: &[Row]) -> usize {
    rows.iter().filter(|row| !row.is_public()).count()
}

/// An error's code by the header that every dialect has.
pub fn code(answer: &Answer) -> String {
    assert_eq!(answer.headers["content-type"], "application/json");
    answer.headers["x-error-code"].to_str().unwrap().to_owned()
}
