//! Bytes to fields.
//!
//! Elements are told by their separators, not by the offsets and lengths of the designators: those
//! are often wrong on cards in use, and a wrong one would cut values. They are checked, and a warning
//! says where they don't fit.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::country::{Country, jurisdiction};
use super::date::Order;
use super::element::{Element, Field, NEWEST_VERSION, elements, nearest};
use super::error::AamvaError;
use super::fields::Fields;
use super::header::{self, Designator, Head};
use super::licence::{Card, Extra, Licence};
use super::names;
use super::value;
use super::warning::{ElementId, Subfile, Warning};

/// The most bytes that are taken. A PDF417 symbol holds 1,850 characters of text (ISO/IEC 15438,
/// 4.1); several linked ones hold more.
pub const MOST_BYTES: usize = 64 << 10;
/// The most warnings that are told.
const MOST_WARNINGS: usize = 64;

/// Reads the bytes of a barcode: UTF-8 where they are that, else ISO 8859-1.
///
/// # Errors
/// [`AamvaError`] where they are no licence of a version that is read. That a value cannot be told is
/// a warning.
pub fn parse(bytes: &[u8]) -> Result<Licence, AamvaError> {
    if bytes.len() > MOST_BYTES {
        return Err(AamvaError::TooLong {
            bytes: bytes.len(),
            limit: MOST_BYTES,
        });
    }
    let text = decoded(bytes);
    let mut strays = Strays::default();
    let head = header::read(&text, &mut |warning| strays.tell(warning))?;
    let version = head.header.version.min(NEWEST_VERSION);
    if head.header.version > NEWEST_VERSION {
        strays.tell(Warning::NewerVersion {
            version: head.header.version,
        });
    }
    if jurisdiction(head.header.issuer).is_none() {
        strays.tell(Warning::UnknownIssuer);
    }
    check_places(bytes, &head.designators, &mut strays);
    let found = tokens(&head, &mut strays);
    let mut reading = Reading::new(version, head.header.issuer, &found.tokens);
    reading.read(&found.tokens, &mut strays);
    if reading.fields.iter().next().is_none() {
        return Err(AamvaError::Empty);
    }
    let present: Vec<&str> = found.tokens.iter().map(|token| token.id.as_str()).collect();
    for element in elements(version).filter(|element| element.is_demanded(found.card)) {
        if !present.contains(&element.id)
            && let Some(id) = ElementId::at(element.id)
        {
            strays.tell(Warning::Missing { id });
        }
    }
    names::part(&mut reading.fields, head.header.issuer, &mut |warning| {
        strays.tell(warning);
    });
    Ok(Licence {
        header: head.header,
        card: found.card,
        fields: reading.fields,
        jurisdictions_own: found.own,
        unread: reading.unread,
        warnings: strays.0,
    })
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|&byte| char::from(byte)).collect(),
        Cow::Borrowed,
    )
}

/// Warnings, each once.
#[derive(Default)]
struct Strays(Vec<Warning>);

impl Strays {
    fn tell(&mut self, warning: Warning) {
        if self.0.len() < MOST_WARNINGS {
            if !self.0.contains(&warning) {
                self.0.push(warning);
            }
        } else if self.0.last() != Some(&Warning::More) {
            self.0.push(Warning::More);
        }
    }
}

/// Warns of subfiles that don't lie where their designators say: after a separator or the header's
/// last digit, and up to a segment's end.
fn check_places(bytes: &[u8], designators: &[Designator], strays: &mut Strays) {
    let start = bytes.iter().position(|&byte| byte == b'@').unwrap_or(0);
    let before = |place: usize| place.checked_sub(1).and_then(|place| bytes.get(place));
    for designator in designators {
        let Some((offset, length)) = designator.place else {
            continue;
        };
        let (from, to) = (start + offset, start + offset + length);
        let begins = before(from).is_some_and(|byte| !byte.is_ascii_uppercase());
        let ends = to == bytes.len() || before(to) == Some(&b'\r');
        if length == 0 || to > bytes.len() || !begins || !ends {
            let subfile = designator.subfile;
            strays.tell(Warning::SubfilePlace { subfile });
        }
    }
}

/// An element as it stands.
struct Token<'a> {
    subfile: Subfile,
    id: ElementId,
    text: &'a str,
}

/// Elements as they stand.
struct Found<'a> {
    card: Option<Card>,
    tokens: Vec<Token<'a>>,
    own: Vec<Extra>,
}

const LICENCE: Subfile = Subfile(*b"DL");
const IDENTITY_CARD: Subfile = Subfile(*b"ID");

/// Goes through the text between separators.
fn tokens<'a>(head: &Head<'a>, strays: &mut Strays) -> Found<'a> {
    let mut names: Vec<Subfile> = head.designators.iter().map(|d| d.subfile).collect();
    if names.is_empty() {
        names = vec![LICENCE, IDENTITY_CARD];
    }
    let mut current = head
        .designators
        .first()
        .map(|designator| designator.subfile);
    let mut begun: Vec<Subfile> = Vec::new();
    let (mut tokens, mut own) = (Vec::new(), Vec::new());
    let separators = ['\n', '\r', '\u{1c}', '\u{1d}', '\u{1e}'];
    for segment in head.body.split(separators) {
        let mut rest = segment.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if let Some(name) = names
            .iter()
            .find(|name| !begun.contains(name) && begins(rest, name))
        {
            (current, rest) = (Some(*name), &rest[2..]);
            begun.push(*name);
            if !name.is_jurisdictions_own() && begins(rest, name) && rest.len() > 2 {
                strays.tell(Warning::SubfileName { subfile: *name });
                rest = &rest[2..];
            }
        }
        if rest.is_empty() {
            continue;
        }
        let Some(id) = ElementId::at(rest) else {
            strays.tell(Warning::StrayText);
            continue;
        };
        let text = rest[3..].trim();
        let named = Subfile::at(rest).filter(Subfile::is_jurisdictions_own);
        let subfile = named.or(current).unwrap_or(LICENCE);
        if named.is_some() {
            own.push(Extra {
                subfile,
                id,
                text: text.to_owned(),
            });
            continue;
        }
        if !subfile.is_jurisdictions_own() && !begun.contains(&subfile) {
            begun.push(subfile);
            strays.tell(Warning::SubfileName { subfile });
        }
        tokens.push(Token { subfile, id, text });
    }
    let card = |name: &Subfile| match *name {
        LICENCE => Some(Card::DrivingLicence),
        IDENTITY_CARD => Some(Card::IdentityCard),
        _ => None,
    };
    let designated = head.designators.iter().map(|designator| designator.subfile);
    let card = designated.chain(begun).find_map(|name| card(&name));
    Found { card, tokens, own }
}

/// Whether the text begins a subfile of that name: the name alone, or followed by an element that may
/// stand in it.
fn begins(text: &str, name: &Subfile) -> bool {
    let Some(rest) = text.strip_prefix(name.as_str()) else {
        return false;
    };
    if rest.is_empty() || name.is_jurisdictions_own() {
        return rest.is_empty() || rest.starts_with(name.as_str());
    }
    let twice = rest.strip_prefix(name.as_str()).unwrap_or(rest);
    [rest, twice]
        .iter()
        .any(|rest| rest.starts_with(['D', 'P']) && ElementId::at(rest).is_some_and(is_known))
}

fn is_known(id: ElementId) -> bool {
    nearest(id.as_str(), NEWEST_VERSION).is_some()
}

/// Elements becoming fields.
struct Reading {
    version: u8,
    order: Order,
    fields: Fields,
    unread: Vec<Extra>,
    /// Fields that the version's own element has and that could not be told: another version's
    /// element must not stand in for it.
    lost: Vec<Field>,
}

impl Reading {
    fn new(version: u8, issuer: u32, tokens: &[Token<'_>]) -> Self {
        let told = tokens
            .iter()
            .find(|token| token.id.as_str() == "DCG")
            .and_then(|token| Country::by_code(token.text));
        let country = told.or_else(|| jurisdiction(issuer).map(|issuer| issuer.country));
        Self {
            version,
            order: Order::expected(version, country),
            fields: Fields::default(),
            unread: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// The version's own elements first: one of another version never takes their place.
    fn read(&mut self, tokens: &[Token<'_>], strays: &mut Strays) {
        let mut by_id: BTreeMap<ElementId, Vec<&Token<'_>>> = BTreeMap::new();
        for token in tokens.iter().filter(|token| !token.text.is_empty()) {
            by_id.entry(token.id).or_default().push(token);
        }
        let mut of_others = Vec::new();
        for (id, said) in &by_id {
            let known = nearest(id.as_str(), self.version);
            if said.iter().any(|token| token.text != said[0].text) {
                strays.tell(Warning::Conflict { id: *id });
                self.lost.extend(known.map(|element| element.field));
                said.iter().for_each(|token| self.leave(token));
                continue;
            }
            if said.len() > 1 {
                strays.tell(Warning::Repeated { id: *id });
            }
            match known {
                None => {
                    strays.tell(Warning::UnknownElement { id: *id });
                    self.leave(said[0]);
                }
                Some(element) if element.is_in(self.version) => {
                    self.take(element, said[0], strays);
                }
                Some(element) => of_others.push((element, said[0])),
            }
        }
        for (element, token) in of_others {
            strays.tell(Warning::OtherVersion { id: token.id });
            if self.fields.get(element.field).is_none() && !self.lost.contains(&element.field) {
                self.take(element, token, strays);
            } else {
                self.leave(token);
            }
        }
    }

    fn take(&mut self, element: &Element, token: &Token<'_>, strays: &mut Strays) {
        match value::read(element, token.text, self.version, self.order) {
            Some(read) => {
                if read.unusual {
                    strays.tell(Warning::Unusual { id: token.id });
                }
                self.fields.set(element.field, read.value);
            }
            None => {
                strays.tell(Warning::Unreadable { id: token.id });
                self.lost.push(element.field);
                self.leave(token);
            }
        }
    }

    fn leave(&mut self, token: &Token<'_>) {
        self.unread.push(Extra {
            subfile: token.subfile,
            id: token.id,
            text: token.text.to_owned(),
        });
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
