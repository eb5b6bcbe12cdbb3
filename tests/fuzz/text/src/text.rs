//! What the fuzz targets for text do with their bytes. The targets and a plain test of the house include this file, so
//! that both run the same; `document` is the house's module of that name.
//!
//! They return where the bytes are refused and panic where a promise is broken.

use super::document::aamva;
use super::document::mrz::{MrzFields, Sex, encode, parse, transliterations};

/// Text that is longer than any MRZ by far; the rest is not looked at.
const MOST_TEXT: usize = 4096;

/// MRZ text: parsed or refused; what is parsed and can be written again reads as the same fields.
pub fn mrz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]);
    if let Ok(ways) = transliterations(&text, "name") {
        for written in ways {
            assert!(written.chars().all(|c| c.is_ascii_uppercase() || c == '<'));
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let Ok(mrz) = parse(&lines) else {
        return;
    };
    let Ok(again) = encode(mrz.format, &mrz.fields) else {
        return;
    };
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let Ok(second) = parse(&again) else {
        panic!("what was written does not parse: {again:?}");
    };
    assert!(second.check_digits.all_right(), "{again:?}");
    let names = &second.fields.names;
    let cut = names.maybe_truncated
        && names.may_be(&mrz.fields.names.primary, &mrz.fields.names.secondary);
    let mut first = mrz.fields;
    if cut {
        // Written with its proper fillers, the name no longer fitted.
        first.names = names.clone();
    }
    assert!(comparable(second.fields) == comparable(first), "{again:?}");
}

/// Fields without what an MRZ cannot tell apart: an unknown sex, and whether a name was cut.
fn comparable(mut fields: MrzFields) -> MrzFields {
    fields.sex = fields.sex.or(Some(Sex::Unspecified));
    fields.names.maybe_truncated = false;
    fields
}

/// An AAMVA record: parsed or refused; what is parsed and can be written again reads as the same.
pub fn aamva(bytes: &[u8]) {
    let Ok(licence) = aamva::parse(bytes) else {
        return;
    };
    let Ok(again) = aamva::encode(&licence) else {
        return;
    };
    let Ok(second) = aamva::parse(&again) else {
        panic!("what was written does not parse");
    };
    assert!(second.header == licence.header, "another header");
    assert!(second.card == licence.card, "another kind of card");
    assert!(second.fields == licence.fields, "other fields");
}
