//! XML as a small tree: lists have some ten levels and some hundred thousand nodes, and are read once a change.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fault;
use crate::error::ListFault;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub name: String,
    pub line: u64,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Node>,
}

const AGAIN: &str = "fetch the list again: the file is cut off or damaged";
/// Levels that are read.
const DEEPEST: usize = 32;

impl Node {
    /// Children of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name, where there is any.
    pub(super) fn child(&self, name: &str) -> Option<&str> {
        let text = self
            .children
            .iter()
            .find(|child| child.name == name)?
            .text
            .trim();
        (!text.is_empty()).then_some(text)
    }

    /// An attribute, where it says anything.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key == name)?;
        (!value.trim().is_empty()).then_some(value.trim())
    }
}

/// Reads a document; entities other than XML's own five and characters by number are refused.
pub(super) fn document(file: &Path, text: &str) -> Result<Node, ListFault> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Node::default()];
    let mut lines = Lines {
        text,
        upto: 0,
        line: 1,
    };
    loop {
        let event = reader.read_event();
        let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(text.len()));
        let broken = |problem: String| fault(file, Some(line), problem, AGAIN);
        match event.map_err(|error| broken(format!("is no XML: {error}")))? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(broken(format!("has more than {DEEPEST} levels")));
                }
                open.push(begun(&start, line).map_err(broken)?);
            }
            Event::Empty(start) => {
                let node = begun(&start, line).map_err(broken)?;
                open.last_mut().into_iter().for_each(|parent| {
                    parent.children.push(Node {
                        text: node.text.clone(),
                        ..node_of(&node)
                    })
                });
            }
            Event::Text(words) => {
                let words = words.decode().map_err(|error| broken(error.to_string()))?;
                open.last_mut()
                    .into_iter()
                    .for_each(|node| node.text.push_str(&words));
            }
            Event::CData(words) => {
                let words = words.decode().map_err(|error| broken(error.to_string()))?;
                open.last_mut()
                    .into_iter()
                    .for_each(|node| node.text.push_str(&words));
            }
            Event::GeneralRef(reference) => {
                let meant = match reference
                    .resolve_char_ref()
                    .map_err(|error| broken(error.to_string()))?
                {
                    Some(letter) => letter.to_string(),
                    None => {
                        let name = reference
                            .decode()
                            .map_err(|error| broken(error.to_string()))?;
                        named(&name)
                            .ok_or_else(|| {
                                broken("has an entity that is not XML's own".to_owned())
                            })?
                            .to_owned()
                    }
                };
                open.last_mut()
                    .into_iter()
                    .for_each(|node| node.text.push_str(&meant));
            }
            Event::End(_) => {
                if let (Some(node), Some(parent)) = (open.pop(), open.last_mut()) {
                    parent.children.push(node);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if open.len() != 1 {
        return Err(fault(
            file,
            Some(lines.line),
            "ends within an element",
            AGAIN,
        ));
    }
    let root = open.pop().and_then(|mut top| top.children.pop());
    root.ok_or_else(|| fault(file, None, "has no element", AGAIN))
}

fn named(entity: &str) -> Option<&'static str> {
    Some(match entity {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

fn node_of(node: &Node) -> Node {
    Node {
        name: node.name.clone(),
        line: node.line,
        attributes: node.attributes.clone(),
        ..Node::default()
    }
}

fn begun(start: &BytesStart<'_>, line: u64) -> Result<Node, String> {
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        attributes.push((
            String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned(),
            value.into_owned(),
        ));
    }
    Ok(Node {
        name,
        line,
        attributes,
        ..Node::default()
    })
}

/// Counts lines as reading goes on.
struct Lines<'a> {
    text: &'a str,
    upto: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: usize) -> u64 {
        let position = position.min(self.text.len());
        let new = self
            .text
            .as_bytes()
            .get(self.upto..position)
            .unwrap_or_default();
        self.line += new.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.upto = position.max(self.upto);
        self.line
    }
}
