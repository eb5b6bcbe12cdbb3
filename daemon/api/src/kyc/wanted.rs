//! What a list is asked for: which sessions, of when, whose, and which page of them.

use kiosk_session::{Redacted, Session, SessionId, Status};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::session::{day, metadata, own, verified};
use super::words;
use crate::person;
use crate::service::{Caller, Filter, PublicStatus, Purpose};
use crate::web::App;
use crate::web::fields::{self, Fields};
use crate::web::problem::Problem;

/// Entries of a page where the caller does not say, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;
/// Farthest that a page may begin.
const FARTHEST: usize = 1_000_000;
/// Most names in one filter.
const MOST_NAMES: usize = 100;
/// Longest name or term, in characters.
const LONGEST: usize = 256;
/// Sessions that are opened at once where a list looks into each.
const AT_ONCE: usize = 200;

/// A page's counts (ours).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct Counts {
    pub(super) total: usize,
    pub(super) returned: usize,
    pub(super) take: usize,
    pub(super) skip: usize,
}

/// Which page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    pub(super) take: usize,
    pub(super) skip: usize,
}

impl Slice {
    pub(super) fn read(fields: &Fields) -> Result<Self, Problem> {
        Ok(Self {
            take: fields::count(fields, "take", LARGEST_PAGE, PAGE)?,
            skip: fields::count(fields, "skip", FARTHEST, 0)?,
        })
    }

    /// The page's counts.
    pub(super) const fn counts(self, total: usize, returned: usize) -> Counts {
        Counts {
            total,
            returned,
            take: self.take,
            skip: self.skip,
        }
    }

    /// The page of what is all there, with its counts.
    pub(super) fn of<T>(self, all: Vec<T>) -> (Vec<T>, Counts) {
        let total = all.len();
        let page: Vec<T> = all.into_iter().skip(self.skip).take(self.take).collect();
        let counts = self.counts(total, page.len());
        (page, counts)
    }
}

/// A list as it is asked for.
pub(super) struct Wanted {
    purpose: Purpose,
    statuses: Vec<Option<PublicStatus>>,
    between: (Option<OffsetDateTime>, Option<OffsetDateTime>),
    slice: Slice,
    within: Within,
}

/// What can be told of a session only by opening it.
#[derive(Default)]
struct Within {
    identities: Option<Vec<String>>,
    clients: Option<Vec<String>>,
    users: Option<Vec<String>>,
    verified: Option<bool>,
    metadata: Option<Fields>,
    term: Option<Redacted<String>>,
}

impl Wanted {
    /// Reads a body's filters.
    pub(super) fn read(fields: &Fields, purpose: Purpose) -> Result<Self, Problem> {
        let wanted = fields::text(fields, "status", 64)?;
        let statuses = match &wanted {
            None => vec![None],
            Some(word) => words::statuses(word)
                .ok_or_else(unknown_status)?
                .iter()
                .map(|status| Some(*status))
                .collect(),
        };
        Ok(Self {
            purpose,
            statuses,
            between: (day(fields, "start_date")?, day(fields, "end_date")?),
            slice: Slice::read(fields)?,
            within: Within::read(fields)?,
        })
    }

    /// Reads the filters of a list of identities: of approved sessions.
    pub(super) fn identities(fields: &Fields) -> Result<Self, Problem> {
        let statuses = vec![Some(PublicStatus::Decided(Status::Approved))];
        let wanted = Self::read(fields, Purpose::Verification)?;
        Ok(Self { statuses, ..wanted })
    }

    /// Every session that told who somebody is by that identity.
    pub(super) fn of_identity(identity: SessionId) -> Self {
        Self {
            purpose: Purpose::Authentication,
            statuses: vec![None],
            between: (None, None),
            slice: Slice { take: 0, skip: 0 },
            within: Within {
                identities: Some(vec![identity.to_string()]),
                ..Within::default()
            },
        }
    }

    /// The names of all, whatever the page.
    pub(super) async fn all(&self, app: &App, caller: &Caller) -> Result<Vec<SessionId>, Problem> {
        let slice = Slice {
            take: FARTHEST,
            skip: 0,
        };
        let (sessions, _) = self.by_opening(app, caller, slice).await?;
        Ok(sessions.into_iter().map(|session| session.id).collect())
    }

    /// The page, newest first, with its counts.
    pub(super) async fn page(
        &self,
        app: &App,
        caller: &Caller,
    ) -> Result<(Vec<Session>, Counts), Problem> {
        let (sessions, total) = match self.within.is_empty() {
            true => self.by_index(app, caller).await?,
            false => self.by_opening(app, caller, self.slice).await?,
        };
        let counts = self.slice.counts(total, sessions.len());
        Ok((sessions, counts))
    }

    fn filter(&self, status: Option<PublicStatus>, offset: usize, limit: usize) -> Filter {
        Filter {
            status,
            external_user_id: None,
            from: self.between.0,
            before: self.between.1,
            purpose: Some(self.purpose),
            limit,
            offset,
        }
    }

    /// Few words stand for two statuses of the service: each is listed up to the page's end, newest first.
    async fn by_index(&self, app: &App, caller: &Caller) -> Result<(Vec<Session>, usize), Problem> {
        let Slice { take, skip } = self.slice;
        let (mut sessions, mut total) = (Vec::new(), 0);
        for status in &self.statuses {
            let filter = self.filter(*status, 0, skip + take);
            let page = app.service.list(caller, filter).await?;
            sessions.extend(page.sessions);
            total += page.total;
        }
        newest_first(&mut sessions);
        let page = sessions.into_iter().skip(skip).take(take);
        Ok((page.collect(), total))
    }

    /// Opens every session that the index gives, some at a time, and keeps those up to the page's end.
    async fn by_opening(
        &self,
        app: &App,
        caller: &Caller,
        Slice { take, skip }: Slice,
    ) -> Result<(Vec<Session>, usize), Problem> {
        let (mut kept, mut total) = (Vec::new(), 0);
        for status in &self.statuses {
            let (mut offset, mut of_status) = (0, 0);
            loop {
                let filter = self.filter(*status, offset, AT_ONCE);
                let page = app.service.list(caller, filter).await?;
                let opened = page.sessions.len();
                let fitting = page.sessions.into_iter();
                for session in fitting.filter(|session| self.within.holds(session)) {
                    of_status += 1;
                    if of_status <= skip + take {
                        kept.push(session);
                    }
                }
                offset += opened;
                if opened == 0 || offset >= page.total {
                    break;
                }
            }
            total += of_status;
        }
        newest_first(&mut kept);
        let page = kept.into_iter().skip(skip).take(take);
        Ok((page.collect(), total))
    }
}

fn newest_first(sessions: &mut [Session]) {
    sessions
        .sort_by_key(|session| std::cmp::Reverse(session.state.case().map(|case| case.created_at)));
}

impl Within {
    fn read(fields: &Fields) -> Result<Self, Problem> {
        let verified = match fields.get("verified") {
            None | Some(Value::Null) => None,
            Some(_) => Some(fields::truth(fields, "verified")?),
        };
        let metadata = match fields.get("metadata") {
            None | Some(Value::Null) => None,
            Some(Value::Object(wanted)) => Some(wanted.clone()),
            Some(_) => return Err(Problem::validation("Field `metadata` has to be an object")),
        };
        Ok(Self {
            identities: names(fields, "identity_id")?,
            clients: names(fields, "client_id")?,
            users: names(fields, "user_id")?,
            verified,
            metadata: metadata.filter(|wanted| !wanted.is_empty()),
            term: fields::text(fields, "search_term", LONGEST)?
                .map(|term| Redacted::new(term.trim().to_lowercase())),
        })
    }

    const fn is_empty(&self) -> bool {
        self.identities.is_none()
            && self.clients.is_none()
            && self.users.is_none()
            && self.verified.is_none()
            && self.metadata.is_none()
            && self.term.is_none()
    }

    fn holds(&self, session: &Session) -> bool {
        let state = &session.state;
        let Some(case) = state.case() else {
            return false;
        };
        let among = |wanted: &Option<Vec<String>>, is: Option<&str>| {
            wanted.as_ref().is_none_or(|names| {
                is.is_some_and(|is| names.iter().any(|name| name.eq_ignore_ascii_case(is)))
            })
        };
        let identity = match case.opening.identity {
            Some(identity) => Some(identity.to_string()),
            None => (verified(state) == Some(true)).then(|| session.id.to_string()),
        };
        among(&self.identities, identity.as_deref())
            && among(&self.clients, Some(&case.opening.credential))
            // Nobody's sessions are a person's of the back office.
            && among(&self.users, None)
            && self.verified.is_none_or(|wanted| verified(state) == Some(wanted))
            && self.has_metadata(session)
            && self.has_term(session)
    }

    /// Every field that is asked for stands in the session's own, with that value.
    fn has_metadata(&self, session: &Session) -> bool {
        let Some(wanted) = &self.metadata else {
            return true;
        };
        let held = metadata(&session.state).unwrap_or(Value::Null);
        wanted
            .iter()
            .all(|(name, value)| held.get(name) == Some(value))
    }

    /// The term is part of the session's name, the person's names or the document's number.
    fn has_term(&self, session: &Session) -> bool {
        let Some(term) = &self.term else {
            return true;
        };
        let read = session.state.document();
        let read = read.and_then(|document| document.fields.as_ref());
        let texts = [
            Some(session.id.to_string()),
            read.and_then(person::full_name),
            read.map(|fields| fields.document_number.reveal().clone()),
            read.and_then(|fields| own(&fields.details.reference)),
        ];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.to_lowercase().contains(term.reveal()))
    }
}

/// A text or a list of texts.
fn names(fields: &Fields, name: &str) -> Result<Option<Vec<String>>, Problem> {
    let wrong = || {
        Problem::validation(format!(
            "Field `{name}` has to be a text or a list of 1 to {MOST_NAMES} texts"
        ))
    };
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if is_short(text) => Ok(Some(vec![text.clone()])),
        Some(Value::Array(texts)) if (1..=MOST_NAMES).contains(&texts.len()) => {
            let read = texts
                .iter()
                .map(|text| text.as_str().filter(|text| is_short(text)));
            let read = read.map(|text| text.map(str::to_owned));
            let read: Option<Vec<String>> = read.collect();
            read.map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

fn is_short(name: &str) -> bool {
    name.chars().count() <= LONGEST
}

fn unknown_status() -> Problem {
    Problem::validation(
        "Field `status` has to be unknown, in_progress, complete, temporarily_blocked, temporarily_complete or expired",
    )
}
