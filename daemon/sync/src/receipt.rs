//! Central's acknowledgement: the one thing that lets the outbox forget.
//!
//! By whichever transport it comes, it moves the store's acknowledged number up, never down, and
//! never to a number that the store has not written or has written otherwise.

use kiosk_store::Store;
use kiosk_wire::Acknowledgement;

use crate::reason::Why;
use crate::state::Board;

/// Reads an acknowledgement; `None` where it is none.
pub(crate) fn read(bytes: &[u8]) -> Option<Acknowledgement> {
    serde_json::from_slice(bytes).ok()
}

/// Takes note of what central holds, and whether it is this log.
///
/// # Errors
///
/// [`Why::CentralAhead`] where central holds more than the store has written, and [`Why::Forked`] where
/// its newest record is another than the store's of that number: somebody replaced the store, or it went
/// back, and its records are not those that central means. Nothing is let go.
pub(crate) async fn accept(
    store: &Store,
    board: &Board,
    told: &Acknowledgement,
) -> Result<(), Why> {
    let (durable, newest) = (told.durable, store.newest());
    if durable > newest {
        return Err(Why::CentralAhead {
            central: durable,
            kiosk: newest,
        });
    }
    let own = store.record_hash(durable).await.map_err(Why::store)?;
    // A record that retention has taken away cannot be compared; the next batch's chain is.
    if own.is_some_and(|own| own != told.head) {
        return Err(Why::Forked { number: durable });
    }
    let before = store.acknowledged();
    if durable > before {
        store.acknowledge(durable).await.map_err(Why::store)?;
    }
    board.acknowledged(durable.max(before));
    Ok(())
}
