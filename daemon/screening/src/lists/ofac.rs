//! OFAC's SDN list as it publishes it in CSV: `sdn.csv`, with `alt.csv` (other names), `add.csv` (addresses) and
//! `sdn_comments.csv` (what of the remarks did not fit) beside it, joined by the entry's number. No file has a header;
//! `-0-` stands for nothing.
//!
//! Columns by OFAC's data specification (`dat_spec.txt`): SDN: number, name, type, programme, title, call sign, vessel
//! type, tonnage, GRT, flag, owner, remarks. ALT: number, alt number, type, name, remarks. ADD: number, address number,
//! address, city and postcode, country, remarks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::entry::{Entry, ListKind, ListedName, Standing, birth_of_words, country_code};
use crate::error::ListFault;
use crate::names::Kind;

use super::fault;

const AGAIN: &str = "fetch the list again from OFAC: all four files of one day";

/// A file and its text.
type File<'a> = (&'a Path, &'a String);

pub(super) fn entries(
    sdn: File<'_>,
    beside: &[(PathBuf, String)],
) -> Result<Vec<Entry>, Vec<ListFault>> {
    let mut faults = Vec::new();
    let mut entries = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut remarks = Vec::new();
    for row in rows(sdn, 12, &mut faults) {
        let Some(name) = row.text(1) else {
            faults.push(row.fault("names nobody"));
            continue;
        };
        if places.insert(row.number.clone(), entries.len()).is_some() {
            faults.push(row.fault("has a number that another row has"));
            continue;
        }
        let kind = match row.text(2) {
            Some("individual") => Kind::Person,
            Some("vessel" | "aircraft") => Kind::Vessel,
            None => Kind::Organisation,
            Some(_) => {
                faults.push(row.fault("is of a type that is not known"));
                continue;
            }
        };
        remarks.push(row.text(11).unwrap_or_default().to_owned());
        entries.push(Entry {
            id: format!("{}:{}", ListKind::OfacSdn.name(), row.number),
            list: ListKind::OfacSdn,
            kind,
            names: vec![ListedName {
                text: name.to_owned(),
                standing: Standing::Primary,
            }],
            births: Vec::new(),
            countries: Vec::new(),
            programme: row.text(3).unwrap_or_default().to_owned(),
        });
    }
    for (path, text) in beside {
        let file = (path.as_path(), text);
        match path.file_name().and_then(|name| name.to_str()) {
            Some("alt.csv") => for_each(
                rows(file, 5, &mut faults),
                &places,
                &mut faults,
                |place, row| {
                    let name = row.text(3).ok_or("names nobody")?;
                    entries[place].names.push(ListedName {
                        text: name.to_owned(),
                        standing: Standing::Alias,
                    });
                    Ok(())
                },
            ),
            Some("add.csv") => for_each(
                rows(file, 6, &mut faults),
                &places,
                &mut faults,
                |place, row| {
                    entries[place]
                        .countries
                        .extend(row.text(4).and_then(country_code));
                    Ok(())
                },
            ),
            // A comment to nobody on the list takes nobody off it: OFAC's own file of a day has had some.
            _ => {
                for row in rows(file, 2, &mut faults) {
                    if let Some(place) = places.get(&row.number) {
                        remarks[*place].push_str(row.text(1).unwrap_or_default());
                    }
                }
            }
        }
    }
    for (entry, remarks) in entries.iter_mut().zip(&remarks) {
        read_remarks(entry, remarks);
    }
    if faults.is_empty() {
        Ok(entries)
    } else {
        Err(faults)
    }
}

fn for_each(
    rows: Vec<Row>,
    places: &HashMap<String, usize>,
    faults: &mut Vec<ListFault>,
    mut take: impl FnMut(usize, &Row) -> Result<(), &'static str>,
) {
    for row in rows {
        let taken = match places.get(&row.number) {
            Some(place) => take(*place, &row),
            None => Err("belongs to no row of sdn.csv"),
        };
        if let Err(problem) = taken {
            faults.push(row.fault(problem));
        }
    }
}

/// What the remarks tell, part by part: weak aliases in quotes, dates of birth, nationalities.
fn read_remarks(entry: &mut Entry, remarks: &str) {
    for part in remarks.split(';') {
        let part = part
            .trim()
            .trim_start_matches('(')
            .trim_end_matches(['.', ')']);
        let part = part
            .strip_prefix("alt. ")
            .or_else(|| part.strip_prefix("Alt. "))
            .unwrap_or(part);
        if let Some(born) = part.strip_prefix("DOB ") {
            entry.births.extend(birth_of_words(born));
        } else if let Some(of) = part
            .strip_prefix("nationality ")
            .or_else(|| part.strip_prefix("citizen "))
        {
            entry.countries.extend(country_code(of));
        } else if let Some(place) = part.strip_prefix("POB ") {
            entry
                .countries
                .extend(place.rsplit(',').next().and_then(country_code));
        } else if let Some(name) = part
            .strip_prefix("a.k.a. '")
            .and_then(|rest| rest.strip_suffix('\''))
        {
            entry.names.push(ListedName {
                text: name.to_owned(),
                standing: Standing::WeakAlias,
            });
        }
    }
    entry.countries.sort();
    entry.countries.dedup();
}

struct Row {
    file: PathBuf,
    line: u64,
    number: String,
    fields: Vec<String>,
}

impl Row {
    /// A field; `None` for OFAC's `-0-`.
    fn text(&self, column: usize) -> Option<&str> {
        let text = self.fields.get(column)?.trim();
        (!text.is_empty() && text != "-0-").then_some(text)
    }

    fn fault(&self, problem: &str) -> ListFault {
        fault(
            &self.file,
            Some(self.line),
            format!("the row {problem}"),
            AGAIN,
        )
    }
}

fn rows((file, text): File<'_>, columns: usize, faults: &mut Vec<ListFault>) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                faults.push(fault(file, line, "the row is no CSV", AGAIN));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let number = record.get(0).unwrap_or_default().trim();
        if record.len() != columns {
            let problem = format!("the row has {} columns in place of {columns}", record.len());
            faults.push(fault(file, Some(line), problem, AGAIN));
        } else if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.push(fault(
                file,
                Some(line),
                "the row does not begin with a number",
                AGAIN,
            ));
        } else {
            rows.push(Row {
                file: file.to_owned(),
                line,
                number: number.to_owned(),
                fields: record.iter().map(str::to_owned).collect(),
            });
        }
    }
    rows
}
