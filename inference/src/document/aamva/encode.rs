//! Fields to bytes, as the version asks: for specimens and tests.

use super::date::Order;
use super::element::elements;
use super::error::EncodeError;
use super::fields::Value;
use super::licence::{Card, Extra, Licence};
use super::names;
use super::value;
use super::warning::Subfile;

/// Writes header, card, fields and the jurisdiction's own elements; warnings and unread elements
/// don't count. Bytes are ISO 8859-1.
///
/// # Errors
/// [`EncodeError`] where the version is none, demands what is not there, has no element for a field, or
/// cannot hold a value so that it is read back the same.
pub fn encode(licence: &Licence) -> Result<Vec<u8>, EncodeError> {
    let head = head(licence)?;
    let name = match licence.card.ok_or(EncodeError::Card)? {
        Card::DrivingLicence => "DL",
        Card::IdentityCard => "ID",
    };
    let mut subfiles = vec![(name.to_owned(), subfile(name, &own_elements(licence)?))];
    for (name, extras) in jurisdictions_own(&licence.jurisdictions_own) {
        let lines = extras
            .into_iter()
            .map(extra_line)
            .collect::<Result<Vec<_>, _>>()?;
        subfiles.push((name.as_str().to_owned(), subfile(name.as_str(), &lines)));
    }
    // The count and ten bytes a designator stand between the header's numbers and the first subfile.
    let mut offset = head.len() + 2 + 10 * subfiles.len();
    let mut text = format!("{head}{:02}", subfiles.len());
    for (name, body) in &subfiles {
        let length = body.chars().count();
        if offset + length > 9_999 {
            return Err(EncodeError::TooLong { bytes: length });
        }
        text.push_str(&format!("{name}{offset:04}{length:04}"));
        offset += length;
    }
    subfiles.iter().for_each(|(_, body)| text.push_str(body));
    // Every character was checked to be one of ISO 8859-1.
    Ok(text.chars().map(|character| character as u8).collect())
}

fn head(licence: &Licence) -> Result<String, EncodeError> {
    let header = &licence.header;
    let version = header.version;
    if !(1..=super::NEWEST_VERSION).contains(&version) {
        return Err(EncodeError::Version { version });
    }
    let jurisdictions = match (version, header.jurisdiction_version) {
        (1, None) => String::new(),
        (2.., Some(number)) if number < 100 => format!("{number:02}"),
        _ => return Err(EncodeError::Header),
    };
    if header.issuer > 999_999 {
        return Err(EncodeError::Header);
    }
    Ok(format!(
        "@\n\u{1e}\rANSI {:06}{version:02}{jurisdictions}",
        header.issuer
    ))
}

fn subfile(name: &str, lines: &[String]) -> String {
    format!("{name}{}\r", lines.join("\n"))
}

/// The card's elements, in the order of the version.
fn own_elements(licence: &Licence) -> Result<Vec<String>, EncodeError> {
    let (version, fields) = (licence.header.version, &licence.fields);
    let order = Order::expected(version, licence.country());
    // What a whole name gives anyway is not written again.
    let parts = names::parts(fields, licence.header.issuer, &mut |_| {});
    let is_part = |field, value: &Value| {
        parts
            .iter()
            .any(|(part, text)| *part == field && matches!(value, Value::Text(own) if own == text))
    };
    for (field, value) in fields.iter() {
        if !elements(version).any(|element| element.field == field) && !is_part(field, value) {
            return Err(EncodeError::NoPlace { field });
        }
    }
    let mut lines = Vec::new();
    for element in elements(version) {
        let id = element.id;
        match fields.get(element.field) {
            None if element.is_demanded(licence.card) => return Err(EncodeError::Missing { id }),
            None => {}
            Some(value) if is_part(element.field, value) => {}
            Some(value) => {
                let text = value::write(element, value, version, order);
                lines.push(format!("{id}{}", text.ok_or(EncodeError::Value { id })?));
            }
        }
    }
    Ok(lines)
}

/// Elements by subfile, in the order in which subfiles first stand.
fn jurisdictions_own(extras: &[Extra]) -> Vec<(Subfile, Vec<&Extra>)> {
    let mut subfiles: Vec<(Subfile, Vec<&Extra>)> = Vec::new();
    for extra in extras {
        match subfiles.iter_mut().find(|(name, _)| *name == extra.subfile) {
            Some((_, members)) => members.push(extra),
            None => subfiles.push((extra.subfile, vec![extra])),
        }
    }
    subfiles
}

fn extra_line(extra: &Extra) -> Result<String, EncodeError> {
    let named = extra.subfile.is_jurisdictions_own()
        && extra.id.as_str().starts_with(extra.subfile.as_str());
    let writable = extra.text.chars().all(value::is_writable) && extra.text.trim() == extra.text;
    if !named || !writable {
        return Err(EncodeError::Extra);
    }
    Ok(format!("{}{}", extra.id, extra.text))
}

#[cfg(test)]
mod tests {
    use super::super::{ElementId, Field, Fields, Header, parse};
    use super::*;

    fn virginia(version: u8) -> Licence {
        let text = "@\n\x1e\rANSI 636000100001DL00310242DLDAQT64235789\nDCSSAMPLE\nDDEN\nDACMICHAEL\n\
            DDFN\nDADJOHN\nDDGN\nDCAD\nDCBK\nDCDPH\nDBD06062019\nDBB06061986\nDBA12102024\nDBC1\n\
            DAU068 in\nDAYBRO\nDAG2300 WEST BROAD STREET\nDAIRICHMOND\nDAJVA\nDAK232690000\n\
            DCF2424244747474786102204\nDCGUSA\r";
        let mut licence = parse(text.as_bytes()).unwrap();
        licence.header.version = version;
        licence
    }

    #[test]
    fn what_was_read_is_written_again() {
        let licence = virginia(10);
        let again = parse(&encode(&licence).unwrap()).unwrap();
        assert_eq!(again.warnings, []);
        assert!(again.fields == licence.fields);
    }

    #[test]
    fn what_cannot_be_written_is_refused_by_name() {
        let refused = |change: fn(&mut Licence)| {
            let mut licence = virginia(10);
            change(&mut licence);
            encode(&licence)
        };
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            refused(|l| l.header.version = 12),
            Err(EncodeError::Version { version: 12 })
        );
        assert_eq!(refused(|l| l.header.version = 1), Err(EncodeError::Header));
        assert_eq!(refused(|l| l.card = None), Err(EncodeError::Card));
        assert_eq!(
            refused(|l| drop(l.fields.remove(Field::LicenceNumber))),
            Err(EncodeError::Missing { id: "DAQ" })
        );
        assert_eq!(
            refused(|l| drop(l.fields.set(Field::Commercial, Value::Flag(true)))),
            Err(EncodeError::NoPlace {
                field: Field::Commercial
            })
        );
        for unwritable in ["", " A", "A\n", "NONE", "漢", "A VERY LONG NAME OF A CITY"] {
            let mut licence = virginia(10);
            licence.fields.set(Field::City, text(unwritable));
            assert_eq!(
                encode(&licence),
                Err(EncodeError::Value { id: "DAI" }),
                "{unwritable:?}"
            );
        }
        let mut licence = virginia(10);
        licence.jurisdictions_own.push(Extra {
            subfile: Subfile::at("ZV").unwrap(),
            id: ElementId::at("DAQ").unwrap(),
            text: "1".into(),
        });
        assert_eq!(encode(&licence), Err(EncodeError::Extra));
    }

    #[test]
    fn designators_tell_where_subfiles_lie() {
        let licence = Licence {
            header: Header {
                issuer: 636_000,
                version: 10,
                jurisdiction_version: Some(1),
            },
            fields: Fields::default(),
            ..virginia(10)
        };
        let mut licence = Licence {
            fields: virginia(10).fields,
            ..licence
        };
        licence.jurisdictions_own.push(Extra {
            subfile: Subfile::at("ZV").unwrap(),
            id: ElementId::at("ZVA").unwrap(),
            text: "01".into(),
        });
        let bytes = encode(&licence).unwrap();
        let number = |at: usize| -> usize {
            std::str::from_utf8(&bytes[at..at + 4])
                .unwrap()
                .parse()
                .unwrap()
        };
        assert_eq!(&bytes[21..23], b"DL");
        assert_eq!(&bytes[number(23)..number(23) + 2], b"DL");
        assert_eq!(&bytes[number(33)..], b"ZVZVA01\r");
        assert_eq!(number(33) + number(37), bytes.len());
    }
}
