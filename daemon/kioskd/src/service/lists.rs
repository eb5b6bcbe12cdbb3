//! The watch lists in use, each tenant's exceptions, and what both say as evidence.
//!
//! ```text
//! [screening] lists ─► load ─► in use, swapped whole ──┐
//!        ▲ a file changes: read again                   ├─► hits with the versions of the lists ─► evidence, answers
//!          damaged: the old ones stay, the log says so  │
//! side note "screening exceptions TENANT", sealed ──────┘
//! ```

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use kiosk_api::screening::{Bearer, KeptException, ListsState, ScreenAnswer, ScreenQuery};
use kiosk_screening::compare::Comparison;
use kiosk_screening::entry::{ListKind, country_code};
use kiosk_screening::evidence::{Agreement, Person};
use kiosk_screening::names::Kind;
use kiosk_screening::{Exception, Exceptions, Hit, Query, Screener, person_key};
use kiosk_session::{
    Accepted, Fact, ListHit, ListVersion, Redacted, Screening as Screened, TokenMet, Topic,
};
use kiosk_store::{Store, StoreError};
use serde::Serialize;
use time::OffsetDateTime;

use crate::config;

/// Hits that are kept of one asking.
const MOST_HITS: usize = 20;
/// Exceptions of one tenant at most.
pub(super) const MOST_EXCEPTIONS: usize = 10_000;
/// A user list's programme that says that its people are politically exposed.
const PEP: &str = "PEP";

/// What the files were when they were read last: path, length, time of change.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// The lists and exceptions of a kiosk.
pub struct Lists {
    screener: Screener,
    paths: Vec<PathBuf>,
    /// Exceptions that hold for every tenant, as `kioskctl screen --accept` writes them.
    exceptions: Option<PathBuf>,
    read: Mutex<Option<Stamp>>,
    /// The last reading failed.
    is_faulty: AtomicBool,
    store: Store,
    /// Exceptions of the tenants that were asked for.
    excepted: Mutex<HashMap<String, Arc<Vec<Exception>>>>,
    /// One change of the exceptions at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Lists {
    /// With the files still to be read.
    pub fn new(files: config::Screening, store: Store) -> Self {
        Self {
            screener: Screener::new(),
            paths: files.lists,
            exceptions: files.exceptions,
            read: Mutex::default(),
            is_faulty: AtomicBool::new(false),
            store,
            excepted: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Reads the files where any is new or changed since. Gives whether lists were put in use. It waits for the disk.
    ///
    /// # Errors
    ///
    /// Every fault of every list, or of the exceptions; what was in use stays, until a file changes again.
    pub fn refresh(&self) -> anyhow::Result<bool> {
        let now = stamp(self.paths.iter().chain(&self.exceptions));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref() == Some(&now) {
            return Ok(false);
        }
        *read = Some(now);
        drop(read);
        // Whatever ends the reading, a panic too: only its end well says that the lists are as the files.
        self.is_faulty.store(true, Ordering::Relaxed);
        let put_in_use = self.read_anew();
        self.is_faulty.store(put_in_use.is_err(), Ordering::Relaxed);
        put_in_use
    }

    fn read_anew(&self) -> anyhow::Result<bool> {
        if let Some(file) = &self.exceptions {
            self.screener.except(Exceptions::read(file)?);
        }
        if self.paths.is_empty() {
            return Ok(false);
        }
        self.screener.reload(&self.paths)?;
        Ok(true)
    }

    /// How they stand.
    pub fn state(&self) -> ListsState {
        let is_in_use = self.screener.index().is_some();
        match (is_in_use, self.is_faulty.load(Ordering::Relaxed)) {
            _ if self.paths.is_empty() => ListsState::None,
            (true, false) => ListsState::Ready,
            (true, true) => ListsState::Stale,
            (false, _) => ListsState::Unreadable,
        }
    }

    /// The lists in use.
    pub fn versions(&self) -> Vec<ListVersion> {
        let index = self.screener.index();
        let versions = index.iter().flat_map(|index| index.versions());
        versions.map(version).collect()
    }

    /// Whether an entry of that id is on a list in use.
    pub(super) fn has(&self, entry: &str) -> bool {
        let index = self.screener.index();
        index.is_some_and(|index| index.entries().iter().any(|listed| listed.id == entry))
    }

    /// What the lists say of somebody, from `least` on.
    pub fn ask(&self, asked: &ScreenQuery, least: f32, now: OffsetDateTime) -> ScreenAnswer {
        let query = query(asked);
        if !query.name.chars().any(char::is_alphanumeric) {
            return ScreenAnswer::NotAssessed { why: "NO_NAME" };
        }
        let Some(answer) = self.screener.screen(&query, least) else {
            return ScreenAnswer::NotAssessed { why: "NO_LISTS" };
        };
        let person = person_of(&query);
        let own = self.exceptions(&asked.tenant).unwrap_or_else(|error| {
            tracing::error!(%error, "a tenant's exceptions can't be read: its hits stay open");
            Arc::default()
        });
        let excepted = |hit: &Hit| {
            let own = own
                .iter()
                .find(|known| known.person == person && known.entry == hit.entry);
            own.or(hit.exception.as_ref()).map(accepted)
        };
        let hits = answer.hits.iter().map(|hit| told(hit, excepted(hit)));
        let hits: Vec<ListHit> = hits.take(MOST_HITS).collect();
        ScreenAnswer::Assessed {
            clear: hits.iter().all(|hit| hit.exception.is_some()),
            found: Screened {
                screened_at: now,
                lists: answer.lists.iter().map(version).collect(),
                from: answer.threshold,
                hits,
            },
        }
    }

    /// A tenant's exceptions.
    pub(super) fn exceptions(&self, tenant: &str) -> Result<Arc<Vec<Exception>>, StoreError> {
        if let Some(known) = self.excepted().get(tenant) {
            return Ok(Arc::clone(known));
        }
        let bytes = self.store.note(&note(tenant))?;
        let read = bytes.map_or_else(
            || Ok(Vec::new()),
            |bytes| serde_json::from_slice::<Vec<Exception>>(&bytes),
        );
        let read =
            Arc::new(read.map_err(|_| StoreError::Wire(kiosk_wire::WireError::DoesNotOpen))?);
        self.excepted().insert(tenant.to_owned(), Arc::clone(&read));
        Ok(read)
    }

    /// Puts a tenant's exceptions in place of those before; durable when this returns.
    pub(super) async fn keep(&self, tenant: &str, all: Vec<Exception>) -> Result<(), StoreError> {
        // Plain values: they can always be written.
        let bytes = serde_json::to_vec(&all).unwrap_or_default();
        self.store.put_note(&note(tenant), &bytes).await?;
        self.excepted().insert(tenant.to_owned(), Arc::new(all));
        Ok(())
    }

    fn excepted(&self) -> MutexGuard<'_, HashMap<String, Arc<Vec<Exception>>>> {
        // Nothing in it can panic midway.
        self.excepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tenant's note.
fn note(tenant: &str) -> String {
    format!("screening exceptions {tenant}")
}

/// How the files are now; of a folder everything in it, and beside OFAC's list what belongs to it.
fn stamp<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Stamp {
    let mut files = Vec::new();
    for path in paths {
        let is_ofac = path.file_name().is_some_and(|name| name == "sdn.csv");
        let folder = match path.is_dir() {
            true => Some(path.as_path()),
            false => path.parent().filter(|_| is_ofac),
        };
        files.push(path.clone());
        let inside = folder.and_then(|folder| std::fs::read_dir(folder).ok());
        files.extend(
            inside
                .into_iter()
                .flatten()
                .flatten()
                .map(|file| file.path()),
        );
    }
    files.sort();
    files.dedup();
    let stamped = files.into_iter().map(|file| {
        let about = std::fs::metadata(&file).ok();
        let length = about.as_ref().map_or(0, std::fs::Metadata::len);
        let changed = about.and_then(|about| about.modified().ok());
        (file, length, changed)
    });
    stamped.collect()
}

/// The key under which a person's exceptions are kept.
pub(super) fn person_of(query: &Query) -> String {
    person_key(&query.name, query.person.birth_date)
}

pub(super) fn query(asked: &ScreenQuery) -> Query {
    Query {
        name: asked.name.reveal().clone(),
        kind: match asked.kind {
            None => Kind::Unknown,
            Some(Bearer::Person) => Kind::Person,
            Some(Bearer::Organisation) => Kind::Organisation,
            Some(Bearer::Vessel) => Kind::Vessel,
        },
        person: Person {
            birth_date: asked.birth_date.as_ref().map(|date| *date.reveal()),
            country: asked.country.as_deref().and_then(country_code),
        },
    }
}

fn version(version: &kiosk_screening::lists::ListVersion) -> ListVersion {
    ListVersion {
        list: version.list.name().to_owned(),
        sha256: version.sha256.clone(),
        entries: version.entries as u64,
        names: version.names as u64,
    }
}

pub(super) fn accepted(exception: &Exception) -> Accepted {
    Accepted {
        at: exception.time,
        user: exception.user.clone(),
        note: Redacted::new(exception.note.clone()),
    }
}

pub(super) fn kept(exception: &Exception) -> KeptException {
    KeptException {
        person: exception.person.clone(),
        entry: exception.entry.clone(),
        accepted: accepted(exception),
    }
}

fn told(hit: &Hit, exception: Option<Accepted>) -> ListHit {
    let Comparison {
        score: name_score,
        tokens,
        unmatched_query,
        unmatched_entry,
    } = &hit.name_match;
    let is_pep = hit.list == ListKind::User && hit.programme.trim().eq_ignore_ascii_case(PEP);
    let tokens = tokens.iter().map(|token| TokenMet {
        query: token.query.clone(),
        entry: token.entry.clone(),
        how: word(&token.how),
        similarity: token.similarity,
        weight: token.weight,
    });
    ListHit {
        entry: hit.entry.clone(),
        list: hit.list.name().to_owned(),
        topic: if is_pep { Topic::Pep } else { Topic::Sanction },
        programme: hit.programme.clone(),
        main_name: Redacted::new(hit.main_name.clone()),
        name: Redacted::new(hit.name.clone()),
        score: hit.score,
        name_score: *name_score,
        ofac_score: hit.ofac_score,
        birth_date: fact(hit.evidence.birth_date),
        country: fact(hit.evidence.country),
        tokens: Redacted::new(tokens.collect()),
        unmatched_query: Redacted::new(unmatched_query.clone()),
        unmatched_entry: Redacted::new(unmatched_entry.clone()),
        exception,
    }
}

const fn fact(agreement: Agreement) -> Fact {
    match agreement {
        Agreement::Agrees => Fact::Agrees,
        Agreement::Near => Fact::Near,
        Agreement::Differs => Fact::Differs,
        Agreement::Unknown => Fact::Unknown,
    }
}

/// A plain enum's name in answers.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
