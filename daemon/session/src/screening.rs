//! What watch lists said of a name, as evidence: which lists in which version, who was near, and why.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Policy, Reason, Redacted};

/// One asking of the lists. It is never asked again for a decision: lists change, evidence does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Screening {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub screened_at: OffsetDateTime,
    /// The lists that were asked.
    pub lists: Vec<ListVersion>,
    /// The least score that was asked for, 0 to 100: the policy's then.
    pub from: f32,
    /// Who reaches it, best first; the best ones, where there are many.
    pub hits: Vec<ListHit>,
}

/// A list as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListVersion {
    /// `ofac_sdn`, `un_consolidated`, `eu_consolidated` or `user`.
    pub list: String,
    /// SHA-256 of its files, in hex.
    pub sha256: String,
    /// Entries.
    pub entries: u64,
    /// Names of them, aliases with them.
    pub names: u64,
}

/// An entry of a list that a name comes near.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListHit {
    /// List and the list's own number, e.g. `ofac_sdn:36`.
    pub entry: String,
    /// Which list.
    pub list: String,
    /// What it is listed for.
    pub topic: Topic,
    /// Why, as the list calls it.
    pub programme: String,
    /// The list's main name of it.
    pub main_name: Redacted<String>,
    /// The name that was met.
    pub name: Redacted<String>,
    /// 0 to 100: the name's score with what birth and country add.
    pub score: f32,
    /// 0 to 100: the name's alone.
    pub name_score: f32,
    /// 0 to 100: as OFAC's own search would score it.
    pub ofac_score: f32,
    /// How the dates of birth agree.
    pub birth_date: Fact,
    /// How the countries agree.
    pub country: Fact,
    /// Which part of the name met which.
    pub tokens: Redacted<Vec<TokenMet>>,
    /// Parts of the asked name that met none.
    pub unmatched_query: Redacted<Vec<String>>,
    /// Parts of the listed name that met none.
    pub unmatched_entry: Redacted<Vec<String>>,
    /// Who had looked at it before and found that it is another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Accepted>,
}

/// What somebody is listed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A sanction, or whatever the operator's own list is of.
    Sanction,
    /// A politically exposed person, by the operator's own list.
    Pep,
}

/// How a fact agrees with what a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// As the list has it.
    Agrees,
    /// Nearly.
    Near,
    /// Otherwise.
    Differs,
    /// One of the two does not say.
    Unknown,
}

/// A part of a name that met one of the listed name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenMet {
    /// Of the asked name.
    pub query: String,
    /// Of the listed name.
    pub entry: String,
    /// `same`, `variant`, `initial`, `joined`, `sound` or `spelling`.
    pub how: String,
    /// 0 to 1, 1 the same.
    pub similarity: f32,
    /// What the pair weighs, 0 to 1.
    pub weight: f32,
}

/// An exception: this person is not that entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom.
    pub user: String,
    /// Why.
    pub note: Redacted<String>,
}

impl Screening {
    /// Hits that a person has to look at under a policy; `None` where less was asked for than the policy wants.
    pub fn open_hits(&self, policy: &Policy) -> Option<impl Iterator<Item = &ListHit>> {
        let least = policy.screening.review_from;
        let is_open = move |hit: &&ListHit| hit.exception.is_none() && hit.score >= least;
        (self.from <= least).then(|| self.hits.iter().filter(is_open))
    }

    /// Whether there is no open hit for a sanction; `None` where it can't be said.
    pub fn sanctions_clear(&self, policy: &Policy) -> Option<bool> {
        let mut hits = self.open_hits(policy)?;
        Some(!hits.any(|hit| hit.topic == Topic::Sanction))
    }

    /// What open hits lead to: each topic's reason, once.
    pub(crate) fn reasons(&self, policy: &Policy) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for hit in self.open_hits(policy).into_iter().flatten() {
            let reason = match hit.topic {
                Topic::Sanction => Reason::WatchListHit,
                Topic::Pep => Reason::PoliticallyExposed,
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }
}
