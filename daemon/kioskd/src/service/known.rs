//! Faces that this kiosk knows: its block list, and people who were approved here.
//!
//! ```text
//! selfie's template ─► search: block list · the tenant's other people ─► distances in the evidence ─► the policy
//!
//!  side note "faces listed"      for each entry: length of its name (1) ‖ name ‖ template
//!  side note "faces enrolled N"  up to 128 of: tenant (32) ‖ person (32) ‖ template; zeros where somebody was taken off
//! ```
//!
//! Templates lie sealed in the store's side notes and, while the kiosk runs, in galleries that are wiped when dropped.
//! Tenant and person are SHA-256 of their names, so that who comes again under the own name is no duplicate, and no
//! tenant's people are searched for another. A template of another network is left out and told.
// long file: what lies in the notes and what is searched change together, under one turn

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kiosk_inference::face::search::Gallery;
use kiosk_inference::face::{TEMPLATE_BYTES, Template};
use kiosk_session::KnownFaces;
use kiosk_store::{Store, StoreError};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The block list's note.
const LISTED: &str = "faces listed";
/// Entries of the block list at most.
const MOST_LISTED: usize = 10_000;
/// Longest name of an entry, bytes.
const LONGEST_NAME: usize = 64;
/// People in one note.
const IN_A_NOTE: usize = 128;
/// People enrolled at most: 98 MiB of templates and some 70 of index, by what 20,000 take (`docs/benchmarks/search.md`).
const MOST_ENROLLED: usize = 200_000;
/// Bytes of one enrolled person.
const PERSON_BYTES: usize = 64 + TEMPLATE_BYTES;

/// Whose a session is: its tenant and the person's name there, neither in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    tenant: [u8; 32],
    person: [u8; 32],
}

impl Person {
    /// A tenant's person by the tenant's own name of them.
    pub fn of(tenant: &str, person: &str) -> Self {
        let hash = |what: &[&[u8]]| {
            let mut hasher = Sha256::new();
            what.iter().for_each(|part| hasher.update(part));
            hasher.finalize().into()
        };
        Self {
            tenant: hash(&[b"tenant\0", tenant.as_bytes()]),
            person: hash(&[b"person\0", tenant.as_bytes(), b"\0", person.as_bytes()]),
        }
    }
}

/// A place in the notes that somebody was taken off.
const VACANT: Person = Person {
    tenant: [0; 32],
    person: [0; 32],
};

/// Why a block list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The name can't be an entry's.
    #[error("an entry's name has 1 to {LONGEST_NAME} bytes of a-z, 0-9, `-` and `_`")]
    Name,
    /// There is one of that name.
    #[error("the block list has an entry of that name; remove it first, or take another name")]
    Taken,
    /// There is none of that name.
    #[error("the block list has no entry of that name")]
    Unknown,
    /// No room.
    #[error("the block list is full ({MOST_LISTED} entries); remove some")]
    Full,
    /// The store can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is known, ready to be searched.
pub struct Known {
    store: Store,
    book: Arc<Mutex<Book>>,
    /// An index is being built.
    indexing: Arc<AtomicBool>,
    /// One change of the notes at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Book {
    listed: Option<Gallery<String>>,
    enrolled: Option<Gallery<Person>>,
    /// Places in the notes, taken or not.
    places: usize,
    /// Places that somebody was taken off.
    vacant: Vec<usize>,
}

impl Known {
    /// Reads what the store holds. What does not open or is of another network is left out and told.
    pub fn open(store: Store) -> Self {
        let mut book = Book::default();
        let mut left_out = 0;
        for (name, template) in listed(&read(&store, LISTED, &mut left_out)) {
            let taken = template.is_some_and(|template| book.list(name, &template));
            left_out += usize::from(!taken);
        }
        for note in 0..MOST_ENROLLED.div_ceil(IN_A_NOTE) {
            let bytes = read(&store, &enrolled_note(note), &mut left_out);
            for (person, template) in people(&bytes) {
                book.places += 1;
                if person == VACANT {
                    book.vacant.push(book.places - 1);
                    continue;
                }
                let taken = template.is_some_and(|template| book.enrol(person, &template));
                left_out += usize::from(!taken);
            }
            if bytes.is_empty() {
                break;
            }
        }
        if left_out > 0 {
            tracing::warn!(
                left_out,
                "known faces can't be searched; list them again with the networks in use"
            );
        }
        let known = Self {
            store,
            book: Arc::new(Mutex::new(book)),
            indexing: Arc::default(),
            turn: tokio::sync::Mutex::default(),
        };
        known.index_where_due();
        known
    }

    /// Searches for a face.
    pub fn search(&self, face: &Template, whose: Person) -> KnownFaces {
        let book = self.book();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let listed = book.listed.as_ref();
        let nearest_listed = listed.and_then(|gallery| {
            let hits = gallery.nearest(face, 1).ok()?;
            hits.first().map(|hit| hit.distance)
        });
        let others = |other: &Person| other.tenant == whose.tenant && other.person != whose.person;
        let enrolled = book.enrolled.as_ref();
        KnownFaces {
            listed: listed.map_or(0, |gallery| count(gallery.len())),
            nearest_listed,
            enrolled: enrolled.map_or(0, |gallery| {
                count(gallery.names().filter(|other| others(other)).count())
            }),
            nearest_enrolled: enrolled.and_then(|gallery| {
                let hits = gallery.nearest_of(face, 1, |other| others(other)).ok()?;
                hits.first().map(|hit| hit.distance)
            }),
        }
    }

    /// The block list's names.
    pub fn listed(&self) -> Vec<String> {
        let book = self.book();
        let names = book.listed.iter().flat_map(Gallery::names);
        names.cloned().collect()
    }

    /// Puts a face on the block list; durable when this returns.
    pub async fn list(&self, name: &str, face: &Template) -> Result<(), ListError> {
        let right = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(right) {
            return Err(ListError::Name);
        }
        let _turn = self.turn.lock().await;
        let mut bytes = self.store.note(LISTED)?.unwrap_or_default();
        let names: Vec<String> = listed(&bytes).into_iter().map(|(name, _)| name).collect();
        if names.iter().any(|taken| taken == name) {
            return Err(ListError::Taken);
        }
        if names.len() >= MOST_LISTED {
            return Err(ListError::Full);
        }
        let template = Zeroizing::new(face.to_bytes());
        bytes.push(u8::try_from(name.len()).map_err(|_| ListError::Name)?);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(template.as_slice());
        self.store.put_note(LISTED, &bytes).await?;
        self.book().list(name.to_owned(), face);
        Ok(())
    }

    /// Takes a face off the block list; durable when this returns.
    pub async fn unlist(&self, name: &str) -> Result<(), ListError> {
        let _turn = self.turn.lock().await;
        let bytes = self.store.note(LISTED)?.unwrap_or_default();
        let mut kept = Zeroizing::new(Vec::with_capacity(bytes.len()));
        let mut found = false;
        let mut rest = &bytes[..];
        while let Some((entry, after)) = entry(rest) {
            let is_it =
                entry[1..].starts_with(name.as_bytes()) && usize::from(entry[0]) == name.len();
            found |= is_it;
            if !is_it {
                kept.extend_from_slice(entry);
            }
            rest = after;
        }
        if !found {
            return Err(ListError::Unknown);
        }
        self.store.put_note(LISTED, &kept).await?;
        let mut book = self.book();
        book.listed = None;
        for (name, template) in listed(&kept) {
            if let Some(template) = template {
                book.list(name, &template);
            }
        }
        Ok(())
    }

    /// Enrols a person who was approved; durable when this returns. Nobody is enrolled twice under one name.
    pub async fn enrol(&self, whose: Person, face: &Template) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let place = {
            let book = self.book();
            let mut known = book.enrolled.iter().flat_map(Gallery::names);
            if known.any(|known| *known == whose) {
                return Ok(());
            }
            match book.vacant.last() {
                Some(vacant) => *vacant,
                None if book.places >= MOST_ENROLLED => return Ok(()),
                None => book.places,
            }
        };
        let note = enrolled_note(place / IN_A_NOTE);
        let mut bytes = self.store.note(&note)?.unwrap_or_default();
        let from = place % IN_A_NOTE * PERSON_BYTES;
        if bytes.len() < from + PERSON_BYTES {
            bytes.resize(from + PERSON_BYTES, 0);
        }
        let template = Zeroizing::new(face.to_bytes());
        let own = &mut bytes[from..from + PERSON_BYTES];
        own[..32].copy_from_slice(&whose.tenant);
        own[32..64].copy_from_slice(&whose.person);
        own[64..].copy_from_slice(template.as_slice());
        self.store.put_note(&note, &bytes).await?;
        {
            let mut book = self.book();
            book.vacant.retain(|vacant| *vacant != place);
            book.places = book.places.max(place + 1);
            book.enrol(whose, face);
        }
        self.index_where_due();
        Ok(())
    }

    /// Takes a person off those who are enrolled; durable when this returns. Gives whether they were.
    pub async fn forget(&self, whose: Person) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        let places = self.book().places;
        let is_known = {
            let book = self.book();
            let mut known = book.enrolled.iter().flat_map(Gallery::names);
            known.any(|known| *known == whose)
        };
        let mut was_there = is_known;
        // Also who can't be searched, since the networks are others now.
        for note in 0..places.div_ceil(IN_A_NOTE) {
            let name = enrolled_note(note);
            let Some(mut bytes) = self.store.note(&name)? else {
                continue;
            };
            let of_person = people(&bytes).position(|(person, _)| person == whose);
            let Some(place) = of_person else {
                continue;
            };
            bytes[place * PERSON_BYTES..][..PERSON_BYTES].fill(0);
            self.store.put_note(&name, &bytes).await?;
            self.book().vacant.push(note * IN_A_NOTE + place);
            was_there = true;
            break;
        }
        if let Some(enrolled) = &mut self.book().enrolled {
            enrolled.remove(|known| *known == whose);
        }
        self.index_where_due();
        Ok(was_there)
    }

    /// Forgets everybody, the block list with them; durable when this returns.
    pub async fn forget_all(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        self.store.remove_note(LISTED).await?;
        for note in (0..MOST_ENROLLED.div_ceil(IN_A_NOTE)).map(enrolled_note) {
            // One that does not open is removed, too.
            if !matches!(self.store.note(&note), Ok(None)) {
                self.store.remove_note(&note).await?;
            }
        }
        *self.book() = Book::default();
        Ok(())
    }

    /// Builds an index where there are people enough, on a thread of its own; searches go on without it meanwhile.
    fn index_where_due(&self) {
        let due = self.book().enrolled.as_ref().and_then(Gallery::index_due);
        let Some(unbuilt) = due else { return };
        if self.indexing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (book, indexing) = (Arc::clone(&self.book), Arc::clone(&self.indexing));
        let build = move || {
            let built = unbuilt.build();
            let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(index), Some(enrolled)) = (built, &mut book.enrolled) {
                enrolled.take_index(index);
            }
            indexing.store(false, Ordering::Release);
        };
        let thread = std::thread::Builder::new().name("faces-index".into());
        if let Err(error) = thread.spawn(build) {
            self.indexing.store(false, Ordering::Release);
            tracing::warn!(%error, "no index of known faces; they are compared one by one");
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // A gallery is whole after each face that is added to it.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Whether the face could be added: not where it is of another network.
    fn list(&mut self, name: String, face: &Template) -> bool {
        let empty = || Gallery::new(face.measure());
        let gallery = self.listed.get_or_insert_with(empty);
        gallery.add(name, face).is_ok()
    }

    fn enrol(&mut self, whose: Person, face: &Template) -> bool {
        let empty = || Gallery::new(face.measure());
        let gallery = self.enrolled.get_or_insert_with(empty);
        gallery.add(whose, face).is_ok()
    }
}

fn enrolled_note(number: usize) -> String {
    format!("faces enrolled {number}")
}

fn read(store: &Store, name: &str, left_out: &mut usize) -> Zeroizing<Vec<u8>> {
    match store.note(name) {
        Ok(note) => note.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(%error, "a note of known faces can't be read");
            *left_out += 1;
            Zeroizing::default()
        }
    }
}

/// The first entry of the block list's bytes, and the rest; `None` where no whole one is there.
fn entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = 1 + usize::from(*bytes.first()?) + TEMPLATE_BYTES;
    bytes.split_at_checked(length)
}

fn listed(bytes: &[u8]) -> Vec<(String, Option<Template>)> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while let Some((entry, after)) = entry(rest) {
        let (name, template) = entry[1..].split_at(usize::from(entry[0]));
        let name = String::from_utf8_lossy(name).into_owned();
        all.push((name, Template::from_bytes(template).ok()));
        rest = after;
    }
    all
}

fn people(bytes: &[u8]) -> impl Iterator<Item = (Person, Option<Template>)> {
    bytes.chunks_exact(PERSON_BYTES).filter_map(|bytes| {
        let (tenant, rest) = bytes.split_first_chunk::<32>()?;
        let (person, template) = rest.split_first_chunk::<32>()?;
        let whose = Person {
            tenant: *tenant,
            person: *person,
        };
        Some((whose, Template::from_bytes(template).ok()))
    })
}

#[cfg(test)]
#[path = "known/tests.rs"]
mod tests;
