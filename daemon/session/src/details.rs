//! What a document says beside the fields that a decision needs: told to those entitled to it, decided by nothing.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::Redacted;

/// A text that is somebody's own.
type Own = Option<Redacted<String>>;

/// What else was read, each as the document writes it; `None` where it was not read or the document does not have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentDetails {
    /// The holder's number with the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal_number: Own,
    /// Place of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_place: Own,
    /// First day of validity, or when it was made out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_date: Option<Date>,
    /// The state, province or territory that issued it, within its country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuing_region: Option<String>,
    /// First of the given names, where the document parts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Own,
    /// The other given names, where the document parts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Own,
    /// What follows a name, e.g. `JR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_suffix: Own,
    /// The whole address where its parts can't be told, rows by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Own,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Own,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Own,
    /// State, province or territory of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Own,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Own,
    /// Height, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Own,
    /// Weight, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Own,
    /// Colour of the eyes, in the document's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eye_colour: Own,
    /// Colour of the hair, in the document's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hair_colour: Own,
    /// Classes of vehicles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle_class: Own,
    /// Restrictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrictions: Own,
    /// What tells this very document from others of the holder (AAMVA's document discriminator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Own,
}

impl DocumentDetails {
    /// Nothing of it was read.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
