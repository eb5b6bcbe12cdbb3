//! A list of the operator's own: CSV in UTF-8 with the header `id,name,kind,aliases,birth_date,country,programme`.
//!
//! `id` and `name` must be there; the other columns may be left out. `kind`: person, organisation or vessel, person where
//! it is empty. `aliases` and `country` hold several parted by `;`. `birth_date`: `1954-10-07` or `1954`.

use std::collections::HashMap;
use std::path::Path;

use super::fault;
use crate::entry::{Entry, ListKind, ListedName, Standing, birth_of_iso, country_code};
use crate::error::ListFault;
use crate::names::Kind;

const COLUMNS: [&str; 7] = [
    "id",
    "name",
    "kind",
    "aliases",
    "birth_date",
    "country",
    "programme",
];
const MEND: &str = "mend the row; docs/screening.md shows the columns";

/// Whether a first line is this list's header.
pub(super) fn is_header(line: &str) -> bool {
    let mut columns = line
        .trim_start_matches('\u{feff}')
        .trim()
        .split(',')
        .map(str::trim);
    columns.next() == Some("id") && columns.next() == Some("name")
}

pub(super) fn entries(file: &Path, text: &str) -> Result<Vec<Entry>, Vec<ListFault>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let mut faults = Vec::new();
    for name in header.iter().filter(|name| !COLUMNS.contains(name)) {
        faults.push(fault(
            file,
            Some(1),
            format!("has the column `{name}`, which is not known"),
            MEND,
        ));
    }
    let places: HashMap<&str, usize> = header
        .iter()
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    let mut entries = Vec::new();
    for record in reader.records() {
        let (line, read) = match record {
            Ok(record) => (
                record.position().map(csv::Position::line),
                entry(&record, &places),
            ),
            Err(error) => (
                error.position().map(csv::Position::line),
                Err("has another number of columns than the header"),
            ),
        };
        match read {
            Ok(entry) => entries.push(entry),
            Err(problem) => faults.push(fault(file, line, format!("the row {problem}"), MEND)),
        }
    }
    if faults.is_empty() {
        Ok(entries)
    } else {
        Err(faults)
    }
}

fn entry(record: &csv::StringRecord, places: &HashMap<&str, usize>) -> Result<Entry, &'static str> {
    let text = |name: &str| {
        places
            .get(name)
            .and_then(|place| record.get(*place))
            .filter(|text| !text.is_empty())
    };
    let several = |name: &str| {
        text(name)
            .into_iter()
            .flat_map(|text| text.split(';'))
            .map(str::trim)
            .filter(|part| !part.is_empty())
    };
    let kind = match text("kind") {
        None | Some("person") => Kind::Person,
        Some("organisation") => Kind::Organisation,
        Some("vessel") => Kind::Vessel,
        Some(_) => return Err("has a kind other than person, organisation and vessel"),
    };
    let mut names = vec![ListedName {
        text: text("name").ok_or("has no name")?.to_owned(),
        standing: Standing::Primary,
    }];
    names.extend(several("aliases").map(|name| ListedName {
        text: name.to_owned(),
        standing: Standing::Alias,
    }));
    let births = text("birth_date")
        .map(|date| {
            birth_of_iso(date, false).ok_or("has a birth_date that is neither YYYY-MM-DD nor YYYY")
        })
        .transpose()?;
    let countries: Option<Vec<String>> = several("country").map(country_code).collect();
    Ok(Entry {
        id: format!(
            "{}:{}",
            ListKind::User.name(),
            text("id").ok_or("has no id")?
        ),
        list: ListKind::User,
        kind,
        names,
        births: births.into_iter().collect(),
        countries: countries.ok_or("has a country that is not known")?,
        programme: text("programme").unwrap_or_default().to_owned(),
    })
}
