//! The words by which documents name their fields, and how a line is known for one.
//!
//! English, French and Spanish labels are those of ICAO 9303-3, 3.5 and 9303-4, 4.1; the others are
//! what identity documents of the states that write in Latin letters print beside them. Numbers
//! before a label (`4b.`, `01`) and its further languages after a stroke don't matter: one part that
//! is known names the field.

use super::fold::{distance, squash};
use super::line::{VizLine, VizWord, joined};

/// A field of a visual zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FieldName {
    /// Primary identifier.
    Surname,
    /// Secondary identifier.
    GivenNames,
    /// Both in one.
    FullName,
    /// The document's number.
    DocumentNumber,
    /// Nationality.
    Nationality,
    /// Date of birth.
    BirthDate,
    /// Sex.
    Sex,
    /// Place of birth.
    BirthPlace,
    /// Date of issue.
    IssueDate,
    /// Date of expiry.
    ExpiryDate,
    /// Who issued it.
    Authority,
    /// Where the holder lives.
    Address,
    /// The holder's number with the state.
    PersonalNumber,
}

/// What a label names: a field, or something that is read over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Field(FieldName),
    Other,
}

use FieldName as F;

#[rustfmt::skip]
const FIELDS: &[(FieldName, &[&str])] = &[
    (F::Surname, &[
        "surname", "surnames", "last name", "family name", "primary identifier", "identifiant primaire", "nom", "nom de famille",
        "apellidos", "apellido", "primer apellido", "sobrenome", "apelido", "apelidos", "cognome", "nachname", "familienname",
        "naam", "achternaam", "nazwisko", "prijmeni", "priezvisko", "prezime", "priimek", "nume", "csaladi nev",
        "vezeteknev", "efternamn", "etternavn", "efternavn", "sukunimi", "kenninafn", "soyadi", "perekonnanimi", "uzvards",
        "pavarde", "mbiemri", "cognom", "cognoms", "kunjomok", "nazwisko / surname", "LN",
    ]),
    (F::GivenNames, &[
        "given names", "given name", "first name", "first names", "forename", "forenames", "given name s", "secondary identifier",
        "identifiant secondaire", "prenom", "prenoms", "nombre", "nombres", "nome", "nomes", "nomi", "vorname", "vornamen",
        "voornaam", "voornamen", "imie", "imiona", "jmeno", "jmena", "meno", "ime", "prenume", "utonev", "utonevek",
        "keresztnev", "fornamn", "fornavn", "fornavne", "etunimet", "etunimi", "eiginnafn", "eiginnofn", "adi", "eesnimi", "eesnimed",
        "vards", "vardi", "vardas", "vardai", "emri", "emrat", "nom s", "FN",
    ]),
    (F::FullName, &[
        "full name", "name", "names", "nom et prenoms", "nom prenom", "name of bearer", "apellidos y nombres", "nama", "surname and given names",
        "surname given names", "surname name", "surname names", "nom et prenom", "name in full", "holder name",
    ]),
    (F::DocumentNumber, &[
        "passport no", "passport number", "document no", "document number", "number", "card no", "card number", "identity card no",
        "no du passeport", "n de passeport", "no de passeport", "n du passeport", "numero de passeport", "n passeport", "numero de document", "n de document", "n document", "doc no", "no du document",
        "pasaporte no", "n de pasaporte", "numero de pasaporte", "no de pasaporte", "num soporte", "passaporte n", "passaporto n", "passaporto no",
        "numero do passaporte", "passnummer", "pass nr", "reisepass nr", "ausweisnummer", "nummer", "seriennummer", "documentnummer", "paspoortnummer", "dokumentnummer",
        "numer paszportu", "nr paszportu", "nr dowodu", "cislo pasu", "cislo dokladu", "cislo dokumentu", "br putovnice", "broj putovnice", "broj pasosa", "stevilka",
        "stevilka potnega lista", "nr pasaport", "pasaport no", "utlevel szama", "okmanyazonosito", "passnr", "pasnr", "passi number", "passin numero",
        "vegabref nr", "dokumendi number", "pases nr", "paso nr", "visa no", "visa number", "licence no", "license no", "licence number", "license number",
        "dl no", "driver license no", "nr", "cedula no", "numero", "n document no", "ins a", "uscis", "seria nr", "DL", "DLN", "LIC NO",
    ]),
    (F::Nationality, &[
        "nationality", "nationalite", "nacionalidad", "nacionalidade", "nazionalita", "cittadinanza", "staatsangehorigkeit", "nationaliteit",
        "obywatelstwo", "narodowosc", "statni obcanstvi", "statne obcianstvo", "obcanstvi", "drzavljanstvo", "cetatenia", "cetatenie", "nationalitate",
        "allampolgarsag", "nationalitet", "medborgarskap", "statsborgerskap", "kansalaisuus", "rikisfang", "rikisborgararettur", "uyrugu", "kodakondsus",
        "pilsoniba", "valstybiska piliakalbos", "pilietybe", "shtetesia", "citizenship",
    ]),
    (F::BirthDate, &[
        "date of birth", "birth", "birthdate", "birth date", "born", "date de naissance", "naissance", "ne e le", "fecha de nacimiento", "fecha nacimiento", "data de nascimento",
        "data di nascita", "geburtsdatum", "geburtstag", "geboortedatum", "data urodzenia", "datum narozeni", "datum narodenia", "datum rodenja",
        "datum rodjenja", "datum rojstva", "data nasterii", "szuletesi ido", "szuletesi datum", "fodelsedatum", "fodselsdato", "syntymaaika",
        "faedingardagur", "dogum tarihi", "sunniaeg", "sunnikuupaev", "dzimsanas datums", "gimimo data", "datelindja", "fodt", "fodselsdatum", "date of birth and place", "DOB",
    ]),
    (F::Sex, &[
        "sex", "sexe", "sexo", "sesso", "geschlecht", "geslacht", "plec", "pohlavi", "pohlavie", "spol", "sexul", 
        "neme", "kjonn", "sukupuoli", "kyn", "cinsiyet", "cinsiyeti", "sugu", "dzimums", "lytis", "gjinia", "gender",
    ]),
    (F::BirthPlace, &[
        "place of birth", "lieu de naissance", "lieu", "lugar de nacimiento", "local de nascimento", "naturalidade", "luogo di nascita", "geburtsort",
        "geboorteplaats", "miejsce urodzenia", "misto narozeni", "miesto narodenia", "mjesto rodenja", "kraj rojstva", "mesto rodjenja", "locul nasterii", "loc nastere",
        "szuletesi hely", "fodelseort", "fodested", "syntymapaikka", "faedingarstadur", "dogum yeri", "sunnikoht", "dzimsanas vieta", "gimimo vieta", "vendlindja",
        "country of birth",
    ]),
    (F::IssueDate, &[
        "date of issue", "issued", "issue date", "date issued", "issued on", "date de delivrance", "delivre le", "fecha de expedicion", "fecha de emision", "data de emissao",
        "data di rilascio", "data de expedicao", "ausstellungsdatum", "ausgestellt am", "datum van afgifte", "afgegeven op", "data wydania", "datum vydani", "datum vydania",
        "datum izdavanja", "datum izdaje", "data eliberarii", "data emiterii", "kiallitas datuma", "kiallitas kelte", "utfardandedatum", "utstedt", "utstedelsesdato", "udstedelsesdato",
        "myontamispaiva", "utgafudagur", "verilis tarihi", "duzenleme tarihi", "valjaandmise kuupaev", "valja antud", "izdosanas datums", "isdavimo data", "data e leshimit", "resident since", "ISS",
    ]),
    (F::ExpiryDate, &[
        "date of expiry", "date of expiration", "expiry", "expiry date", "expiration date", "expires", "expires on", "card expires", "valid until", "valid to", "valid thru", "validity",
        "date d expiration", "expire le", "valable jusqu au", "valide jusqu au", "date d expiration de validite", "fecha de caducidad", "fecha de vencimiento", "valido hasta", "validez", "valida hasta", "data de validade", "valido ate",
        "data di scadenza", "scadenza", "gultig bis", "geldig tot", "datum waarop geldigheid eindigt", "data waznosci", "termin waznosci", "wazny do", "platnost do", "platny do", "datum platnosti", "konec platnosti", "datum skoncenia platnosti", "datum isteka", "vrijedi do", "datum isteka valjanosti",
        "valjanost", "velja do", "datum prenehanja veljavnosti", "data expirarii", "valabil pana la", "valabilitate", "ervenyesseg", "lejarat", "lejarati ido", "ervenyessegi ido", "lejarat datuma", "ervenyes", "sista giltighetsdag", "giltigt till", "utloper", "gyldig til", "utlopsdato",
        "viimeinen voimassaolopaiva", "voimassa", "gildir til", "gecerlilik tarihi", "son gecerlilik", "kehtiv kuni", "deriga lidz", "derigs lidz", "galioja iki", "data e skadimit", "EXP",
    ]),
    (F::Authority, &[
        "authority", "issuing authority", "autorite", "autoridad", "autoridade", "autorita", "behorde", "ausstellende behorde", "autoriteit", "instantie", "organ wydajacy", "organ wydajacy dokument",
        "vydal", "pas vydal", "vydal urad", "izdan od", "tijelo izdavanja", "izdalo", "izdao", "autoritatea", "emisa de", "eliberat de", "kiallito hatosag", "hatosag", "myndighet", "utfardande myndighet",
        "viranomainen", "utgefid af", "veren makam", "verilis makam", "valjaandja", "izdevejiestade", "isdave", "isdavusi istaiga", "autoriteti", "issued by", "issuing office", "delivre par", "delivree par", "expedido por", "ausgestellt von", "place of issue", "issued in", "lieu de delivrance",
    ]),
    (F::Address, &[
        "address", "adresse", "domicile", "domicilio", "direccion", "residence", "residenza", "indirizzo", "endereco", "morada", "anschrift", "wohnort", "adres", "adres zameldowania",
        "trvaly pobyt", "prebivaliste", "prebyvaliste", "domiciliu", "lakcim", "lakohely", "adress", "osoite", "heimili", "elukoht", "dzivesvieta", "gyvenamoji vieta", "adresa", "permanent address", "ADD",
    ]),
    (F::PersonalNumber, &[
        "personal no", "personal number", "n personnel", "no personnel", "numero personnel", "numero personal", "personal id", "personal code", "identity no", "id no", "national id", "pesel", "rodne cislo", "oib", "emso", "jmbg", "cnp",
        "personnummer", "henkilotunnus", "kennitala", "t c kimlik no", "isikukood", "personas kods", "asmens kodas", "numri personal", "bsn", "burgerservicenummer", "persoonsnummer", "szemelyi azonosito", "codice fiscale", "codigo personal", "dni", "nie",
    ]),
];

/// Labels of what is not looked for: known, so that they are not taken for values.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "type", "tipo", "typ", "vrsta", "tip", "tips", "tegund", "type type", "type type type", "country code", "code of state", "code of issuing state", "issuing state", "state", "etat", "code", "code du pays", "kod", "kood",
    "codigo", "codice", "code de l etat emetteur", "pays code", "signature", "holder s signature", "signature of bearer", "signature of holder", "signature du titulaire", "firma", "unterschrift", "handtekening", "podpis", "alairas", "height", "taille", "estatura",
    "statura", "grosse", "lengte", "wzrost", "vyska", "visina", "eyes", "eye colour", "colour of eyes", "couleur des yeux", "augenfarbe", "hair", "weight", "wgt", "hgt", "class", "category", "restrictions",
    "rest", "end", "endorsements", "passport", "passeport", "pasaporte", "reisepass", "identity card", "carte d identite", "personalausweis", "visa", "visa type", "type of visa", "number of entries", "entries",
    "duration of stay", "from", "remarks", "remarques", "observations", "name at birth", "birth name", "nom de naissance", "geburtsname", "maiden name", "szuletesi nev", "parents name", "father s name", "mother s name",
    "noms des parents", "religious name or pseudonym", "religious name", "blood group", "valid for", "donor", "veteran", "country", "pays", "place and date",
    "specimen", "muster", "sample", "document type",
];

/// Labels are this many letters at most over the longest known one: longer lines are text.
const LONGEST: usize = 44;

/// Figures in a label at most, less the number before it: `(1)` at its end, or a misread letter.
const MOST_FIGURES: usize = 2;

/// Labels known, folded for comparison.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// Folded label, whether it is an abbreviation that has to stand alone, and what it names.
    entries: Vec<(String, bool, Named)>,
}

/// A label that was found at the beginning of a line's part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Label {
    pub named: Named,
    /// How many of the part's words belong to it.
    pub words: usize,
    /// Edits from the known label, over its length: 0 is exact.
    pub doubt: f32,
}

impl Dictionary {
    pub fn new() -> Self {
        let entry = |text: &&str, named| {
            let short = text.chars().any(|c| c.is_ascii_uppercase());
            (squash(text), short, named)
        };
        let fields = FIELDS.iter().flat_map(|(field, texts)| {
            texts
                .iter()
                .map(move |text| entry(text, Named::Field(*field)))
        });
        let others = OTHERS.iter().map(|text| entry(text, Named::Other));
        Self {
            entries: fields.chain(others).collect(),
        }
    }

    /// Whether the part is a label, wholly or with its value after it.
    pub fn label(&self, part: &VizLine) -> Option<Label> {
        let words = &part.words;
        let whole = joined(words);
        if may_be_label(&whole)
            && let Some((named, doubt)) = self.whole(&whole)
        {
            return Some(Label {
                named,
                words: words.len(),
                doubt,
            });
        }
        self.leading(words)
    }

    /// A text that is a label in one or more languages: any part between strokes that is known. Of
    /// several the most certain stands, of those the longest; one of a field before one of none.
    fn whole(&self, text: &str) -> Option<(Named, f32)> {
        let pieces = text
            .split(['/', '|', '·', '(', ')', ':', ';'])
            .map(|piece| squash(strip_number(piece)))
            .filter(|piece| piece.len() >= 2);
        let mut best: Option<(bool, f32, usize, Named)> = None;
        for piece in pieces.chain(std::iter::once(squash(strip_number(text)))) {
            let Some((named, doubt)) = self.nearest(&piece, false) else {
                continue;
            };
            let merit = (named != Named::Other, -doubt, piece.len());
            if best
                .as_ref()
                .is_none_or(|(field, other, length, _)| merit > (*field, -*other, *length))
            {
                best = Some((merit.0, doubt, piece.len(), named));
            }
        }
        best.map(|(_, doubt, _, named)| (named, doubt))
    }

    /// A label whose value follows on the same line: the longest run of first words that is known
    /// letter for letter.
    fn leading(&self, words: &[VizWord]) -> Option<Label> {
        (1..words.len()).rev().find_map(|count| {
            let text = joined(&words[..count]);
            let clean = strip_number(text.trim_end_matches([':', '.', '#']));
            let mut pieces = clean.split('/').map(squash);
            // The last piece has to be a label itself: a value may hold a stroke too.
            let last = pieces.next_back().filter(|piece| piece.len() >= 2)?;
            let (named, doubt) = self.nearest(&last, true)?;
            let known = doubt == 0.0 && named != Named::Other;
            known.then_some(Label {
                named,
                words: count,
                doubt,
            })
        })
    }

    /// The nearest label; abbreviations count only where a value follows, and letter for letter.
    fn nearest(&self, piece: &str, leads: bool) -> Option<(Named, f32)> {
        let mut best: Option<(f32, Named)> = None;
        for (label, short, named) in &self.entries {
            let allowed = if *short { 0 } else { allowed(label.len()) };
            if (*short && !leads && piece.len() < 3) || label.len().abs_diff(piece.len()) > allowed
            {
                continue;
            }
            let edits = distance(label, piece);
            let doubt = edits as f32 / label.len().max(1) as f32;
            let better = best.is_none_or(|(other, kept)| {
                doubt < other || (doubt == other && kept == Named::Other)
            });
            if edits <= allowed && better {
                best = Some((doubt, *named));
            }
        }
        best.map(|(doubt, named)| (named, doubt))
    }
}

/// Whether a text can be a label and nothing more: not too long, and figures at most in its own number.
fn may_be_label(text: &str) -> bool {
    let figures = strip_number(text).chars().filter(char::is_ascii_digit);
    squash(text).len() <= LONGEST * 2 && figures.count() <= MOST_FIGURES
}

/// Edits that a label of this length may have: small print is read with about one wrong letter in eight.
const fn allowed(length: usize) -> usize {
    match length {
        0..=4 => 0,
        5..=7 => 1,
        8..=13 => 2,
        _ => 3,
    }
}

/// Without the number that precedes a label on licences and numbered documents: `4b. `, `01 `, `(3)`.
fn strip_number(text: &str) -> &str {
    let text = text.trim_start_matches(['(', ' ', '*']);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if digits == 0 || digits > 2 {
        return text;
    }
    let rest = &text[digits..];
    let mut characters = rest.chars();
    match (characters.next(), characters.next()) {
        (Some('a'..='d'), Some('.' | ' ' | ')')) => rest[1..].trim_start_matches(['.', ')', ' ']),
        _ => rest.trim_start_matches(['.', ')', ' ']),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::tests::line;
    use super::*;

    fn label(text: &str) -> Option<(Named, usize)> {
        let found = Dictionary::new().label(&line(text, 0.0, 0.0))?;
        Some((found.named, found.words))
    }

    fn field(text: &str) -> Option<FieldName> {
        match label(text)?.0 {
            Named::Field(field) => Some(field),
            Named::Other => None,
        }
    }

    #[test]
    fn labels_are_known_in_many_languages() {
        for (text, expected) in [
            ("Surname / Nom", F::Surname),
            ("Given names/ Prenoms", F::GivenNames),
            ("Sumame/Nom", F::Surname),
            ("Apellidos / Surname", F::Surname),
            ("02 JMENO / GIVEN NAMES", F::GivenNames),
            ("Nachname/Surname/Nom (1)", F::Surname),
            ("Staatsangehörigkeit/Nationality", F::Nationality),
            ("Date of birth / Date de naissance", F::BirthDate),
            ("Dateof expiry/ Expire le", F::ExpiryDate),
            ("Datum isteka valjanosti/Date of expiry", F::ExpiryDate),
            ("Platnost do/Date of Expiry", F::ExpiryDate),
            ("Br. putovnice/Passport No.", F::DocumentNumber),
            ("Passport No./ N° de passeport", F::DocumentNumber),
            ("Number / N°", F::DocumentNumber),
            ("Sex/ Sexe", F::Sex),
            ("Place of birth / Lieu", F::BirthPlace),
            ("Issued / Delivré le", F::IssueDate),
            ("Emisa de/Delivree par/Issued by", F::Authority),
            ("Domiciliu/Adresse/Address", F::Address),
            ("Personal No./ N° personnel", F::PersonalNumber),
            ("Full Name", F::FullName),
            ("Birth / Naissance", F::BirthDate),
            ("Valid until/Valable jusqu'au", F::ExpiryDate),
        ] {
            assert_eq!(field(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_label_may_lead_its_value() {
        assert_eq!(
            label("NAME CRITTENDEN, LEE W."),
            Some((Named::Field(F::FullName), 1))
        );
        assert_eq!(
            label("CARD EXPIRES 11/01/94"),
            Some((Named::Field(F::ExpiryDate), 2))
        );
        assert_eq!(
            label("DOB 08/31/1977"),
            Some((Named::Field(F::BirthDate), 1))
        );
        assert_eq!(label("SEX F"), Some((Named::Field(F::Sex), 1)));
    }

    #[test]
    fn values_are_no_labels() {
        for text in [
            "ERIKSSON",
            "ANNA MARIA",
            "UTOPIAN",
            "12 AUG 1974",
            "L898902C3",
            "ZENITH",
            "F",
            "HVOZD JAN",
            "STADT KOLN",
            "HEIDESTR. 17",
            "MAGYAR/HUNGARIAN",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    #[test]
    fn labels_of_other_things_are_labels() {
        for text in [
            "Type / Type",
            "Country code/ Code du pays",
            "Holder's signature/Signature du titulaire",
            "Type",
        ] {
            assert_eq!(
                label(text).map(|found| found.0),
                Some(Named::Other),
                "{text}"
            );
        }
    }
}
