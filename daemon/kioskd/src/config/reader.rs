//! Reads a TOML text value by value, and remembers every fault with its line instead of stopping at one.
//!
//! Each getter marks its key as known; [`Section::finish`] then tells the keys that nobody asked for. A
//! getter that gives `None` for something required has told why.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::Fault;

type Entry<'a> = (&'a toml::Spanned<DeValue<'a>>, usize);

/// A file that is being read, and the faults found in it.
pub(super) struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(file: &'a Path, text: &'a str) -> Self {
        Self {
            file,
            text,
            faults: RefCell::new(Vec::new()),
        }
    }

    pub(super) const fn file(&self) -> &'a Path {
        self.file
    }

    /// The line, from 1, in which `span` begins.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().iter().take(span.start);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    pub(super) fn tell(&self, line: Option<usize>, problem: String, remedy: impl Into<String>) {
        self.faults.borrow_mut().push(Fault {
            file: self.file.to_path_buf(),
            line,
            problem,
            remedy: remedy.into(),
        });
    }

    pub(super) fn add(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.borrow_mut().extend(faults);
    }

    /// The document, with faults of its syntax told.
    pub(super) fn parse(&self) -> DeTable<'a> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = error.span().map(|span| self.line(&span));
            self.tell(
                line,
                format!("not TOML: {}", error.message()),
                "write it as toml.io describes",
            );
        }
        table.into_inner()
    }

    /// A path as the file means it: relative to the folder that the file is in.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        faults
    }
}

/// A table of the file.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    name: String,
    line: Option<usize>,
    table: &'a DeTable<'a>,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) const fn whole(source: &'a Source<'a>, table: &'a DeTable<'a>) -> Self {
        Self {
            source,
            name: String::new(),
            line: None,
            table,
            known: RefCell::new(Vec::new()),
        }
    }

    pub(super) const fn source(&self) -> &'a Source<'a> {
        self.source
    }

    /// The key's path from the top of the file.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    /// The line of a key, or of the section where the key is absent.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let found = self.table.get(key);
        found
            .map(|value| self.source.line(&value.span()))
            .or(self.line)
    }

    pub(super) fn tell(&self, key: &str, problem: &str, remedy: impl Into<String>) {
        let line = self.line_of(key);
        self.source
            .tell(line, format!("`{}` {problem}", self.path_of(key)), remedy);
    }

    fn find(&self, key: &'static str) -> Option<Entry<'a>> {
        self.known.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some((value, self.source.line(&value.span())))
    }

    fn need<T>(&self, key: &'static str, found: Option<T>, remedy: &str) -> Option<T> {
        if found.is_none() && !self.table.contains_key(key) {
            self.tell(key, "is missing", remedy);
        }
        found
    }

    /// A text that may be absent.
    pub(super) fn text_if_any(&self, key: &'static str) -> Option<&'a str> {
        let (value, _) = self.find(key)?;
        match value.get_ref().as_str() {
            Some("") => {
                self.tell(key, "is empty", "give it a value, or remove the key");
                None
            }
            Some(text) => Some(text),
            None => {
                self.tell(key, "is not a text", "write it in quotation marks");
                None
            }
        }
    }

    /// A text that has to be there.
    pub(super) fn text(&self, key: &'static str, remedy: &str) -> Option<&'a str> {
        let found = self.text_if_any(key);
        self.need(key, found, remedy)
    }

    /// A name that may stand in topics, certificates and file names.
    pub(super) fn name(&self, key: &'static str, remedy: &str) -> Option<String> {
        const REMEDY: &str = "use 1 to 64 of a-z, 0-9 and `-`";
        let text = self.text(key, remedy)?;
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.len() > 64 || !text.bytes().all(fits) {
            self.tell(key, "is not a name", REMEDY);
            return None;
        }
        Some(text.to_owned())
    }

    /// A path, relative to the file, that has to be there.
    pub(super) fn path(&self, key: &'static str, remedy: &str) -> Option<PathBuf> {
        Some(self.source.resolve(self.text(key, remedy)?))
    }

    /// A whole number within bounds that has a default.
    pub(super) fn number(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Option<u64> {
        let Some((value, _)) = self.find(key) else {
            return Some(default);
        };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|digits| u64::from_str_radix(digits.as_str(), digits.radix()).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.tell(
                key,
                "is out of range",
                format!("set a whole number from {least} to {most}"),
            );
        }
        number
    }

    /// True or false, with a default.
    pub(super) fn truth_or(&self, key: &'static str, default: bool) -> Option<bool> {
        let Some((value, _)) = self.find(key) else {
            return Some(default);
        };
        let truth = value.get_ref().as_bool();
        if truth.is_none() {
            self.tell(key, "is neither true nor false", "write true or false");
        }
        truth
    }

    /// An address with its port.
    pub(super) fn address(&self, key: &'static str) -> Option<SocketAddr> {
        const REMEDY: &str = "write an IP address and a port, e.g. \"127.0.0.1:9000\"";
        let text = self.text(key, REMEDY)?;
        let address = text.parse().ok();
        if address.is_none() {
            self.tell(key, "is not an address", REMEDY);
        }
        address
    }

    /// One of the values that have a name.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let names = names_of(choices);
        let text = self.text(key, &format!("set it to {names}"))?;
        self.pick(key, text, choices)
    }

    /// One of the values that have a name, or the default.
    pub(super) fn choice_or<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> Option<T> {
        match self.find(key) {
            None => Some(default),
            Some(_) => self.pick(key, self.text_if_any(key)?, choices),
        }
    }

    fn pick<T: Copy>(&self, key: &'static str, text: &str, choices: &[(&str, T)]) -> Option<T> {
        let found = choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            self.tell(
                key,
                &format!("can't be \"{text}\""),
                format!("set it to {}", names_of(choices)),
            );
        }
        found
    }

    /// A list of texts, which may be absent.
    pub(super) fn texts_if_any(&self, key: &'static str) -> Option<Vec<&'a str>> {
        let (value, _) = self.find(key)?;
        let list = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.get_ref().as_str())
                .collect::<Option<Vec<_>>>()
        });
        if list.is_none() {
            self.tell(
                key,
                "is not a list of texts",
                "write it as [\"one\", \"two\"]",
            );
        }
        list
    }

    /// A list of texts with at least one.
    pub(super) fn texts(&self, key: &'static str, remedy: &str) -> Option<Vec<&'a str>> {
        let found = self.texts_if_any(key);
        let found = self.need(key, found, remedy)?;
        if found.is_empty() {
            self.tell(key, "is empty", remedy);
            return None;
        }
        Some(found)
    }

    /// A list of named values, with a default.
    pub(super) fn choices_or<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
        default: &[T],
    ) -> Option<Vec<T>> {
        if self.find(key).is_none() {
            return Some(default.to_vec());
        }
        let texts = self.texts(key, "name at least one, or remove the key")?;
        texts
            .into_iter()
            .map(|text| self.pick(key, text, choices))
            .collect()
    }

    /// A table in this one, which may be absent.
    pub(super) fn section_if_any(&self, key: &'static str) -> Option<Section<'a>> {
        let (value, line) = self.find(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.tell(key, "is not a table", format!("write it as [{key}]"));
            return None;
        };
        Some(self.inner(self.path_of(key), line, table))
    }

    /// A table in this one that has to be there.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let found = self.section_if_any(key);
        let remedy = format!("add [{}]", self.path_of(key));
        self.need(key, found, &remedy)
    }

    /// The tables of a list, which may be absent.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some((value, line)) = self.find(key) else {
            return Vec::new();
        };
        let tables = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.get_ref().as_table().map(|table| (item.span(), table)))
                .collect::<Option<Vec<_>>>()
        });
        let Some(tables) = tables else {
            let name = self.path_of(key);
            self.tell(
                key,
                "is not a list of tables",
                format!("write it as [[{name}]]"),
            );
            return Vec::new();
        };
        let named = tables.into_iter().enumerate();
        named
            .map(|(place, (span, table))| {
                let own = self.source.line(&span).max(line);
                self.inner(format!("{}[{place}]", self.path_of(key)), own, table)
            })
            .collect()
    }

    const fn inner(&self, name: String, line: usize, table: &'a DeTable<'a>) -> Section<'a> {
        Section {
            source: self.source,
            name,
            line: Some(line),
            table,
            known: RefCell::new(Vec::new()),
        }
    }

    /// Tells every key that nobody asked for.
    pub(super) fn finish(&self) {
        let known = self.known.borrow();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                self.source.tell(
                    Some(self.source.line(&key.span())),
                    format!("`{}` is not known", self.path_of(name)),
                    format!("remove it, or use one of {}", known.join(", ")),
                );
            }
        }
    }
}

fn names_of<T>(choices: &[(&str, T)]) -> String {
    let quoted: Vec<String> = choices
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    quoted.join(" or ")
}
