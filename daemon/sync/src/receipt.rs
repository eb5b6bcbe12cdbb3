//! Central's acknowledgement: the one thing that lets the outbox forget.
//!
//! By whichever transport it comes, it moves the store's acknowledged number up, never down, and
//! never to a number that the store has not written.

use kiosk_store::Store;
use kiosk_wire::Acknowledgement;

use crate::reason::Why;
use crate::state::Board;

/// Reads an acknowledgement; `None` where it is none.
pub(crate) fn read(bytes: &[u8]) -> Option<Acknowledgement> {
    serde_json::from_slice(bytes).ok()
}

/// Takes note that central holds everything up to `durable`.
///
/// # Errors
///
/// [`Why::CentralAhead`] where central holds more than the store has written: somebody replaced the
/// store, and its records are not those that central means; nothing is let go.
pub(crate) async fn accept(store: &Store, board: &Board, durable: u64) -> Result<(), Why> {
    let newest = *store.subscribe().borrow();
    if durable > newest {
        return Err(Why::CentralAhead {
            central: durable,
            kiosk: newest,
        });
    }
    let before = store.acknowledged();
    if durable > before {
        store.acknowledge(durable).await.map_err(Why::store)?;
    }
    board.acknowledged(durable.max(before));
    Ok(())
}
