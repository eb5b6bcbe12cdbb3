//! A face template: 128 numbers that tell whose face it is. Biometric data, wiped when dropped.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;
use crate::pack::Measure;

/// Numbers in a template.
pub const TEMPLATE_VALUES: usize = 128;
/// Bytes of a stored template: a version byte, then little-endian 32-bit floats.
pub const TEMPLATE_BYTES: usize = 1 + 4 * TEMPLATE_VALUES;
/// Versions of the stored form, and with it how it was made and is compared. 1 was dlib's ResNet on the face alone and
/// was never kept; both are means of the face and its mirror image.
const VERSIONS: [(u8, Measure); 2] = [(2, Measure::Euclidean), (3, Measure::Cosine)];

/// A face as the embedding network describes it.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Template {
    values: [f32; TEMPLATE_VALUES],
    #[zeroize(skip)]
    measure: Measure,
}

impl fmt::Debug for Template {
    /// No value: a template is biometric data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(128 values)")
    }
}

impl Template {
    pub(super) fn new(values: [f32; TEMPLATE_VALUES], measure: Measure) -> Self {
        Self { values, measure }
    }

    /// How alike two faces are, by the network's own measure; less is more alike. By dlib's ResNet, one person's
    /// pictures lie below 0.6, the threshold that dlib publishes for it (`dnn_face_recognition_ex.cpp`; 99.38% on
    /// Labeled Faces in the Wild). Infinite between templates of two networks: they say nothing of each other.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        match (self.measure, other.measure) {
            (Measure::Euclidean, Measure::Euclidean) => {
                crate::geometry::distance(self.values, other.values)
            }
            (Measure::Cosine, Measure::Cosine) => {
                let dot = |one: &Self, two: &Self| -> f32 {
                    one.values.iter().zip(two.values).map(|(a, b)| a * b).sum()
                };
                let lengths = (dot(self, self) * dot(other, other)).sqrt();
                1.0 - dot(self, other) / lengths.max(f32::EPSILON)
            }
            _ => f32::INFINITY,
        }
    }

    /// The numbers, for a search among many.
    pub(super) const fn values(&self) -> &[f32; TEMPLATE_VALUES] {
        &self.values
    }

    /// How it is compared.
    #[must_use]
    pub const fn measure(&self) -> Measure {
        self.measure
    }

    /// The stored form. The caller wipes it.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; TEMPLATE_BYTES] {
        let version = VERSIONS
            .iter()
            .find(|(_, measure)| *measure == self.measure);
        let mut bytes = [version.map_or(0, |(version, _)| *version); TEMPLATE_BYTES];
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
        let known = VERSIONS
            .iter()
            .find(|(version, _)| bytes.first() == Some(version));
        let (Some((_, measure)), TEMPLATE_BYTES) = (known, bytes.len()) else {
            return Err(Error::Template);
        };
        let mut template = Self::new([0.0; TEMPLATE_VALUES], *measure);
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
        Template::new(values, Measure::Euclidean)
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
        other[0] = 1;
        assert!(Template::from_bytes(&other).is_err());
        let mut broken = bytes;
        broken[1..5].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(Template::from_bytes(&broken).is_err());
    }

    #[test]
    fn a_network_s_own_measure_is_kept_and_two_networks_are_never_alike() {
        let of = |x: f32, y: f32, measure| {
            let mut values = [0.0; TEMPLATE_VALUES];
            (values[0], values[1]) = (x, y);
            Template::new(values, measure)
        };
        let cosine = of(2.0, 0.0, Measure::Cosine);
        let back = Template::from_bytes(&cosine.to_bytes()).unwrap();
        assert_eq!(back, cosine);
        assert!(back.distance(&of(5.0, 0.0, Measure::Cosine)).abs() < 1e-6);
        assert!((back.distance(&of(0.0, 1.0, Measure::Cosine)) - 1.0).abs() < 1e-6);
        assert_eq!(
            cosine.distance(&of(2.0, 0.0, Measure::Euclidean)),
            f32::INFINITY
        );
    }

    #[test]
    fn distance_is_euclidean_and_debug_shows_no_value() {
        assert!((a_template(0.5).distance(&a_template(1.25)) - 0.75).abs() < 1e-6);
        assert_eq!(format!("{:?}", a_template(0.5)), "Template(128 values)");
    }
}
