//! Country codes: ISO 3166-1 alpha-2 or alpha-3 in, ICAO's code out.

use celes::Country;

/// Codes of ICAO 9303-3, section 5, that ISO 3166-1 does not have: organisations, persons without a
/// nationality, kinds of British nationality, and Utopia for specimens.
const ICAO_ONLY: [&str; 25] = [
    "UTO", "EUE", "UNO", "UNA", "UNK", "XBA", "XIM", "XCC", "XCE", "XCO", "XEC", "XPO", "XOM",
    "XMP", "XXA", "XXB", "XXC", "XXX", "GBD", "GBN", "GBO", "GBP", "GBS", "RKS", "XDC",
];
/// The two codes that differ: Germany's, and Kosovo's.
const DIFFERENT: [(&str, &str); 2] = [("DEU", "D"), ("XKX", "RKS")];

/// The issuing state as the machine-readable zone writes it; `None` for what is no code.
pub(crate) fn icao(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    if code == "D" || ICAO_ONLY.contains(&code.as_str()) {
        return Some(code);
    }
    let country = match code.len() {
        2 => Country::from_alpha2(&code).ok()?,
        3 => Country::from_alpha3(&code).ok()?,
        _ => return None,
    };
    let different = DIFFERENT.iter().find(|(iso, _)| *iso == country.alpha3);
    Some(
        different
            .map_or(country.alpha3, |(_, icao)| icao)
            .to_owned(),
    )
}

/// A nationality in three letters, where the zone writes fewer; `None` where it was not read.
pub(crate) fn three_letters(icao: &str) -> Option<String> {
    match icao {
        "" => None,
        "D" => Some("DEU".into()),
        other => Some(other.to_owned()),
    }
}

/// The country of ISO 3166-1 behind a code of the zone; `None` for organisations, Utopia and what is no code.
pub(crate) fn of_icao(icao: &str) -> Option<Country> {
    let differs = DIFFERENT.iter().find(|(_, zone)| *zone == icao);
    Country::from_alpha3(differs.map_or(icao, |(iso, _)| iso)).ok()
}

/// The name of the state or organisation behind a code of the zone; `None` where it is not known here.
pub(crate) fn name_of(icao: &str) -> Option<String> {
    match icao {
        "UTO" => Some("Utopia".into()),
        "EUE" => Some("European Union".into()),
        "UNO" | "UNA" => Some("United Nations".into()),
        "XXA" => Some("Stateless".into()),
        "GBD" | "GBN" | "GBO" | "GBP" | "GBS" => name_of("GBR"),
        "RKS" => Some("Kosovo".into()),
        _ => of_icao(icao).map(|country| country.long_name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lengths_of_a_code_name_the_issuing_state() {
        assert_eq!(icao("US").as_deref(), Some("USA"));
        assert_eq!(icao("usa").as_deref(), Some("USA"));
        assert_eq!(icao("gb").as_deref(), Some("GBR"));
    }

    #[test]
    fn icao_has_codes_of_its_own() {
        for (code, expected) in [
            ("DE", "D"),
            ("DEU", "D"),
            ("D", "D"),
            ("XK", "RKS"),
            ("UTO", "UTO"),
        ] {
            assert_eq!(icao(code).as_deref(), Some(expected));
        }
        assert_eq!(three_letters("D").as_deref(), Some("DEU"));
    }

    #[test]
    fn a_code_of_the_zone_names_its_state() {
        assert_eq!(of_icao("D").map(|country| country.alpha2), Some("DE"));
        assert_eq!(of_icao("UTO"), None);
        assert_eq!(name_of("UTO").as_deref(), Some("Utopia"));
        assert!(name_of("D").is_some_and(|name| name.contains("Germany")));
        assert_eq!(name_of("ZZZ"), None);
    }

    #[test]
    fn what_is_no_code_is_none() {
        for code in ["", "U", "ZZ", "ZZZ", "USAA", "12", "Ü"] {
            assert_eq!(icao(code), None, "{code}");
        }
    }
}
