//! Keys as text: one line, a header that says what it is, and 64 hex digits.

use zeroize::Zeroizing;

use crate::WireError;

/// A kind of key in text form.
#[derive(Debug, Clone, Copy)]
pub struct KeyLine {
    /// What the key is, for error texts.
    pub what: &'static str,
    /// How its line begins.
    pub header: &'static str,
}

impl KeyLine {
    /// The line of a key; wiped when dropped.
    pub fn write(&self, key: &[u8; 32]) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(key));
        Zeroizing::new(format!("{} {}\n", self.header, *digits))
    }

    /// The key of a line.
    ///
    /// # Errors
    ///
    /// [`WireError::KeyFile`] where the text is anything else; what it held is not repeated.
    pub fn read(&self, text: &str) -> Result<Zeroizing<[u8; 32]>, WireError> {
        let fault = || WireError::KeyFile {
            what: self.what,
            header: self.header,
        };
        let mut key = Zeroizing::new([0; 32]);
        let (header, digits) = text.trim_end().rsplit_once(' ').ok_or_else(fault)?;
        if header != self.header {
            return Err(fault());
        }
        hex::decode_to_slice(digits, key.as_mut_slice()).map_err(|_| fault())?;
        Ok(key)
    }
}
