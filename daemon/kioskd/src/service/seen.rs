//! Hashes of clips over a restart: a side note in the store for each place of the ring.
//!
//! ```text
//! clip judged ─► changes of the ring ─► notes "clip N", sealed ─► [restart] ─► the ring again
//! ```
//!
//! A note that can't be written or read costs the kiosk's memory of that clip alone: it is told, and no person waits.

use kiosk_inference::liveness::injection::SeenClips;
use kiosk_inference::liveness::injection::seen::{Change, PLACES};
use kiosk_store::{Store, StoreError};
use time::OffsetDateTime;

/// Writes what has changed.
pub(super) async fn remember(store: &Store, changes: &[Change]) {
    for (place, bytes) in changes {
        let written = match bytes {
            Some(bytes) => store.put_note(&name(*place), bytes).await,
            None => store.remove_note(&name(*place)).await,
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a clip's hashes are not kept over a restart");
        }
    }
}

/// Gives a ring what was kept before the restart.
pub fn recall(store: &Store, seen: &mut SeenClips, now: OffsetDateTime) {
    let mut unread = 0;
    let read = |place| match store.note(&name(place)) {
        Ok(note) => note.map(|bytes| (place, bytes)),
        Err(_) => {
            unread += 1;
            None
        }
    };
    let kept: Vec<_> = PLACES.filter_map(read).collect();
    unread += seen.restore(kept, now);
    if unread > 0 {
        tracing::warn!(
            unread,
            "hashes of earlier clips can't be read; those clips are new to this kiosk"
        );
    }
    tracing::info!(clips = seen.len(), "clips of before are known");
}

/// Removes what is kept of every clip; one that can't be read, too.
pub(super) async fn forget(store: &Store) -> Result<(), StoreError> {
    for place in PLACES {
        let name = name(place);
        if !matches!(store.note(&name), Ok(None)) {
            store.remove_note(&name).await?;
        }
    }
    Ok(())
}

fn name(place: usize) -> String {
    format!("clip {place}")
}
