//! How people and their document's names are written for readers.

use kiosk_session::DocumentFields;

/// Given names, as people write them; `None` where none were read.
pub(crate) fn given_names(fields: &DocumentFields) -> Option<String> {
    written(&[fields.secondary_identifier.reveal()])
}

/// Family names, as people write them; `None` where none were read.
pub(crate) fn family_names(fields: &DocumentFields) -> Option<String> {
    written(&[fields.primary_identifier.reveal()])
}

/// Given names, then family names, as people write them; `None` where neither was read.
pub(crate) fn full_name(fields: &DocumentFields) -> Option<String> {
    written(&[
        fields.secondary_identifier.reveal(),
        fields.primary_identifier.reveal(),
    ])
}

fn written(parts: &[&String]) -> Option<String> {
    let words: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.split_whitespace())
        .collect();
    (!words.is_empty()).then(|| title_case(&words.join(" ")))
}

/// The MRZ has capitals only: a letter stays one after a space, a hyphen or an apostrophe.
fn title_case(name: &str) -> String {
    let mut begins = true;
    let mut cased = String::with_capacity(name.len());
    for letter in name.chars() {
        if begins {
            cased.extend(letter.to_uppercase());
        } else {
            cased.extend(letter.to_lowercase());
        }
        begins = matches!(letter, ' ' | '-' | '\'');
    }
    cased
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_people_write_it() {
        assert_eq!(title_case("JOHN SMITH"), "John Smith");
        assert_eq!(title_case("ANNE-MARIE O'NEIL"), "Anne-Marie O'Neil");
        assert_eq!(title_case("ÅSA ÖBERG"), "Åsa Öberg");
    }
}
