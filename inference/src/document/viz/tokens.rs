//! A printed date's figures, months and marks.

use super::months::months_of;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits.
    Figures(String),
    /// A month's name: the months that it may mean, a bit each.
    Month(u16),
    /// A dot, dash or stroke.
    Mark(char),
}

/// Figures, months and marks; whatever is none of them breaks a date as a mark of its own.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters = with_figures(text);
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let run = |keep: fn(char) -> bool| -> String {
            let kept = characters[at..].iter().take_while(|c| keep(**c));
            kept.collect()
        };
        let figures = run(|c| c.is_ascii_digit());
        let letters = run(char::is_alphabetic);
        if !figures.is_empty() {
            at += figures.len();
            tokens.push(Token::Figures(figures));
        } else if !letters.is_empty() {
            let (token, used) = word(&letters, &characters[at..]);
            at += used;
            tokens.push(token);
        } else {
            if !characters[at].is_whitespace() {
                tokens.push(Token::Mark(characters[at]));
            }
            at += 1;
        }
    }
    tokens
}

/// A month, also with a figure for one of its letters (`N0V`), or something that parts dates.
fn word(letters: &str, rest: &[char]) -> (Token, usize) {
    let months = months_of(letters);
    if months != 0 {
        return (Token::Month(months), letters.chars().count());
    }
    let three: String = rest.iter().take(3).map(|c| letter_like(*c)).collect();
    match months_of(&three) {
        0 => (Token::Mark('?'), letters.chars().count()),
        months => (Token::Month(months), 3),
    }
}

/// The characters, with figures for the letters that stand beside figures and look like them.
fn with_figures(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().collect();
    for at in 0..characters.len() {
        let digit = |place: Option<usize>| {
            place
                .and_then(|place| characters.get(place))
                .is_some_and(char::is_ascii_digit)
        };
        let beside = digit(at.checked_sub(1)) || digit(Some(at + 1));
        let alone = !characters
            .get(at + 1)
            .is_some_and(|next| next.is_alphabetic())
            || digit(at.checked_sub(1)) && digit(Some(at + 1));
        if beside && alone {
            characters[at] = match characters[at] {
                'O' | 'o' => '0',
                'I' | 'l' => '1',
                other => other,
            };
        }
    }
    characters
}

/// The letter that a figure is mistaken for.
const fn letter_like(figure: char) -> char {
    match figure {
        '0' => 'O',
        '1' => 'I',
        '5' => 'S',
        '6' => 'G',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_count_as_what_stands_beside_them() {
        let figures = |text: &str| Token::Figures(text.into());
        assert_eq!(tokens("l2O"), [figures("120")]);
        assert_eq!(
            tokens("19N0V2034"),
            [figures("19"), Token::Month(1 << 11), figures("2034")]
        );
        assert_eq!(tokens("L898902C3")[0], Token::Mark('?'));
    }
}
