//! The bodies that the dialect takes, for its OpenAPI document.

#![expect(
    dead_code,
    reason = "bodies are read field by field, so that each fault is told by its name; these are their shapes for readers"
)]

use std::borrow::Cow;

use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::published::{
    DataSource, DocumentType, LivenessMode, LocationCaptureType, SessionStatus, StorageFileType,
};
use super::weights::{Flags, Numbers};
use crate::docs::shapes::{DayOrMoment, WebAddress};

/// Nothing is asked for: an object without fields.
#[derive(ToSchema)]
pub(super) struct Nothing {}

/// The session.
#[derive(ToSchema)]
pub(super) struct OfSession {
    session_id: Uuid,
}

/// How a session begins.
#[derive(ToSchema)]
pub(super) struct SessionBody {
    /// The partner's own data.
    #[schema(value_type = Option<Object>)]
    metadata: Option<()>,
    /// Ours: gestures are asked for where it is absent.
    liveness_mode: Option<LivenessMode>,
    /// http or https.
    #[schema(value_type = Option<WebAddress>)]
    webhook_url: Option<String>,
    #[schema(value_type = Option<Object>)]
    settings: Option<()>,
}

/// How an authentication begins.
#[derive(ToSchema)]
pub(super) struct AuthenticationBody {
    /// Whom the person says to be.
    identity_id: Uuid,
    #[serde(flatten)]
    session: SessionBody,
}

/// What the SDK says of itself.
#[derive(ToSchema)]
pub(super) struct SdkMetadata {
    session_id: Uuid,
    #[schema(value_type = Object)]
    sdk_metadata: (),
}

/// The person consents.
#[derive(ToSchema)]
pub(super) struct ConsentGiven {
    session_id: Uuid,
    /// True: false is refused and takes nothing back.
    consented: bool,
}

/// The type that the person chose.
#[derive(ToSchema)]
pub(super) struct DocumentChosen {
    session_id: Uuid,
    document_type_e: DocumentType,
}

/// A side of the document.
#[derive(ToSchema)]
pub(super) struct SideForm {
    session_id: Uuid,
    #[schema(value_type = String, format = Binary)]
    image: Vec<u8>,
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

/// The session, and where the device is.
#[derive(ToSchema)]
pub(super) struct AtPlace {
    session_id: Uuid,
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

/// Pictures of the person.
#[derive(ToSchema)]
pub(super) struct Pictures {
    session_id: Uuid,
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    /// Pictures in their order as base64, bare or as data URLs; or (ours) one video.
    #[schema(min_items = 1, max_items = 600)]
    images: Vec<String>,
}

/// The session's end.
#[derive(ToSchema)]
pub(super) struct Finalizing {
    session_id: Uuid,
    /// In the place of those of before.
    #[schema(value_type = Option<Object>)]
    settings: Option<()>,
}

/// Names: one, or a list of up to 100.
struct OneOrMore;

impl PartialSchema for OneOrMore {
    fn schema() -> RefOr<Schema> {
        one_or_more(|| text().max_length(Some(256)))
    }
}

impl ToSchema for OneOrMore {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("OneOrMore")
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn one_or_more(one: fn() -> ObjectBuilder) -> RefOr<Schema> {
    let more = ArrayBuilder::new()
        .items(one())
        .min_items(Some(1))
        .max_items(Some(100));
    OneOfBuilder::new().item(one()).item(more).into()
}

/// Which to list.
#[derive(ToSchema)]
pub(super) struct ListBody {
    #[schema(minimum = 0, maximum = 200, default = 50)]
    take: Option<usize>,
    #[schema(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
    status: Option<SessionStatus>,
    /// A day or a moment of RFC 3339: begun from then on.
    #[schema(value_type = Option<DayOrMoment>)]
    start_date: Option<String>,
    /// Begun before it.
    #[schema(value_type = Option<DayOrMoment>)]
    end_date: Option<String>,
    client_id: Option<OneOrMore>,
    user_id: Option<OneOrMore>,
    identity_id: Option<OneOrMore>,
    verified: Option<bool>,
    /// Every field that is given stands in the session's own with that value.
    #[schema(value_type = Option<Object>)]
    metadata: Option<()>,
    /// Ours: part of the session's name, the person's names or the document's number.
    #[schema(min_length = 1, max_length = 256, pattern = r"\S")]
    search_term: Option<String>,
}

/// Which picture's place.
#[derive(ToSchema)]
pub(super) struct LocationWanted {
    session_id: Uuid,
    location_capture_type_e: LocationCaptureType,
}

/// Whose documents.
#[derive(ToSchema)]
pub(super) struct DocumentsWanted {
    session_id: Uuid,
    #[schema(minimum = 0, maximum = 200, default = 50)]
    take: Option<usize>,
    #[schema(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
}

/// Which picture of a session.
#[derive(ToSchema)]
pub(super) struct FileWanted {
    session_id: Uuid,
    storage_file_type_e: StorageFileType,
}

/// The identity.
#[derive(ToSchema)]
pub(super) struct OfIdentity {
    identity_id: Uuid,
}

/// Names of identities: one, or a list of up to 100.
struct OneOrMoreIdentities;

impl PartialSchema for OneOrMoreIdentities {
    fn schema() -> RefOr<Schema> {
        one_or_more(|| text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))))
    }
}

impl ToSchema for OneOrMoreIdentities {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("OneOrMoreIdentities")
    }
}

/// Which identities: in either field.
#[derive(ToSchema)]
pub(super) struct IdentitiesWanted {
    identity_id: Option<OneOrMoreIdentities>,
    identity_ids: Option<OneOrMoreIdentities>,
}

/// An identity's document.
#[derive(ToSchema)]
pub(super) struct IdentityDocumentWanted {
    identity_id: Uuid,
    document_type_e: DocumentType,
}

/// Which picture of an identity.
#[derive(ToSchema)]
pub(super) struct IdentityFileWanted {
    identity_id: Uuid,
    storage_file_type_e: StorageFileType,
}

/// A new version of the weights.
#[derive(ToSchema)]
pub(super) struct WeightsBody {
    /// The caller's own.
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    client_id: Option<String>,
    /// Kept and given back.
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    user_id: Option<String>,
    #[serde(flatten)]
    numbers: Numbers,
}

/// What has to be read of one type of document, read in one way.
#[derive(ToSchema)]
pub(super) struct RequirementsBody {
    /// The caller's own.
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    client_id: Option<String>,
    /// Kept and given back.
    #[schema(min_length = 1, max_length = 64, pattern = r"\S")]
    user_id: Option<String>,
    type_e: DocumentType,
    data_source_e: DataSource,
    #[serde(flatten)]
    fields: Flags,
}

/// An address that is told of what happens.
#[derive(ToSchema)]
pub(super) struct WebhookBody {
    /// The caller's own.
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    client_id: Option<String>,
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    name: String,
    /// http or https.
    #[schema(value_type = WebAddress)]
    url: String,
}

/// Which addresses to list.
#[derive(ToSchema)]
pub(super) struct WebhooksWanted {
    #[schema(minimum = 0, maximum = 200, default = 50)]
    take: Option<usize>,
    #[schema(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    client_id: Option<String>,
    /// Part of the name, the address or the id.
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    search_term: Option<String>,
}

/// The subscription.
#[derive(ToSchema)]
pub(super) struct OfWebhook {
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    id: String,
}

/// The secret.
#[derive(ToSchema)]
pub(super) struct OfSecret {
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    id: String,
}

/// Which tries to list.
#[derive(ToSchema)]
pub(super) struct DeliveriesWanted {
    #[schema(minimum = 0, maximum = 200, default = 50)]
    take: Option<usize>,
    #[schema(minimum = 0, maximum = 1_000_000, default = 0)]
    skip: Option<usize>,
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    webhook_id: Option<String>,
    #[schema(min_length = 1, max_length = 128, pattern = r"\S")]
    message_id: Option<String>,
}
