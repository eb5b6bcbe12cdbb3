//! A picture of the person to findings, and two faces to a distance.

use kiosk_inference::face::quality::Measure;
use kiosk_inference::face::{FaceObservation, FaceQuality, Subject, Template, enrol};
use kiosk_inference::liveness::injection::Judgement;
use kiosk_inference::picture::Picture;
use kiosk_session::{Assessment, FaceMatch, PictureQuality, Unassessed, UsableFace};
use thiserror::Error;

use super::{Models, quality};

/// JPEG quality of pictures kept as evidence.
const EVIDENCE_QUALITY: u8 = 92;

/// Why a picture is no selfie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Nobody is in it.
    #[error("no face was found; face the camera in even light and try again")]
    NoFace,
    /// More than one person is in it.
    #[error("more than one face was found; only the person to be verified may be in the picture")]
    SeveralFaces,
    /// The face is too small.
    #[error("the face is too far away; come closer and try again")]
    TooFar,
    /// Too little light falls on the face.
    #[error("the face is too dark; let more light fall on it and try again")]
    TooDark,
    /// A fifth of the face and more is clipped to white.
    #[error("the face is too bright; step out of the light and try again")]
    TooBright,
    /// Something lies over the face.
    #[error("the face is covered; take off what covers it and try again")]
    Covered,
    /// No detail is left.
    #[error("the face is blurred; hold still, clean the lens and try again")]
    Blurred,
    /// The face is turned away.
    #[error("the face is turned away; look straight into the camera and try again")]
    Turned,
}

impl Unusable {
    /// What is wrong with how a face is seen, not with where it is: who can't mend it is not sent away for it.
    pub const POOR: [Self; 4] = [Self::TooDark, Self::TooBright, Self::Covered, Self::Blurred];

    /// The stable code in answers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoFace => "NO_FACE",
            Self::SeveralFaces => "SEVERAL_FACES",
            Self::TooFar => "FACE_TOO_FAR",
            Self::TooDark => "TOO_DARK",
            Self::TooBright => "TOO_BRIGHT",
            Self::Covered => "FACE_COVERED",
            Self::Blurred => "TOO_BLURRED",
            Self::Turned => "FACE_TURNED",
        }
    }
}

/// What a selfie gave.
pub struct SelfieFindings {
    /// Faces in the picture.
    pub faces: u32,
    /// The person's face.
    pub subject: Subject,
    /// Against the face that it has to be.
    pub face_match: Assessment<FaceMatch>,
    /// The face, for a search among faces that are known.
    pub template: Template,
    /// The picture, as JPEG.
    pub picture: Vec<u8>,
    /// How good it is.
    pub quality: Option<PictureQuality>,
    /// Whether it is too poor to be compared with anything.
    pub is_poor: bool,
    /// Its width and height, px.
    pub size: [u32; 2],
    /// What the uploaded file says of itself, judged; none where a camera took it.
    pub words: Option<Judgement>,
    /// Hashes of the models that had a part in it.
    pub models: Vec<(String, String)>,
}

/// What was measured of a picture that is no selfie.
pub struct NoSelfie {
    /// Why it is none.
    pub why: Unusable,
    /// Faces in it, the largest and those near it.
    pub faces: u32,
    /// How good it is, where there was a face.
    pub quality: Option<PictureQuality>,
    /// Hashes of the models that had a part in it.
    pub models: Vec<(String, String)>,
}

impl Models {
    /// What these models measured of a picture that is no selfie.
    pub fn no_selfie(&self, why: Unusable, faces: u32, assessed: Option<&FaceQuality>) -> NoSelfie {
        NoSelfie {
            why,
            faces,
            quality: assessed.map(quality::record),
            models: self.hashes_of(&["face_detector", "face_mesh", "iris"]),
        }
    }
}

/// The one usable face of a picture.
pub fn usable(
    seen: FaceObservation,
    quality: Option<&FaceQuality>,
    limits: &UsableFace,
) -> Result<Subject, Unusable> {
    if seen.near_faces() > 1 {
        return Err(Unusable::SeveralFaces);
    }
    let subject = seen.subject.ok_or(Unusable::NoFace)?;
    if let Some(fault) = misplaced(&subject, limits) {
        return Err(fault);
    }
    match quality.and_then(|quality| poor(quality, limits)) {
        Some(fault) => Err(fault),
        None => Ok(subject),
    }
}

/// Why a face is too small or too far turned to count.
pub(super) fn misplaced(subject: &Subject, limits: &UsableFace) -> Option<Unusable> {
    let turn_deg = subject.pose.yaw_deg.abs().max(subject.pose.pitch_deg.abs());
    if subject.bounds.height < limits.min_height_px {
        return Some(Unusable::TooFar);
    }
    (turn_deg > limits.max_turn_deg).then_some(Unusable::Turned)
}

/// Why a face is seen too poorly to count. What was not assessed is no fault.
pub(super) fn poor(quality: &FaceQuality, limits: &UsableFace) -> Option<Unusable> {
    let below = |measure, least| {
        let component = quality.get(measure).map(|value| value.component);
        component.is_some_and(|component| component < least)
    };
    [
        (
            Measure::UnderExposurePrevention,
            limits.min_under_exposure_prevention,
            Unusable::TooDark,
        ),
        (
            Measure::OverExposurePrevention,
            limits.min_over_exposure_prevention,
            Unusable::TooBright,
        ),
        (
            Measure::FaceOcclusionPrevention,
            limits.min_face_occlusion_prevention,
            Unusable::Covered,
        ),
        (Measure::Sharpness, limits.min_sharpness, Unusable::Blurred),
    ]
    .into_iter()
    .find_map(|(measure, least, fault)| below(measure, least).then_some(fault))
}

/// The face that a selfie is compared with.
pub enum Against {
    /// A document's portrait, where one was found.
    Portrait(Option<Picture>),
    /// The selfie that the person was approved by.
    Enrolled(Picture),
    /// Nobody's: who it is was not asked.
    Nobody,
}

/// What a selfie has to be like.
#[derive(Debug, Clone)]
pub struct SelfieWish {
    /// The policy's limits.
    pub limits: UsableFace,
    /// Whether one that is seen poorly is taken all the same: it is compared with nothing, so that a person has to look.
    pub poor_too: bool,
}

/// Looks at a selfie and compares it with the face that it has to be, where there is one.
pub fn look_at_selfie(
    models: &mut Models,
    picture: &Picture,
    against: &Against,
    wish: &SelfieWish,
) -> Result<Result<SelfieFindings, NoSelfie>, kiosk_inference::Error> {
    let seen = models.observe(picture)?;
    let faces = u32::try_from(seen.near_faces()).unwrap_or(u32::MAX);
    let assessed = match &seen.subject {
        Some(subject) => Some(FaceQuality::assess(picture, subject, &seen)?),
        None => None,
    };
    let fault = assessed.as_ref().and_then(|it| poor(it, &wish.limits));
    let is_poor = wish.poor_too && fault.is_some();
    let judged = if is_poor { None } else { assessed.as_ref() };
    let subject = match usable(seen, judged, &wish.limits) {
        Ok(subject) => subject,
        Err(why) => {
            return Ok(Err(models.no_selfie(why, faces, assessed.as_ref())));
        }
    };
    let template = models.embedder.embed(picture, &subject)?;
    let face_match = match is_poor {
        true => Assessment::NotAssessed(Unassessed::FaceNotUsable),
        false => compare(models, &template, against)?,
    };
    Ok(Ok(SelfieFindings {
        faces,
        subject,
        face_match,
        template,
        picture: picture.encode_jpeg(EVIDENCE_QUALITY)?,
        quality: assessed.as_ref().map(quality::record),
        is_poor,
        size: [picture.width(), picture.height()],
        words: None,
        models: models.hashes_of(&["face_detector", "face_mesh", "face_embedding"]),
    }))
}

/// The distance between a face and the nearest face of the other picture, by the calibration of such pairs.
fn compare(
    models: &mut Models,
    one: &Template,
    against: &Against,
) -> Result<Assessment<FaceMatch>, kiosk_inference::Error> {
    let other = match against {
        Against::Portrait(None) | Against::Nobody => {
            return Ok(Assessment::NotAssessed(Unassessed::NoPortrait));
        }
        Against::Portrait(Some(picture)) | Against::Enrolled(picture) => picture,
    };
    let Some(other) = template_of(models, other)? else {
        return Ok(Assessment::NotAssessed(Unassessed::NoFace));
    };
    let distance = one.distance(&other);
    Ok(Assessment::Assessed(match against {
        Against::Portrait(_) | Against::Nobody => models.calibrations.of_document(distance),
        Against::Enrolled(_) => models.calibrations.of_selfies(distance),
    }))
}

/// The nearest face of a stored picture as a template; `None` where it shows none.
pub fn template_of(
    models: &mut Models,
    picture: &Picture,
) -> Result<Option<Template>, kiosk_inference::Error> {
    let Some(enrolled) = enrol(&mut models.faces, picture)? else {
        return Ok(None);
    };
    models.timed(&enrolled.stages);
    let template = models
        .embedder
        .embed(&enrolled.picture, &enrolled.subject)?;
    Ok(Some(template))
}
