//! The published words, for the dialect's OpenAPI document: what each enum may say.

#![expect(
    dead_code,
    reason = "words are written as texts where they are answered and read as texts where they are sent"
)]

use serde::Serialize;
use utoipa::ToSchema;

/// How far a session is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SessionStatus {
    Unknown,
    InProgress,
    Complete,
    TemporarilyBlocked,
    TemporarilyComplete,
    Expired,
}

/// A document's type.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DocumentType {
    Unknown,
    DriverLicense,
    IdentificationCard,
    Passport,
    PassportCard,
}

/// Where a document's deciding fields were read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DataSource {
    Unknown,
    Mrz,
    Barcode,
}

/// As the document says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Gender {
    Female,
    Male,
    Unknown,
}

/// Whether watch lists name the person; `unknown` where none was consulted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ListStatus {
    Clear,
    Hit,
    Unknown,
}

/// Whether gestures are asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum LivenessMode {
    Passive,
    PassiveActive,
}

/// A picture of which the device said where it was taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum LocationCaptureType {
    Unknown,
    FrontDocImageCapture,
    BackDocImageCapture,
    SelfieImageCapture,
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TestResult {
    Passed,
    Failed,
}

/// A picture of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StorageFileType {
    Unknown,
    DriverLicenseFront,
    DriverLicenseBack,
    StateIdCardFront,
    StateIdCardBack,
    PassportFront,
    PassportCardFront,
    PassportCardBack,
    Selfie,
    LivenessPassive,
    #[serde(rename = "liveness_active_step_1")]
    LivenessActiveStep1,
    #[serde(rename = "liveness_active_step_2")]
    LivenessActiveStep2,
    #[serde(rename = "liveness_active_step_3")]
    LivenessActiveStep3,
    #[serde(rename = "liveness_active_step_4")]
    LivenessActiveStep4,
}

/// What a picture's bytes are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(super) struct Picture(Vec<u8>);
