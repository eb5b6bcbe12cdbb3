//! Names of the months in the languages that identity documents print.

use super::fold::base;

/// Every month, as bits 1 to 12.
pub(super) const EVERY_MONTH: u16 = 0b1_1111_1111_1110;

/// Beginnings of months' names without marks, in lower case, by month. English, French, Spanish,
/// Portuguese, Italian, German, Dutch, the Nordic, Baltic and Slavic languages with Latin letters,
/// Romanian, Hungarian, Turkish, Albanian and Estonian. A text means a month where one of the two
/// begins with the other; one that fits several (`jui`, `lis`) means any of them.
#[rustfmt::skip]
const NAMES: [&[&str]; 12] = [
    &["january", "janvier", "janv", "enero", "ene", "janeiro", "gennaio", "gen", "januar", "januari", "styczen", "sty", "leden", "led", "sijecanj", "sij", "ianuarie", "ian", "ocak", "oca", "tammikuu", "tam", "jaanuar", "jaan", "sausis", "sau", "janvaris"],
    &["february", "fevrier", "fev", "febrero", "fevereiro", "febbraio", "februar", "februari", "luty", "lut", "unor", "uno", "veljaca", "velj", "vel", "februarie", "subat", "sub", "helmikuu", "hel", "veebruar", "veebr", "vee", "vasaris", "vas", "februaris", "shkurt", "shk"],
    &["march", "mars", "marzo", "marco", "marz", "mrz", "maerz", "maart", "mrt", "marzec", "brezen", "bre", "ozujak", "ozu", "martie", "mart", "marcius", "maaliskuu", "maa", "marts", "kovas", "kov"],
    &["april", "avril", "avr", "abril", "abr", "aprile", "kwiecien", "kwi", "duben", "dub", "travanj", "tra", "aprilie", "nisan", "nis", "huhtikuu", "huh", "aprill", "balandis", "bal", "aprilis", "prill", "pri"],
    &["may", "mai", "mayo", "maio", "maggio", "mag", "mei", "maj", "kveten", "kve", "svibanj", "svi", "mayis", "toukokuu", "tou", "geguze", "geg", "maijs", "majus"],
    &["june", "juin", "jui", "junio", "junho", "giugno", "giu", "juni", "czerwiec", "cze", "cerven", "cer", "lipanj", "lip", "iunie", "iun", "haziran", "haz", "kesakuu", "kes", "juuni", "birzelis", "bir", "junijs", "junius", "junij", "qershor", "qer"],
    &["july", "juillet", "juil", "jui", "julio", "julho", "luglio", "lug", "juli", "lipiec", "lip", "cervenec", "cer", "srpanj", "srp", "iulie", "iul", "temmuz", "tem", "heinakuu", "hei", "juuli", "liepa", "lie", "julijs", "julius", "julij", "korrik", "korr"],
    &["august", "aout", "aou", "agosto", "ago", "augustus", "sierpien", "sie", "srpen", "srp", "kolovoz", "kol", "agustos", "agu", "elokuu", "elo", "rugpjutis", "rgp", "augusts", "augusztus", "avgust", "avg", "gusht", "gus"],
    &["september", "septembre", "sept", "septiembre", "sep", "setembro", "set", "settembre", "wrzesien", "wrz", "zari", "zar", "rujan", "ruj", "septembrie", "eylul", "eyl", "syyskuu", "syy", "rugsejis", "rgs", "septembris", "szeptember", "szept", "sze", "shtator", "sht"],
    &["october", "octobre", "octubre", "outubro", "out", "ottobre", "ott", "oktober", "okt", "pazdziernik", "paz", "rijen", "rij", "listopad", "lis", "octombrie", "ekim", "eki", "lokakuu", "lok", "oktoober", "spalis", "spa", "oktobris", "tetor", "tet"],
    &["november", "novembre", "noviembre", "novembro", "listopad", "lis", "studeni", "stu", "noiembrie", "noi", "kasim", "kas", "lapkritis", "lap", "novembris", "nentor", "nen"],
    &["december", "decembre", "diciembre", "dic", "dezembro", "dez", "dicembre", "dezember", "desember", "des", "grudzien", "gru", "prosinec", "pro", "prosinac", "decembrie", "aralik", "ara", "joulukuu", "jou", "detsember", "dets", "det", "gruodis", "grd", "decembris", "dhjetor", "dhj"],
];

/// The shortest abbreviation.
const SHORTEST: usize = 3;

/// The months that a word may mean, a bit each (bit 1 is January); 0 where it means none.
pub(super) fn months_of(word: &str) -> u16 {
    let word: String = word.chars().filter_map(base).collect();
    if word.len() < SHORTEST {
        return 0;
    }
    let mut months = 0;
    for (index, names) in NAMES.iter().enumerate() {
        let means = |name: &&str| name.starts_with(word.as_str()) || word == **name;
        if names.iter().any(means) {
            months |= 1 << (index + 1);
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_and_whole_names_mean_their_months() {
        for (word, month) in [
            ("AUG", 8),
            ("AOÛT", 8),
            ("AOUT", 8),
            ("Okt", 10),
            ("DEZ", 12),
            ("DES", 12),
            ("MAÍ", 5),
            ("MÁR", 3),
            ("PAŹ", 10),
            ("EKİ", 10),
            ("Février", 2),
            ("juillet", 7),
            ("JUN", 6),
        ] {
            assert_eq!(months_of(word), 1 << month, "{word}");
        }
    }

    #[test]
    fn a_name_of_two_months_means_both() {
        assert_eq!(months_of("LISTOPAD"), 1 << 10 | 1 << 11);
        assert_eq!(months_of("JUI"), 1 << 6 | 1 << 7);
    }

    #[test]
    fn other_words_mean_none() {
        for word in ["UTO", "AN", "ANNA", "ERIKSSON", "MARIA", ""] {
            assert_eq!(months_of(word), 0, "{word}");
        }
    }
}
