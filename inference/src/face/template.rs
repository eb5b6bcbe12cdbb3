//! A face template: 128 numbers that tell whose face it is. Biometric data, wiped when dropped.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;

/// Numbers in a template.
pub const TEMPLATE_VALUES: usize = 128;
/// Bytes of a stored template: a version byte, then little-endian 32-bit floats.
pub const TEMPLATE_BYTES: usize = 1 + 4 * TEMPLATE_VALUES;
/// Version of the stored form, and with it the network: 1 is dlib's ResNet.
const VERSION: u8 = 1;

/// A face as the embedding network describes it.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Template {
    values: [f32; TEMPLATE_VALUES],
}

impl fmt::Debug for Template {
    /// No value: a template is biometric data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(128 values)")
    }
}

impl Template {
    pub(super) fn new(values: [f32; TEMPLATE_VALUES]) -> Self {
        Self { values }
    }

    /// Euclidean distance. The same person lies below 0.6, the threshold that dlib publishes for
    /// this network (`dnn_face_recognition_ex.cpp`; 99.38% on Labeled Faces in the Wild).
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        crate::geometry::distance(self.values, other.values)
    }

    /// The stored form. The caller wipes it.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; TEMPLATE_BYTES] {
        let mut bytes = [VERSION; TEMPLATE_BYTES];
        for (place, value) in bytes[1..].chunks_exact_mut(4).zip(self.values) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`Error::Template`] for another length, another version or numbers that are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (Some(&VERSION), TEMPLATE_BYTES) = (bytes.first(), bytes.len()) else {
            return Err(Error::Template);
        };
        let mut template = Self::new([0.0; TEMPLATE_VALUES]);
        for (value, place) in template.values.iter_mut().zip(bytes[1..].chunks_exact(4)) {
            *value = f32::from_le_bytes(place.try_into().map_err(|_| Error::Template)?);
            if !value.is_finite() {
                return Err(Error::Template);
            }
        }
        Ok(template)
    }
}

#[cfg(test)]
mod tests {
    //! Stored and read back, compared, never shown.

    use super::*;

    fn a_template(first: f32) -> Template {
        let mut values = [0.25; TEMPLATE_VALUES];
        values[0] = first;
        Template::new(values)
    }

    #[test]
    fn what_was_stored_is_read_back() {
        let template = a_template(0.5);
        assert_eq!(
            Template::from_bytes(&template.to_bytes()).unwrap(),
            template
        );
    }

    #[test]
    fn another_length_version_or_content_is_refused() {
        let bytes = a_template(0.5).to_bytes();
        assert!(Template::from_bytes(&bytes[..512]).is_err());
        let mut other = bytes;
        other[0] = 2;
        assert!(Template::from_bytes(&other).is_err());
        let mut broken = bytes;
        broken[1..5].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(Template::from_bytes(&broken).is_err());
    }

    #[test]
    fn distance_is_euclidean_and_debug_shows_no_value() {
        assert!((a_template(0.5).distance(&a_template(1.25)) - 0.75).abs() < 1e-6);
        assert_eq!(format!("{:?}", a_template(0.5)), "Template(128 values)");
    }
}
