//! What a partner says of an applicant. It lies in the session's sealed log and goes with it.
//!
//! What was said first stands in the session's metadata (so other dialects show it), what was said later in a note, and which
//! addresses proved to be theirs in another.

use kiosk_session::{Note, Redacted, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime};

use crate::courier::Channel;
use crate::web::fields::{Fields, text};
use crate::web::problem::Problem;

/// Its name in the metadata, and the note's.
const APPLICANT: &str = "applicant";
/// Note of the addresses that a code came back from.
const VERIFIED: &str = "otp";
/// Longest name, in characters.
const LONGEST_NAME: usize = 256;
/// Longest address that mail can have (RFC 5321, section 4.5.3.1.3, without its brackets).
const LONGEST_EMAIL: usize = 254;
/// E.164: at most 15 digits; the shortest in use have 7.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// The fields; absent is what was not said.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Personal {
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone_number: Option<String>,
    pub(super) date_of_birth: Option<String>,
}

impl Personal {
    /// What a session says of its applicant; nothing where another dialect began it.
    pub(super) fn of(state: &State) -> Self {
        let Some(case) = state.case() else {
            return Self::default();
        };
        if let Some(note) = case.notes.get(APPLICANT) {
            return serde_json::from_str(note.reveal()).unwrap_or_default();
        }
        let said: Option<Value> = case
            .opening
            .metadata
            .as_ref()
            .and_then(|text| serde_json::from_str(text.reveal()).ok());
        let said = said.and_then(|said| said.get(APPLICANT).cloned());
        said.and_then(|said| serde_json::from_value(said).ok())
            .unwrap_or_default()
    }

    /// What a body says; a field that it does not have stays as it was, one that is null goes.
    pub(super) fn told(mut self, body: &Fields, today: Date) -> Result<Self, Problem> {
        for (name, place) in [
            ("first_name", &mut self.first_name),
            ("last_name", &mut self.last_name),
        ] {
            replace(body, name, place, |body| text(body, name, LONGEST_NAME))?;
        }
        replace(body, "email", &mut self.email, email)?;
        replace(body, "phone_number", &mut self.phone_number, phone_number)?;
        replace(body, "date_of_birth", &mut self.date_of_birth, |body| {
            birthday(body, today)
        })?;
        Ok(self)
    }

    /// As a new session's metadata.
    pub(super) fn metadata(&self) -> Redacted<String> {
        Redacted::new(json!({ APPLICANT: self }).to_string())
    }

    /// As a note of a session that stands.
    pub(super) fn note(&self) -> Note {
        Note {
            name: APPLICANT.to_owned(),
            text: Redacted::new(json!(self).to_string()),
        }
    }

    /// Where the applicant is reached by that channel.
    pub(super) fn address(&self, channel: Channel) -> Option<&String> {
        match channel {
            Channel::Email => self.email.as_ref(),
            Channel::Sms => self.phone_number.as_ref(),
        }
    }
}

fn replace(
    body: &Fields,
    name: &str,
    place: &mut Option<String>,
    read: impl Fn(&Fields) -> Result<Option<String>, Problem>,
) -> Result<(), Problem> {
    if body.contains_key(name) {
        *place = read(body)?;
    }
    Ok(())
}

/// One `@` with something on both sides and nothing that could begin another line or address; whether it is one, its server says.
fn email(body: &Fields) -> Result<Option<String>, Problem> {
    let read = text(body, "email", LONGEST_EMAIL)?;
    let fits = |text: &String| {
        let odd = |letter: char| {
            letter.is_whitespace() || letter.is_control() || "<>,;:\"\\()[]".contains(letter)
        };
        let parts = text.split_once('@');
        parts.is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(odd)
        })
    };
    match read {
        Some(text) if !fits(&text) => Err(Problem::validation(
            "Field `email` has to be an e-mail address, e.g. name@example.com",
        )),
        read => Ok(read),
    }
}

fn phone_number(body: &Fields) -> Result<Option<String>, Problem> {
    let read = text(body, "phone_number", 1 + DIGITS.end())?;
    let fits = |text: &String| {
        let digits = text.strip_prefix('+');
        digits.is_some_and(|digits| {
            DIGITS.contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.starts_with('0')
        })
    };
    match read {
        Some(text) if !fits(&text) => Err(Problem::validation(
            "Field `phone_number` has to be written as E.164 does, e.g. +4722000000",
        )),
        read => Ok(read),
    }
}

fn birthday(body: &Fields, today: Date) -> Result<Option<String>, Problem> {
    let read = text(body, "date_of_birth", 10)?;
    let fits = |text: &String| {
        let date = Date::parse(text, &Iso8601::DATE);
        date.is_ok_and(|date| date <= today && date.to_string() == *text)
    };
    match read {
        Some(text) if !fits(&text) => Err(Problem::validation(
            "Field `date_of_birth` has to be a day that was, as YYYY-MM-DD",
        )),
        read => Ok(read),
    }
}

/// An address that proved to be the applicant's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Proof {
    address: String,
    at: String,
}

/// The addresses that a code came back from.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Verified {
    email: Option<Proof>,
    sms: Option<Proof>,
}

impl Verified {
    /// What the session's note says.
    pub(super) fn of(state: &State) -> Self {
        let note = state.case().and_then(|case| case.notes.get(VERIFIED));
        note.and_then(|text| serde_json::from_str(text.reveal()).ok())
            .unwrap_or_default()
    }

    /// When the applicant's present address of that channel proved to be theirs; a proof of a former one counts no more.
    pub(super) fn at(&self, channel: Channel, personal: &Personal) -> Option<&str> {
        let proof = match channel {
            Channel::Email => self.email.as_ref(),
            Channel::Sms => self.sms.as_ref(),
        };
        proof
            .filter(|proof| personal.address(channel) == Some(&proof.address))
            .map(|proof| proof.at.as_str())
    }

    /// Whether any present address is proved.
    pub(super) fn any(&self, personal: &Personal) -> bool {
        let mut channels = Channel::NAMED.into_iter();
        channels.any(|(_, channel)| self.at(channel, personal).is_some())
    }

    /// The same with one more proof.
    pub(super) fn with(
        mut self,
        channel: Channel,
        address: &Redacted<String>,
        at: OffsetDateTime,
    ) -> Self {
        let at = at.replace_nanosecond(0).unwrap_or(at);
        let proof = Some(Proof {
            address: address.reveal().clone(),
            at: at.format(&Rfc3339).unwrap_or_default(),
        });
        match channel {
            Channel::Email => self.email = proof,
            Channel::Sms => self.sms = proof,
        }
        self
    }

    /// As a note.
    pub(super) fn note(&self) -> Note {
        Note {
            name: VERIFIED.to_owned(),
            text: Redacted::new(json!(self).to_string()),
        }
    }
}
