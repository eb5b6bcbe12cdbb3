//! The UN Security Council's consolidated list, in the XML that it publishes.

use std::path::Path;

use super::fault;
use super::xml::{Node, document};
use crate::entry::{Birth, Entry, ListKind, ListedName, Standing, birth_of_iso, country_code};
use crate::error::ListFault;
use crate::names::Kind;

const AGAIN: &str = "fetch the list again from the United Nations";

pub(super) fn entries(file: &Path, text: &str) -> Result<Vec<Entry>, Vec<ListFault>> {
    let root = document(file, text).map_err(|fault| vec![fault])?;
    let mut entries = Vec::new();
    let mut faults = Vec::new();
    for (group, element, kind) in [
        ("INDIVIDUALS", "INDIVIDUAL", Kind::Person),
        ("ENTITIES", "ENTITY", Kind::Organisation),
    ] {
        for group in root.all(group) {
            for node in group.all(element) {
                match entry(node, element, kind) {
                    Ok(entry) => entries.push(entry),
                    Err(problem) => faults.push(fault(
                        file,
                        Some(node.line),
                        format!("the entry {problem}"),
                        AGAIN,
                    )),
                }
            }
        }
    }
    if faults.is_empty() {
        Ok(entries)
    } else {
        Err(faults)
    }
}

fn entry(node: &Node, element: &str, kind: Kind) -> Result<Entry, String> {
    let number = node.child("DATAID").ok_or("has no DATAID")?;
    let parts = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"];
    let name: Vec<&str> = parts.iter().filter_map(|part| node.child(part)).collect();
    if name.is_empty() {
        return Err("names nobody".to_owned());
    }
    let mut names = vec![ListedName {
        text: name.join(" "),
        standing: Standing::Primary,
    }];
    let other = |text: &str, standing| ListedName {
        text: text.to_owned(),
        standing,
    };
    names.extend(
        node.child("NAME_ORIGINAL_SCRIPT")
            .map(|text| other(text, Standing::Alias)),
    );
    for alias in node.all(&format!("{element}_ALIAS")) {
        let weak = alias.child("QUALITY") == Some("Low");
        let standing = if weak {
            Standing::WeakAlias
        } else {
            Standing::Alias
        };
        // Some entries carry several names in one alias.
        let text = alias.child("ALIAS_NAME").unwrap_or_default();
        names.extend(
            text.split(';')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(|name| other(name, standing)),
        );
    }
    let mut births = Vec::new();
    for date in node.all("INDIVIDUAL_DATE_OF_BIRTH") {
        births.extend(birth(date)?);
    }
    let mut countries: Vec<String> = node
        .all("NATIONALITY")
        .flat_map(|nationality| nationality.all("VALUE"))
        .filter_map(|value| country_code(&value.text))
        .collect();
    let places = format!("{element}_ADDRESS");
    let places = node
        .all(&places)
        .chain(node.all("INDIVIDUAL_PLACE_OF_BIRTH"));
    countries.extend(places.filter_map(|place| place.child("COUNTRY").and_then(country_code)));
    countries.sort();
    countries.dedup();
    Ok(Entry {
        id: format!("{}:{number}", ListKind::UnConsolidated.name()),
        list: ListKind::UnConsolidated,
        kind,
        names,
        births,
        countries,
        programme: node.child("UN_LIST_TYPE").unwrap_or_default().to_owned(),
    })
}

fn birth(node: &Node) -> Result<Option<Birth>, String> {
    let circa = node.child("TYPE_OF_DATE") == Some("APPROXIMATELY");
    let number = |name: &str| {
        node.child(name)
            .map(|text| {
                text.parse::<i32>()
                    .map_err(|_| format!("has a {name} that is no year"))
            })
            .transpose()
    };
    if let Some(date) = node.child("DATE") {
        return birth_of_iso(date, circa)
            .map(Some)
            .ok_or_else(|| "has a DATE that is none".to_owned());
    }
    if let (Some(from), Some(to)) = (number("FROM_YEAR")?, number("TO_YEAR")?) {
        return Ok(Some(Birth::Years { from, to }));
    }
    Ok(number("YEAR")?.map(|year| Birth::year(year, circa)))
}
