//! Side notes: what a kiosk remembers beside the log, such as hashes of clips and faces that it must not let in.
//!
//! Each is a file of its own, whole and sealed under the device key, bound to its name; the file's name is a keyed hash.
//! They belong to no session and never leave the kiosk. One that does not open is told as such and may be written anew:
//! nothing in the log rests on it.

use zeroize::Zeroizing;

use crate::disk::{remove_durably, write_whole};
use crate::store::Shared;
use crate::{Store, StoreError};

/// Most bytes of one note.
const LONGEST: usize = 16 << 20;
/// What stands before a note's name where it is sealed.
const PLACE: &[u8] = b"side ";

impl Store {
    /// Writes a note, over one of that name; durable when this returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLong`], [`StoreError::Full`], [`StoreError::NotWritable`] or an I/O error.
    pub async fn put_note(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if bytes.len() > LONGEST {
            return Err(StoreError::TooLong {
                what: "side note",
                is: bytes.len(),
                most: LONGEST,
            });
        }
        self.shared.writable()?;
        let (name, plain) = (name.to_owned(), Zeroizing::new(bytes.to_vec()));
        self.aside(move |shared| shared.write_note(&name, &plain))
            .await
    }

    /// Reads a note; `None` where there is none of that name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Wire`] where it does not open, or an I/O error.
    pub fn note(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let shared = &self.shared;
        let path = shared.side.join(shared.note_file(name)?);
        let sealed = match std::fs::read(&path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("read", path)(error)),
        };
        let plain = shared.sealer.open(&place(name), &sealed)?;
        Ok(Some(Zeroizing::new(plain)))
    }

    /// Removes a note, where there is one; its absence is durable when this returns.
    ///
    /// # Errors
    ///
    /// An I/O error.
    pub async fn remove_note(&self, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.aside(move |shared| {
            let file = shared.note_file(&name)?;
            remove_durably(shared.evidence.disk.as_ref(), &shared.side, &file)
        })
        .await
    }
}

impl Shared {
    fn write_note(&self, name: &str, plain: &[u8]) -> Result<(), StoreError> {
        let length = plain.len() as u64;
        self.room("side note", length, self.config.max_bytes)?;
        let (disk, random) = (self.evidence.disk.as_ref(), self.evidence.random.as_ref());
        let sealed = self.sealer.seal(random, &place(name), plain)?;
        write_whole(disk, random, &self.side, &self.note_file(name)?, &sealed)
    }

    fn note_file(&self, name: &str) -> Result<String, StoreError> {
        self.sealer.secrets.file_name("side", name.as_bytes())
    }
}

fn place(name: &str) -> Vec<u8> {
    [PLACE, name.as_bytes()].concat()
}
