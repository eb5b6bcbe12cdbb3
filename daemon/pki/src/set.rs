//! The set of certificates that a demo or a test needs, laid out in one folder.
//!
//! ```text
//!  ca.pem  ca.key           the authority: kept, so that more can be issued later
//!  central.pem  .key        HTTPS server and MQTT client
//!  broker.pem  .key         MQTT server
//!  kiosk-ID.pem  .key       one for each kiosk
//!  reader.pem  .key         reads sessions at central
//!  operator.pem  .key       issues commands at central
//! ```

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::{Authority, PkiError, TlsFiles, Validity};

/// What goes into a set.
#[derive(Debug, Clone)]
pub struct DemoSet<'a> {
    /// Organization of all certificates.
    pub tenant: &'a str,
    /// Ids of the kiosks.
    pub kiosks: &'a [&'a str],
    /// Host names and IP addresses of central and broker, such as `localhost` and `127.0.0.1`.
    pub hosts: &'a [&'a str],
    /// The window of all certificates made now.
    pub validity: Validity,
}

/// Where the files of a set are.
#[derive(Debug, Clone)]
pub struct SetPaths {
    /// The authority's certificate.
    pub authority: PathBuf,
    /// Central's files.
    pub central: TlsFiles,
    /// The broker's files.
    pub broker: TlsFiles,
    /// The reader's files.
    pub reader: TlsFiles,
    /// The operator's files.
    pub operator: TlsFiles,
    /// Each kiosk's files, in the order asked for.
    pub kiosks: Vec<TlsFiles>,
}

/// Writes a whole set into `folder`, which is made (0700) where it is not there.
///
/// Where the folder already holds an authority of the same tenant, that one issues, so that kiosks
/// may be added later; all other files are made anew.
///
/// # Errors
///
/// Names the file that cannot be written, or the authority's file that cannot be used; an authority
/// of another tenant is [`PkiError::Name`].
pub fn write_demo_set(folder: &Path, set: &DemoSet<'_>) -> Result<SetPaths, PkiError> {
    make_folder(folder)?;
    let authority = authority(folder, set)?;
    let ca = folder.join("ca.pem");
    let central = authority.central("central", set.hosts, set.validity)?;
    let broker = authority.broker("broker", set.hosts, set.validity)?;
    let reader = authority.reader("reader", set.validity)?;
    let operator = authority.operator("operator", set.validity)?;
    let kiosks = set.kiosks.iter().map(|id| {
        let kiosk = authority.kiosk(id, set.validity)?;
        kiosk.write(folder, &format!("kiosk-{id}"), &ca)
    });
    Ok(SetPaths {
        kiosks: kiosks.collect::<Result<_, _>>()?,
        central: central.write(folder, "central", &ca)?,
        broker: broker.write(folder, "broker", &ca)?,
        reader: reader.write(folder, "reader", &ca)?,
        operator: operator.write(folder, "operator", &ca)?,
        authority: ca,
    })
}

fn authority(folder: &Path, set: &DemoSet<'_>) -> Result<Authority, PkiError> {
    match Authority::open(folder) {
        Ok(known) if known.tenant() == set.tenant => Ok(known),
        Ok(_) => Err(PkiError::Name {
            what: "tenant of this folder",
            name: set.tenant.to_owned(),
            rule: "the tenant of the authority that is already there, or another folder",
        }),
        // A new authority only where there is none at all: half a one is not written over.
        Err(PkiError::Missing { .. })
            if !folder.join("ca.pem").exists() && !folder.join("ca.key").exists() =>
        {
            let name = format!("authority-{}", set.tenant);
            let name: String = name.chars().take(64).collect();
            let new = Authority::create(&name, set.tenant, set.validity)?;
            new.write(folder)?;
            Ok(new)
        }
        Err(error) => Err(error),
    }
}

fn make_folder(folder: &Path) -> Result<(), PkiError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    match made {
        Err(source) if source.kind() != ErrorKind::AlreadyExists => Err(PkiError::Unreadable {
            file: folder.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}
