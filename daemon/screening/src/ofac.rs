//! `ofac_score`: what OFAC's own search (sanctionssearch.ofac.treas.gov) would say of two names, 0 to 100.
//!
//! OFAC's FAQ 249 states: candidates by first letter and by edit distance; Jaro-Winkler and Soundex; once over the whole
//! names, once part by part, and the higher of the two. What it leaves open was found by comparing with scores that it
//! gave (docs/screening.md has the figures; OpenSanctions published the first three in 2026):
//!
//! - the prefix bonus is given below a Jaro similarity of 0.7 too, as the library SimMetrics does;
//! - parts of one or two letters of the asked name do not count where others do;
//! - a part that meets none well counts 0, and the parts' scores are averaged over the asked name;
//! - the bonus counts up to five letters: `VLADIMIR` and `VLADIMIROV` fit with five, not with Winkler's four;
//! - the whole names are compared without their spaces: a bonus then never counts one, and the window is narrower;
//! - a part meets only parts of its first letter.
//!
//! Other scripts than Latin are not read: OFAC's search answers nothing to them.

/// Letters at the beginning that earn the bonus, and what each earns.
const PREFIX: usize = 5;
const BONUS: f64 = 0.1;
/// A part that meets none as well as this counts nothing.
const FLOOR: f64 = 0.7;
/// Parts as short as this do not count where longer ones are.
const SHORT: usize = 2;

/// The score of an asked name against a listed one.
pub fn score(query: &str, listed: &str) -> f32 {
    let (query, listed) = (Written::new(query), Written::new(listed));
    query.score(&listed)
}

/// A name as OFAC's search compares it: taken apart once where it is compared with many.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    whole: Vec<char>,
    parts: Vec<Vec<char>>,
}

impl Written {
    /// Upper case, without marks, commas, dots and apostrophes; a hyphen parts and stays in the whole, a space parts alone.
    pub fn new(text: &str) -> Self {
        let mut whole = String::new();
        for letter in text.chars().take(crate::names::MOST_CHARS) {
            let latin = u32::from(letter) < 0x0250;
            if letter.is_alphanumeric() && latin {
                whole.push_str(&any_ascii::any_ascii_char(letter).to_ascii_uppercase());
            } else if letter == '-' || letter.is_whitespace() {
                whole.push(if letter == '-' { '-' } else { ' ' });
            }
        }
        let words: Vec<&str> = whole.split_whitespace().collect();
        let parts = words
            .iter()
            .flat_map(|word| word.split('-'))
            .filter(|part| !part.is_empty());
        Self {
            parts: parts.map(|part| part.chars().collect()).collect(),
            whole: words.concat().chars().collect(),
        }
    }

    /// The score of this name, asked, against a listed one.
    pub fn score(&self, listed: &Self) -> f32 {
        if self.parts.is_empty() || listed.parts.is_empty() {
            return 0.0;
        }
        let best = similarity(&self.whole, &listed.whole).max(self.by_parts(listed));
        (best * 100.0).round() as f32
    }

    fn by_parts(&self, listed: &Self) -> f64 {
        let counts = |part: &&Vec<char>| part.len() > SHORT;
        let mut asked: Vec<&Vec<char>> = self.parts.iter().filter(counts).collect();
        if asked.is_empty() {
            asked = self.parts.iter().collect();
        }
        let best = |part: &Vec<char>| {
            let same_first = listed
                .parts
                .iter()
                .filter(|other| other.first() == part.first());
            let best = same_first
                .map(|other| similarity(part, other))
                .fold(0.0, f64::max);
            if best >= FLOOR { best } else { 0.0 }
        };
        asked.iter().map(|part| best(part)).sum::<f64>() / asked.len() as f64
    }
}

/// Jaro's similarity with a bonus for each letter of a common beginning.
fn similarity(one: &[char], other: &[char]) -> f64 {
    let jaro = strsim::generic_jaro(&Letters(one), &Letters(other));
    let prefix = one
        .iter()
        .zip(other)
        .take(PREFIX)
        .take_while(|(one, other)| one == other)
        .count();
    jaro + prefix as f64 * BONUS * (1.0 - jaro)
}

/// Letters in the form that `strsim` takes.
struct Letters<'a>(&'a [char]);

impl<'a> IntoIterator for &'a Letters<'a> {
    type Item = &'a char;
    type IntoIter = std::slice::Iter<'a, char>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_another_order_are_the_same_name() {
        assert_eq!(score("ANNA VONDEL", "VONDEL, Anna"), 100.0);
        assert_eq!(score("Vondel", "VONDEL MARTIN, Anna"), 100.0);
    }

    #[test]
    fn a_part_that_meets_none_halves_the_score_of_two() {
        assert_eq!(score("ANNA QUIST", "BERG, Anna"), 50.0);
    }

    #[test]
    fn spaces_count_for_nothing_in_the_whole() {
        assert_eq!(score("ANNAVONDEL", "ANNA VONDEL"), 100.0);
        assert_eq!(
            score("ANNA QUIST", "ANNA ZOLDO"),
            score("ANNAQUIST", "ANNAZOLDO")
        );
    }

    #[test]
    fn short_parts_do_not_count_and_alone_they_do() {
        assert_eq!(score("J.P. VONDEL", "VONDEL, Anna"), 100.0);
        assert_eq!(score("Q", "BERG Q"), 100.0);
    }

    #[test]
    fn another_script_gives_nothing() {
        assert_eq!(score("Анна", "ANNA"), 0.0);
    }
}
