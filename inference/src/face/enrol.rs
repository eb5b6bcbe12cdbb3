//! The face of a picture that is to be compared, found in any picture that shows one.
//!
//! A camera's frame that shows no face is followed by another one; a stored picture is all that there is. So where the
//! reader finds none, the picture is shown to it again with room around it.

use std::borrow::Cow;

use super::{FaceReader, Subject};
use crate::Error;
use crate::picture::Picture;

/// A face that can be embedded.
#[derive(Debug)]
pub struct Enrolment<'p> {
    /// The picture that the subject was observed in: the one given, or one made from it.
    pub picture: Cow<'p, Picture>,
    /// The nearest (largest) face.
    pub subject: Subject,
    /// Faces in the picture. Several are no reason to refuse: the nearest is taken.
    pub faces: usize,
}

/// The nearest face of a picture; `None` where it shows none.
///
/// # Errors
/// Where a network fails.
pub fn enrol<'p>(
    reader: &mut FaceReader,
    picture: &'p Picture,
) -> Result<Option<Enrolment<'p>>, Error> {
    let seen = reader.observe(picture)?;
    Ok(seen.subject.map(|subject| Enrolment {
        picture: Cow::Borrowed(picture),
        subject,
        faces: seen.faces.len(),
    }))
}
