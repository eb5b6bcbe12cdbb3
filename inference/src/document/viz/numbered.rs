//! Licences that name their fields by numbers: `1.`, `2.`, `3.`, `4a.`, `4b.`, `5.`, `8.`, `9.`
//!
//! ISO/IEC 18013-1 numbers a licence's fields so that they are understood in every language, and Europe's licences
//! print nothing else (Directive 2006/126/EC, annex I). AAMVA's card design takes the numbers over but for two: `4d`
//! is the licence's number and `5` the card's own, which the others have the other way round. A page is taken for
//! one of them where `4a` or `4b` stands on it and three numbers in all.

use super::dates::{DateOrder, dates_in};
use super::labels::{FieldName, Label, Named};
use super::line::{VizLine, VizWord};

/// Numbers on a page that make it a numbered one.
const LEAST: usize = 3;
/// Words and numbers that AAMVA's licences alone print beside their values.
const AAMVA: [&str; 6] = ["DLN", "DL", "DD", "ISS", "EXP", "DOB"];
const AAMVA_NUMBERS: [&str; 5] = ["15", "16", "17", "18", "19"];

/// The numbers of a page, as they are understood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbered {
    aamva: bool,
    /// Where the address begins, from above: numbers without a dot below it are a house's.
    address_y: f32,
}

/// A number at the beginning of a word.
struct Tag {
    /// In small letters.
    number: String,
    /// Followed by a dot, or with a letter: no house has such a number.
    plain: bool,
    /// What is glued to it.
    rest: String,
}

impl Tag {
    fn of(word: &str) -> Option<Self> {
        let word = word.trim_start_matches('(');
        let figures = word.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=2).contains(&figures) || word.starts_with('0') {
            return None;
        }
        let letter = word[figures..].starts_with(['a', 'b', 'c', 'd', 'A', 'B', 'C', 'D']);
        let end = figures + usize::from(letter);
        let number = word[..end].to_ascii_lowercase();
        let rest = word[end..].trim_start_matches(['.', ')', ':']).to_owned();
        let dotted = word.len() > end + rest.len();
        let glued_date = !dates_in(&rest, DateOrder::Unknown).is_empty();
        let figures_follow = rest.starts_with(|c: char| c.is_ascii_digit());
        let whole = rest.is_empty() || (dotted && (!figures_follow || letter || glued_date));
        (whole && (letter || !rest.contains('.') || glued_date)).then_some(Self {
            number,
            plain: dotted || letter,
            rest,
        })
    }
}

/// What the page's numbers are; `None` where it is no numbered licence.
pub(super) fn numbered(columns: &[VizLine]) -> Option<Numbered> {
    let mut seen: Vec<String> = Vec::new();
    let (mut aamva, mut address_y) = (false, f32::INFINITY);
    for column in columns {
        aamva |= column
            .words
            .iter()
            .any(|word| AAMVA.contains(&word.text.trim_end_matches([':', '.'])));
        let Some(tag) = column.words.first().and_then(|word| Tag::of(&word.text)) else {
            continue;
        };
        aamva |= AAMVA_NUMBERS.contains(&tag.number.as_str());
        if tag.number == "8" {
            address_y = address_y.min(column.middle_y());
        }
        let counts = ["1", "2", "3", "4a", "4b", "5", "8"].contains(&tag.number.as_str());
        if counts && !seen.contains(&tag.number) {
            seen.push(tag.number);
        }
    }
    let dated = seen.iter().any(|number| number == "4a" || number == "4b");
    (dated && seen.len() >= LEAST).then_some(Numbered { aamva, address_y })
}

impl Numbered {
    /// The part with a number that is glued to its value parted from it.
    pub fn parted(&self, line: VizLine) -> VizLine {
        let Some(first) = line.words.first() else {
            return line;
        };
        let Some(tag) = Tag::of(&first.text).filter(|tag| !tag.rest.is_empty()) else {
            return line;
        };
        let letters = first.text.chars().count().max(1) as f32;
        let share = 1.0 - tag.rest.chars().count() as f32 / letters;
        let border = first.left + (first.right - first.left) * share;
        let label = VizWord {
            text: first.text[..first.text.len() - tag.rest.len()].to_owned(),
            right: border,
            ..first.clone()
        };
        let value = VizWord {
            text: tag.rest,
            left: border,
            ..first.clone()
        };
        let words = [label, value]
            .into_iter()
            .chain(line.words[1..].iter().cloned());
        line.of_words(words.collect()).unwrap_or(line)
    }

    /// The label that the part begins with.
    pub fn label(&self, line: &VizLine) -> Option<Label> {
        let tag = Tag::of(&line.words.first()?.text)?;
        let named = self.named(&tag.number)?;
        let house = !tag.plain && (named == Named::Other || line.middle_y() > self.address_y);
        (!house && tag.rest.is_empty()).then_some(Label {
            named,
            words: 1,
            doubt: 0.0,
        })
    }

    fn named(&self, number: &str) -> Option<Named> {
        let field = match (number, self.aamva) {
            ("1", _) => FieldName::Surname,
            ("2", _) => FieldName::GivenNames,
            ("3", _) => FieldName::BirthDate,
            ("4a", _) => FieldName::IssueDate,
            ("4b", _) => FieldName::ExpiryDate,
            ("4c", _) => FieldName::Authority,
            ("4d", true) | ("5", false) => FieldName::DocumentNumber,
            ("4d", false) => FieldName::PersonalNumber,
            ("8", _) => FieldName::Address,
            _ => {
                let known = number.trim_end_matches('a').parse::<u8>();
                return known
                    .is_ok_and(|known| (5..=20).contains(&known))
                    .then_some(Named::Other);
            }
        };
        Some(Named::Field(field))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::{VizField, fields, parts};
    use super::super::labels::Dictionary;
    use super::super::line::tests::line;
    use super::*;
    use FieldName as F;

    fn read(rows: &[&str]) -> Vec<VizField> {
        let lines: Vec<VizLine> = rows
            .iter()
            .zip(0..)
            .map(|(row, place)| line(row, 300.0, 100.0 + 40.0 * place as f32))
            .collect();
        fields(&parts(&lines, &Dictionary::new()), DateOrder::Unknown)
    }

    fn text(fields: &[VizField], name: FieldName) -> Option<&str> {
        let field = fields.iter().find(|field| field.name == name)?;
        Some(field.text.as_str())
    }

    #[test]
    fn a_licence_with_numbers_alone_gives_its_fields() {
        let fields = read(&[
            "1. ERIKSSON",
            "2. ANNA MARIA",
            "3. 12.08.1974 ZENITH",
            "4a. 21.11.2024 4c. UTOPIA",
            "4b.19.11.2034",
            "5. L898902C3",
            "8. 12 HIGH STREET",
            "9. AM B",
        ]);
        assert_eq!(text(&fields, F::Surname), Some("ERIKSSON"));
        assert_eq!(text(&fields, F::GivenNames), Some("ANNA MARIA"));
        assert!(
            text(&fields, F::BirthDate)
                .unwrap()
                .starts_with("12.08.1974")
        );
        assert!(
            text(&fields, F::IssueDate)
                .unwrap()
                .starts_with("21.11.2024")
        );
        assert_eq!(text(&fields, F::ExpiryDate), Some("19.11.2034"));
        assert_eq!(text(&fields, F::DocumentNumber), Some("L898902C3"));
        assert!(
            text(&fields, F::Address)
                .unwrap()
                .starts_with("12 HIGH STREET")
        );
    }

    #[test]
    fn numbers_glued_to_their_values_are_parted_from_them() {
        let fields = read(&[
            "1.ERIKSSON",
            "2.ANNA",
            "3.12.08.1974",
            "4a.21.11.2024",
            "5.L898902C3",
        ]);
        assert_eq!(text(&fields, F::Surname), Some("ERIKSSON"));
        assert_eq!(text(&fields, F::BirthDate), Some("12.08.1974"));
        assert_eq!(text(&fields, F::DocumentNumber), Some("L898902C3"));
    }

    #[test]
    fn north_american_licences_have_their_number_under_4d() {
        let fields = read(&[
            "4d DLN X98765432",
            "1 WASHBURN",
            "2 PAULA MAY",
            "8 123 EXAMPLE STREET",
            "3 DOB 02/29/1984",
            "4a ISS 12/10/2023",
            "4b EXP 12/10/2031",
            "15 SEX F",
            "5 DD 0123456789",
        ]);
        assert_eq!(text(&fields, F::DocumentNumber), Some("X98765432"));
        assert_eq!(text(&fields, F::Surname), Some("WASHBURN"));
        assert_eq!(text(&fields, F::GivenNames), Some("PAULA MAY"));
        assert_eq!(text(&fields, F::ExpiryDate), Some("12/10/2031"));
        assert_eq!(text(&fields, F::Sex), Some("F"));
    }

    #[test]
    fn a_page_without_those_numbers_keeps_its_figures_as_values() {
        let of = |rows: &[&str]| {
            let lines: Vec<VizLine> = rows.iter().map(|row| line(row, 0.0, 0.0)).collect();
            numbered(&lines)
        };
        assert_eq!(of(&["12 AUG 1974", "3 HIGH STREET", "1", "ERIKSSON"]), None);
        assert_eq!(
            of(&["1. ERIKSSON", "2. ANNA", "3. 12.08.1974"]),
            None,
            "neither 4a nor 4b"
        );
        assert!(of(&["1. ERIKSSON", "2. ANNA", "4b. 19.11.2034"]).is_some());
    }

    #[test]
    fn days_and_houses_are_no_numbers() {
        for word in [
            "01.02.2030",
            "3.05.2030",
            "12.08.1974",
            "123",
            "0",
            "1974",
            "A1",
        ] {
            assert!(Tag::of(word).is_none(), "{word}");
        }
        let scheme = Numbered {
            aamva: true,
            address_y: 100.0,
        };
        assert_eq!(scheme.label(&line("2 OAK STREET", 0.0, 140.0)), None);
    }
}
