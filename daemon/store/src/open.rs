//! Opening, step by step: folder and lock, log and identity, recovery, evidence, writer thread.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::evidence::EvidenceFolder;
use crate::evidence_check::EvidenceCheck;
use crate::folder::Folder;
use crate::head::{EvidenceTotals, Head, Witness};
use crate::journal::Scrap;
use crate::keyring::KeyRing;
use crate::layout::{self, LAYOUT_VERSION, WITHOUT_ERASURES};
use crate::log::{Changes, Found, Log, LogConfig};
use crate::migrate::migrate;
use crate::quarantine;
use crate::recovery::{Recovery, erased};
use crate::sealed::Sealer;
use crate::stand::Stand;
use crate::store::{Shared, Store};
use crate::writer::Writer;
use crate::{DeviceKey, RecoveryReport, StoreConfig, StoreError};

impl Store {
    /// Opens the store, made anew where the folder is empty, and says what it found.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyOpen`], [`StoreError::WrongDeviceKey`], [`StoreError::OtherKiosk`],
    /// [`StoreError::LogMissing`], [`StoreError::Layout`], or what sled or the disk said.
    pub fn open(
        config: &StoreConfig,
        device_key: DeviceKey,
    ) -> Result<(Self, RecoveryReport), StoreError> {
        match Self::open_as_it_is(config, device_key.clone()) {
            // sled can't read what it had settled, and that is noted: this time the view is added up, or made anew.
            Err(StoreError::Log { doing, why }) => {
                tracing::warn!(doing, why, "the view could not be used and is looked into");
                Self::open_as_it_is(config, device_key)
            }
            opened => opened,
        }
    }

    fn open_as_it_is(
        config: &StoreConfig,
        device_key: DeviceKey,
    ) -> Result<(Self, RecoveryReport), StoreError> {
        let config = config.clone();
        let disk = config.disk.as_ref();
        let mut report = RecoveryReport::default();
        let folder = Folder::lock(&config.folder, disk)?;
        report.temporaries_removed = folder.clear_temporaries(disk)?;
        let sealer = Arc::new(Sealer::new(&device_key, config.kiosk.clone())?);
        report.migrated_from = migrate(&folder, &config)?;
        let (log, found) = Log::open(log_config(&folder, &config), Stand::read(&config))?;
        identify(&log, &sealer, &folder, &config, &mut report)?;
        let quarantine = folder.quarantine();
        told(found, &quarantine, &config, &mut report)?;
        let witness = Witness::open(
            folder.witness(),
            Arc::clone(&config.disk),
            Arc::clone(&config.random),
            Arc::clone(&sealer),
        )?;
        let mut ends = Recovery {
            log: &log,
            sealer: &sealer,
            witness: &witness,
            config: &config,
            quarantine: &quarantine,
            report: &mut report,
        }
        .run()?;
        let keys = keys(&log, &folder, &sealer, &config, &mut report)?;
        let evidence = EvidenceFolder {
            folder: folder.evidence(),
            disk: Arc::clone(&config.disk),
            random: Arc::clone(&config.random),
            sealer: Arc::clone(&sealer),
        };
        let totals = EvidenceCheck {
            log: &log,
            sealer: &sealer,
            config: &config,
            evidence: &evidence,
            report: &mut report,
        }
        .run(ends.totals)?;
        // A delivered piece keeps its place in the outbox for itself, though nothing waits there any more.
        ends.order = ends.order.max(totals.order);
        let queue = config.queue.max(1);
        let shared = Shared::new(
            config,
            folder,
            log,
            sealer,
            keys,
            evidence,
            ends,
            totals.bytes,
        )?;
        let shared = Arc::new(shared);
        let (requests, waiting) = mpsc::channel(queue);
        let thread = Writer::start(Arc::clone(&shared), waiting, witness, ends)?;
        Ok((Self::new(shared, requests, thread), report))
    }
}

fn log_config(folder: &Folder, config: &StoreConfig) -> LogConfig {
    LogConfig {
        journal: folder.journal(),
        view: (!config.view_in_memory).then(|| folder.log()),
        cache_bytes: config.cache_bytes,
        settle_after: config.settle_after.max(1),
        segment_bytes: config.segment_bytes,
        disk: Arc::clone(&config.disk),
    }
}

/// Sets aside what of the journal is no frame, and reports it.
fn told(
    found: Found,
    quarantine: &Path,
    config: &StoreConfig,
    report: &mut RecoveryReport,
) -> Result<(), StoreError> {
    let bytes = |scraps: &[Scrap]| scraps.iter().map(|scrap| scrap.bytes.len() as u64).sum();
    report.torn_bytes = bytes(&found.torn);
    report.bad_bytes = bytes(&found.bad);
    report.view_rebuilt = found.rebuilt;
    report.frames_replayed = found.replayed;
    let torn = found.torn.into_iter().map(|scrap| (scrap, "it was torn"));
    let bad = found.bad.into_iter().map(|scrap| (scrap, "it is no frame"));
    let scraps: Vec<_> = torn.chain(bad).collect();
    if !scraps.is_empty() {
        let (disk, random) = (config.disk.as_ref(), config.random.as_ref());
        let file = quarantine::keep_scraps(disk, random, quarantine, &scraps)?;
        report.quarantine = Some(file);
    }
    Ok(())
}

/// Whether this log is this kiosk's, of this device key, of this layout; a fresh one becomes so.
fn identify(
    log: &Log,
    sealer: &Sealer,
    folder: &Folder,
    config: &StoreConfig,
    report: &mut RecoveryReport,
) -> Result<(), StoreError> {
    let Some(value) = log.get(layout::STORE)? else {
        if !log.is_empty()? || folder.holds_files()? {
            return Err(StoreError::LogMissing {
                folder: folder.path.clone(),
            });
        }
        let kiosk = config.kiosk.as_str().as_bytes();
        let sealed = sealer.seal(config.random.as_ref(), layout::STORE, kiosk)?;
        let mut changes = Changes::default();
        changes.put(
            layout::STORE.to_vec(),
            [&[LAYOUT_VERSION], sealed.as_slice()].concat(),
        );
        let none = Some(EvidenceTotals::default());
        Head::default().put(none, sealer, config.random.as_ref(), &mut changes)?;
        return log.commit(changes);
    };
    let (version, sealed) = value
        .split_first()
        .ok_or(StoreError::Layout { version: 0 })?;
    if !matches!(*version, LAYOUT_VERSION | WITHOUT_ERASURES) {
        return Err(StoreError::Layout { version: *version });
    }
    let kiosk = sealer
        .open(layout::STORE, sealed)
        .map_err(|_| StoreError::WrongDeviceKey)?;
    if kiosk != config.kiosk.as_str().as_bytes() {
        return Err(StoreError::OtherKiosk {
            folder: folder.path.clone(),
        });
    }
    if *version == WITHOUT_ERASURES {
        // From now on an older program refuses the store; it would set erasures aside as damaged.
        let mut changes = Changes::default();
        changes.put(layout::STORE.to_vec(), [&[LAYOUT_VERSION], sealed].concat());
        log.commit(changes)?;
        report.migrated_from = Some(WITHOUT_ERASURES);
    }
    Ok(())
}

/// The session keys, with the erasures finished that a crash interrupted.
fn keys(
    log: &Log,
    folder: &Folder,
    sealer: &Arc<Sealer>,
    config: &StoreConfig,
    report: &mut RecoveryReport,
) -> Result<KeyRing, StoreError> {
    let erased = erased(log)?;
    let keys = KeyRing::new(
        folder.keys(),
        Arc::clone(&config.disk),
        Arc::clone(&config.random),
        Arc::clone(sealer),
        erased.clone(),
    );
    for session in erased {
        if keys.has_file(session)? {
            keys.erase(session)?;
            report.erasures_finished += 1;
        }
    }
    Ok(keys)
}
