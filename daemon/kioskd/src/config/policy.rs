//! `[policy]`: policy files laid one over another, the later ones winning, and checked as a whole.
//!
//! The policy that is shipped names every key with its type: what it does not name is unknown, and what
//! the files together lack is missing. Values are then judged by the domain itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiosk_session::{Policy, PolicyError};
use serde::Deserialize;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::Fault;
use super::reader::{Section, Source};

/// Every key of a policy, with a value of its type.
const SHIPPED: &str = include_str!("../../../session/policies/default.toml");

/// Where a key's last value stands.
type Origins = BTreeMap<String, (PathBuf, usize)>;

pub(super) fn policy(section: Section<'_>) -> Option<Policy> {
    let files = section.texts("files", "name at least one policy file");
    section.finish();
    let mut merged = Merged::default();
    for name in files? {
        let path = section.source().resolve(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => merged.lay(&path, &text),
            Err(error) => section.tell(
                "files",
                &format!("names {}, which can't be read: {error}", path.display()),
                "name policy files that kioskd may read",
            ),
        }
    }
    let listed = (
        section.source().file().to_path_buf(),
        section.line_of("files"),
    );
    let (policy, faults) = merged.judge(listed);
    section.source().add(faults);
    policy
}

/// The policy that is shipped, with `files` laid over it.
pub(super) fn over_shipped(files: &[PathBuf]) -> Result<Policy, Vec<Fault>> {
    let mut merged = Merged::default();
    let shipped = PathBuf::from("the shipped policy");
    merged.lay(&shipped, SHIPPED);
    for path in files {
        match std::fs::read_to_string(path) {
            Ok(text) => merged.lay(path, &text),
            Err(error) => merged.faults.push(Fault {
                file: path.clone(),
                line: None,
                problem: format!("can't be read: {error}"),
                remedy: "name policy files that can be read".into(),
            }),
        }
    }
    match merged.judge((shipped, None)) {
        (Some(policy), faults) if faults.is_empty() => Ok(policy),
        (_, faults) => Err(faults),
    }
}

#[derive(Default)]
struct Merged {
    table: Table,
    origins: Origins,
    faults: Vec<Fault>,
}

impl Merged {
    fn lay(&mut self, path: &Path, text: &str) {
        let source = Source::new(path, text);
        let top = source.parse();
        note_origins(&source, path, "", &top, &mut self.origins);
        if let Ok(table) = text.parse::<Table>() {
            lay_over(&mut self.table, table);
        }
        self.faults.extend(source.into_faults());
    }

    fn judge(mut self, listed: (PathBuf, Option<usize>)) -> (Option<Policy>, Vec<Fault>) {
        if !self.faults.is_empty() {
            return (None, self.faults);
        }
        if let Ok(shape) = SHIPPED.parse::<Table>() {
            let table = std::mem::take(&mut self.table);
            self.compare("", &table, &shape, &listed);
            self.table = table;
        }
        if !self.faults.is_empty() {
            return (None, self.faults);
        }
        match Policy::deserialize(Value::Table(std::mem::take(&mut self.table))) {
            Ok(policy) => {
                for PolicyError::OutOfRange {
                    field,
                    value,
                    remedy,
                } in policy.faults()
                {
                    let problem = format!("`{field}` is {value}");
                    self.tell(field, &listed, problem, format!("set it {remedy}"));
                }
                (Some(policy), self.faults)
            }
            Err(error) => {
                let problem = format!(
                    "the policy files together can't be read: {}",
                    error.message()
                );
                self.tell(
                    "",
                    &listed,
                    problem,
                    "compare them with the policy that is shipped",
                );
                (None, self.faults)
            }
        }
    }

    /// Tells keys that the shipped policy does not have, those that it has and these lack, and other types.
    fn compare(
        &mut self,
        at: &str,
        table: &Table,
        shape: &Table,
        listed: &(PathBuf, Option<usize>),
    ) {
        for (key, value) in table {
            let path = join(at, key);
            match (value, shape.get(key)) {
                (_, None) => {
                    let known: Vec<&str> = shape.keys().map(String::as_str).collect();
                    let remedy = format!("remove it, or use one of {}", known.join(", "));
                    self.tell(&path, listed, format!("`{path}` is not known"), remedy);
                }
                (Value::Table(inner), Some(Value::Table(inner_shape))) => {
                    self.compare(&path, inner, inner_shape, listed);
                }
                (Value::Integer(_), Some(Value::Float(_))) => {}
                (value, Some(wanted)) if !value.same_type(wanted) => {
                    let problem = format!("`{path}` is of type {}", value.type_str());
                    let remedy = format!("write a {}, e.g. {wanted}", wanted.type_str());
                    self.tell(&path, listed, problem, remedy);
                }
                _ => {}
            }
        }
        for key in shape.keys().filter(|key| !table.contains_key(*key)) {
            let path = join(at, key);
            let remedy = "set it, or name the policy that is shipped as the first file";
            self.tell(
                &path,
                listed,
                format!("`{path}` is missing in the policy"),
                remedy,
            );
        }
    }

    fn tell(
        &mut self,
        path: &str,
        listed: &(PathBuf, Option<usize>),
        problem: String,
        remedy: impl Into<String>,
    ) {
        let origin = self.origins.get(path).cloned();
        let (file, line) = origin.map_or_else(|| listed.clone(), |(file, line)| (file, Some(line)));
        self.faults.push(Fault {
            file,
            line,
            problem,
            remedy: remedy.into(),
        });
    }
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() {
        key.to_owned()
    } else {
        format!("{at}.{key}")
    }
}

fn note_origins(
    source: &Source<'_>,
    file: &Path,
    at: &str,
    table: &DeTable<'_>,
    origins: &mut Origins,
) {
    for (key, value) in table {
        let path = join(at, key.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            note_origins(source, file, &path, inner, origins);
        }
        origins.insert(path, (file.to_path_buf(), source.line(&key.span())));
    }
}

/// Tables are merged key by key; everything else is replaced.
fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => lay_over(inner, over),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
