//! Keys as text: one line, a header that says what it is, and 64 hex digits.

use zeroize::Zeroizing;

use crate::WireError;

/// A kind of key in text form.
pub(crate) struct KeyLine {
    pub(crate) what: &'static str,
    pub(crate) header: &'static str,
}

impl KeyLine {
    pub(crate) fn write(&self, key: &[u8; 32]) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(key));
        Zeroizing::new(format!("{} {}\n", self.header, *digits))
    }

    pub(crate) fn read(&self, text: &str) -> Result<Zeroizing<[u8; 32]>, WireError> {
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
