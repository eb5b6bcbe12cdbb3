//! Lists from files: which file is which list, and each read into entries. A file with one damaged row is refused whole,
//! with every fault told, so that nobody is left off a list unnoticed.
//!
//! ```text
//! sdn.csv + alt.csv + add.csv + sdn_comments.csv ─► ofac ─┐
//! <CONSOLIDATED_LIST> ───────────────────────────► un   ─┤
//! <export xmlns=".../fpi/fsd/export"> ───────────► eu   ─┼─► entries, and the SHA-256 of what they were read from
//! id,name,kind,.. ───────────────────────────────► user ─┘
//! ```

mod eu;
mod ofac;
mod un;
mod user;
mod xml;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::entry::{Entry, ListKind};
use crate::error::{ListError, ListFault, MOST_FAULTS};

/// A list that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// What it is and of which version.
    pub version: ListVersion,
    /// Who stands on it.
    pub entries: Vec<Entry>,
}

/// Which list, and which version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListVersion {
    /// Which.
    pub list: ListKind,
    /// The file that was named.
    pub file: PathBuf,
    /// SHA-256 of its bytes, and of those of the files that belong to it, in hexadecimal.
    pub sha256: String,
    /// Entries.
    pub entries: usize,
    /// Names of them, aliases with them.
    pub names: usize,
}

/// The largest file that is read, in bytes: OFAC's XML of everything has some 120 MB.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
const OFAC_BESIDE: [&str; 3] = ["add.csv", "alt.csv", "sdn_comments.csv"];

/// Reads all lists that `paths` name: files, or folders in which every file is a list. All faults are told.
pub fn load(paths: &[PathBuf]) -> Result<Vec<List>, ListError> {
    let mut lists = Vec::new();
    let mut faults = Vec::new();
    for file in files(paths).map_err(|fault| ListError::Damaged(vec![fault]))? {
        match read(&file) {
            Ok(list) => lists.push(list),
            Err(found) => faults.extend(found),
        }
    }
    if !faults.is_empty() {
        return Err(ListError::Damaged(faults));
    }
    if lists.is_empty() {
        return Err(ListError::None(String::new()));
    }
    let mut ids = BTreeSet::new();
    for list in &lists {
        for entry in &list.entries {
            if !ids.insert(entry.id.as_str()) {
                let problem = format!(
                    "entry {} stands on two of the files that are named",
                    entry.id
                );
                let remedy = "name each list once";
                return Err(ListError::Damaged(vec![ListFault {
                    file: list.version.file.clone(),
                    line: None,
                    problem,
                    remedy,
                }]));
            }
        }
    }
    Ok(lists)
}

/// The files themselves; of a folder those that are a list by name or beginning, and not those that belong to another.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ListFault> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error: std::io::Error| {
            fault(
                path,
                None,
                format!("can't be read: {error}"),
                "name an existing file or folder",
            )
        };
        let mut inside: Vec<PathBuf> = Vec::new();
        for item in std::fs::read_dir(path).map_err(unreadable)? {
            inside.push(item.map_err(unreadable)?.path());
        }
        inside.sort();
        files.extend(inside.into_iter().filter(|file| is_list(file)));
    }
    Ok(files)
}

/// Whether a file in a folder is a list: other CSV and XML files may lie beside.
fn is_list(file: &Path) -> bool {
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if name == "sdn.csv" {
        return true;
    }
    let extension = file.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("csv" | "xml")) || OFAC_BESIDE.contains(&name) {
        return false;
    }
    use std::io::Read;
    let mut head = Vec::with_capacity(4096);
    let read = std::fs::File::open(file).and_then(|open| open.take(4096).read_to_end(&mut head));
    read.is_ok() && which(name, &head).is_some()
}

/// Which list a file is, by its name and how it begins.
fn which(name: &str, head: &[u8]) -> Option<ListKind> {
    let head = String::from_utf8_lossy(&head[..head.len().min(4096)]);
    if name == "sdn.csv" {
        Some(ListKind::OfacSdn)
    } else if head.contains("<CONSOLIDATED_LIST") {
        Some(ListKind::UnConsolidated)
    } else if head.contains("fpi/fsd/export") {
        Some(ListKind::EuConsolidated)
    } else {
        user::is_header(head.lines().next().unwrap_or_default()).then_some(ListKind::User)
    }
}

/// Reads one list.
pub fn read(file: &Path) -> Result<List, Vec<ListFault>> {
    let text = content(file).map_err(|fault| vec![fault])?;
    let mut hash = Sha256::new();
    hash.update(text.as_bytes());
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let Some(list) = which(name, text.as_bytes()) else {
        return Err(vec![fault(
            file,
            None,
            "is no list that is known",
            "give OFAC's file its own name (sdn.csv), an XML file as the UN or the EU publishes it, or a CSV with the header id,name,..: docs/screening.md",
        )]);
    };
    let entries = match list {
        ListKind::OfacSdn => {
            let mut beside = Vec::new();
            for name in OFAC_BESIDE {
                let path = file.with_file_name(name);
                let text = content(&path).map_err(|fault| vec![fault])?;
                hash.update(text.as_bytes());
                beside.push((path, text));
            }
            ofac::entries((file, &text), &beside)
        }
        ListKind::UnConsolidated => un::entries(file, &text),
        ListKind::EuConsolidated => eu::entries(file, &text),
        ListKind::User => user::entries(file, &text),
    };
    let entries = entries.map_err(|mut faults| {
        faults.truncate(MOST_FAULTS);
        faults
    })?;
    if entries.is_empty() {
        return Err(vec![fault(
            file,
            None,
            "has no entry",
            "fetch the list again: a list without entries would clear everybody",
        )]);
    }
    let version = ListVersion {
        list,
        file: file.to_owned(),
        sha256: hex::encode(hash.finalize()),
        entries: entries.len(),
        names: entries.iter().map(|entry| entry.names.len()).sum(),
    };
    Ok(List { version, entries })
}

/// The text of a file without the end-of-file mark (Ctrl-Z) that OFAC's bear.
fn content(file: &Path) -> Result<String, ListFault> {
    let unreadable = |error: std::io::Error| {
        fault(
            file,
            None,
            format!("can't be read: {error}"),
            "name an existing file; OFAC's list needs add.csv, alt.csv and sdn_comments.csv beside sdn.csv",
        )
    };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(fault(
            file,
            None,
            format!("has {length} bytes"),
            "name a list of at most 256 MiB",
        ));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let upto = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..upto]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64
            + 1;
        fault(
            file,
            Some(line),
            "is not UTF-8",
            "fetch the list again, or convert it to UTF-8",
        )
    })?;
    let kept = text.trim_end_matches(['\u{1a}', '\r', '\n', ' ']).len();
    text.truncate(kept);
    Ok(text)
}

fn fault(
    file: &Path,
    line: Option<u64>,
    problem: impl Into<String>,
    remedy: &'static str,
) -> ListFault {
    ListFault {
        file: file.to_owned(),
        line,
        problem: problem.into(),
        remedy,
    }
}
