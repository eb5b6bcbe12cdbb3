//! The lists in use, swapped whole, and what they say of somebody.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use serde::Serialize;

use crate::compare::{Comparison, hundredths};
use crate::entry::{ListKind, Standing};
use crate::error::ListError;
use crate::evidence::{Evidence, Person};
use crate::exceptions::{Exception, Exceptions, person_key};
use crate::index::{Asked, Index, Met};
use crate::lists::{ListVersion, load};
use crate::names::Kind;

/// Holds the lists in use. Readers never wait: a new index takes the old one's place in one step, and whoever is reading the
/// old one ends on it.
#[derive(Debug, Default)]
pub struct Screener {
    index: ArcSwapOption<Index>,
    exceptions: arc_swap::ArcSwap<Exceptions>,
}

/// Who is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The name, in any script and order.
    pub name: String,
    /// What it is the name of; unknown searches all.
    pub kind: Kind,
    /// What else is known.
    pub person: Person,
}

/// What the lists say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The least score of a hit.
    pub threshold: f32,
    /// Entries that reach it, best first; those excepted say so and are none to look at.
    pub hits: Vec<Hit>,
    /// The lists that were asked.
    pub lists: Vec<ListVersion>,
}

impl Answer {
    /// Whether no entry is left that a person has to look at.
    pub fn is_clear(&self) -> bool {
        self.hits.iter().all(|hit| hit.exception.is_some())
    }
}

/// An entry that reaches the threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// The entry's id: list and the list's own number.
    pub entry: String,
    /// The list.
    pub list: ListKind,
    /// What the entry is.
    pub kind: Kind,
    /// The list's main name of it.
    pub main_name: String,
    /// The name that was met.
    pub name: String,
    /// What the list says of that name.
    pub standing: Standing,
    /// Why it is listed, as the list calls it.
    pub programme: String,
    /// 0 to 100: the name's score with what birth and country add.
    pub score: f32,
    /// 0 to 100: the name alone, and which token met which.
    pub name_match: Comparison,
    /// 0 to 100: as OFAC's own search would score it.
    pub ofac_score: f32,
    /// How birth and country agree.
    pub evidence: Evidence,
    /// Who looked at it and found that it is another person.
    pub exception: Option<Exception>,
}

/// How far below the threshold a name may lie that birth and country lift over it.
const LIFT: f32 = 11.0;

impl Screener {
    /// With no list yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads lists and puts them in use in one step. Where any is damaged nothing changes, and all faults are told.
    pub fn reload(&self, paths: &[PathBuf]) -> Result<Vec<ListVersion>, ListError> {
        if paths.is_empty() {
            return Err(ListError::None(String::new()));
        }
        let index = Index::new(load(paths)?);
        let versions = index.versions().to_vec();
        self.index.store(Some(Arc::new(index)));
        Ok(versions)
    }

    /// Puts exceptions in use in one step.
    pub fn except(&self, exceptions: Exceptions) {
        self.exceptions.store(Arc::new(exceptions));
    }

    /// The index in use; absent where no list was loaded.
    pub fn index(&self) -> Option<Arc<Index>> {
        self.index.load_full()
    }

    /// What the lists say; `None` where none is loaded, which is not the same as a clear answer.
    pub fn screen(&self, query: &Query, threshold: f32) -> Option<Answer> {
        let index = self.index()?;
        let asked = Asked::new(&query.name);
        let person = person_key(&query.name, query.person.birth_date);
        let exceptions = self.exceptions.load();
        let mut hits: Vec<Hit> = index
            .search(&asked, query.kind, threshold - LIFT)
            .into_iter()
            .map(|met| hit(met, query, exceptions.as_ref(), &person))
            .filter(|hit| hit.score >= threshold)
            .collect();
        hits.sort_by(|one, other| {
            other
                .score
                .total_cmp(&one.score)
                .then_with(|| one.entry.cmp(&other.entry))
        });
        Some(Answer {
            threshold,
            hits,
            lists: index.versions().to_vec(),
        })
    }
}

fn hit(met: Met<'_>, query: &Query, exceptions: &Exceptions, person: &str) -> Hit {
    let evidence = Evidence::of(&query.person, met.entry);
    let score = (met.comparison.score + evidence.points()).clamp(0.0, 100.0);
    Hit {
        entry: met.entry.id.clone(),
        list: met.entry.list,
        kind: met.entry.kind,
        main_name: met
            .entry
            .names
            .first()
            .map(|name| name.text.clone())
            .unwrap_or_default(),
        name: met.name.to_owned(),
        standing: met.standing,
        programme: met.entry.programme.clone(),
        score: hundredths(score),
        name_match: met.comparison,
        ofac_score: met.ofac_score,
        evidence,
        exception: exceptions.of(person, &met.entry.id).cloned(),
    }
}
