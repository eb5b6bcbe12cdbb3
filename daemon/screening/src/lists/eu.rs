//! The European Union's consolidated financial sanctions list, in the XML of its published schema
//! (`xmlFullSanctionsList_1_1`, namespace `http://eu.europa.ec/fpi/fsd/export`). No copy of the list was at hand when this
//! was written: it was tested on files made to that schema.

use std::path::Path;

use super::fault;
use super::xml::{Node, document};
use crate::entry::{Birth, Entry, ListKind, ListedName, Standing, birth_of_iso, country_code};
use crate::error::ListFault;
use crate::names::Kind;

const AGAIN: &str = "fetch the list again from the European Commission (XML, schema 1.1)";

pub(super) fn entries(file: &Path, text: &str) -> Result<Vec<Entry>, Vec<ListFault>> {
    let root = document(file, text).map_err(|fault| vec![fault])?;
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for node in root.all("sanctionEntity") {
        match entry(node) {
            Ok(entry) => entries.push(entry),
            Err(problem) => faults.push(fault(
                file,
                Some(node.line),
                format!("the entity {problem}"),
                AGAIN,
            )),
        }
    }
    if faults.is_empty() {
        Ok(entries)
    } else {
        Err(faults)
    }
}

fn entry(node: &Node) -> Result<Entry, &'static str> {
    let number = node.attribute("logicalId").ok_or("has no logicalId")?;
    let subject = node.all("subjectType").next().ok_or("has no subjectType")?;
    let kind = match (
        subject.attribute("classificationCode"),
        subject.attribute("code"),
    ) {
        (Some("P"), _) | (_, Some("person")) => Kind::Person,
        (Some("E"), _) | (_, Some("enterprise")) => Kind::Organisation,
        _ => return Err("is of a subjectType that is not known"),
    };
    let mut names = Vec::new();
    for alias in node.all("nameAlias") {
        let parts = ["firstName", "middleName", "lastName"];
        let parts: Vec<&str> = parts
            .iter()
            .filter_map(|part| alias.attribute(part))
            .collect();
        let text = match alias.attribute("wholeName") {
            Some(whole) => whole.to_owned(),
            None if !parts.is_empty() => parts.join(" "),
            None => continue,
        };
        let standing = match (names.is_empty(), alias.attribute("strong")) {
            (_, Some("false")) => Standing::WeakAlias,
            (true, _) => Standing::Primary,
            _ => Standing::Alias,
        };
        names.push(ListedName { text, standing });
    }
    if names.is_empty() {
        return Err("names nobody");
    }
    let births: Option<Vec<Birth>> = node.all("birthdate").filter_map(birth).collect();
    let mut countries: Vec<String> = ["citizenship", "birthdate", "address"]
        .iter()
        .flat_map(|element| node.all(element))
        .filter_map(|place| place.attribute("countryIso2Code").and_then(country_code))
        .collect();
    countries.sort();
    countries.dedup();
    let programme = node
        .all("regulation")
        .next()
        .and_then(|regulation| regulation.attribute("programme"));
    Ok(Entry {
        id: format!("{}:{number}", ListKind::EuConsolidated.name()),
        list: ListKind::EuConsolidated,
        kind,
        names,
        births: births.ok_or("has a birthdate that is none")?,
        countries,
        programme: programme.unwrap_or_default().to_owned(),
    })
}

/// `None` where the element gives no date (a place alone), `Some(None)` where what it gives is none.
fn birth(node: &Node) -> Option<Option<Birth>> {
    let circa = node.attribute("circa") == Some("true");
    if let Some(date) = node.attribute("birthdate") {
        return Some(birth_of_iso(date, circa));
    }
    let year = |name: &str| node.attribute(name).map(|text| text.parse::<i32>().ok());
    match (year("yearRangeFrom"), year("yearRangeTo"), year("year")) {
        (Some(from), Some(to), _) => Some(from.zip(to).map(|(from, to)| Birth::Years { from, to })),
        (_, _, Some(only)) => Some(only.map(|only| Birth::year(only, circa))),
        _ => None,
    }
}
