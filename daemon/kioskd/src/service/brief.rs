//! A session in brief as bytes: what the store keeps beside its events, so that a start opens no session.
//!
//! ```text
//!  version (1) ‖ state (1) ‖ public status (1) ‖ flags (1) ‖ created (8) ‖ expires (8) ‖ [session (16)] ‖ tenant
//! ```
//!
//! Flags: 1 open, 2 authenticates an identity. The session is there in version 2, which a shell has: whose it is.
//!
//! Times are nanoseconds since 1970, numbers big-endian. The number of the session's last record is the
//! store's to tell. What this program does not understand is made anew from the session's events.

use kiosk_api::service::{PublicStatus, Purpose};
use kiosk_session::{SessionId, State, Status};
use time::OffsetDateTime;
use uuid::Uuid;

use super::index::Brief;

const VERSION: u8 = 1;
const OF_SHELL: u8 = 2;
const OPEN: u8 = 1;
const AUTHENTICATES: u8 = 2;
const PUBLIC: [PublicStatus; 7] = [
    PublicStatus::Pending,
    PublicStatus::InProgress,
    PublicStatus::Decided(Status::Approved),
    PublicStatus::Decided(Status::ManualReview),
    PublicStatus::Decided(Status::Rejected),
    PublicStatus::Expired,
    PublicStatus::Cancelled,
];

/// The bytes of a brief, but for the number of its last record.
pub(super) fn write(brief: &Brief) -> Option<Vec<u8>> {
    let state = State::NAMES.iter().position(|name| *name == brief.state)?;
    let public = PUBLIC.iter().position(|public| *public == brief.public)?;
    let authenticates = brief.purpose == Purpose::Authentication;
    let flags = if brief.open { OPEN } else { 0 } | if authenticates { AUTHENTICATES } else { 0 };
    let of = brief.shell_of.map(|session| session.0.into_bytes());
    let head = [
        if of.is_some() { OF_SHELL } else { VERSION },
        u8::try_from(state).ok()?,
        u8::try_from(public).ok()?,
        flags,
    ];
    let nanos = |at: OffsetDateTime| i64::try_from(at.unix_timestamp_nanos()).ok();
    Some(
        [
            head.as_slice(),
            &nanos(brief.created_at)?.to_be_bytes(),
            &nanos(brief.expires_at)?.to_be_bytes(),
            of.as_ref().map_or(&[], <[u8; 16]>::as_slice),
            brief.tenant.as_bytes(),
        ]
        .concat(),
    )
}

/// Reads a brief; `newest` is the number of the session's last record.
pub(super) fn read(bytes: &[u8], newest: u64) -> Option<Brief> {
    let ([version, state, public, flags], rest) = bytes.split_first_chunk()?;
    let (created, rest) = rest.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let at = |bytes: &[u8; 8]| {
        OffsetDateTime::from_unix_timestamp_nanos(i64::from_be_bytes(*bytes).into()).ok()
    };
    let (shell_of, tenant) = match *version {
        VERSION => (None, rest),
        OF_SHELL => {
            let (session, tenant) = rest.split_first_chunk()?;
            (Some(SessionId(Uuid::from_bytes(*session))), tenant)
        }
        _ => return None,
    };
    Some(Brief {
        tenant: String::from_utf8(tenant.to_vec()).ok()?,
        created_at: at(created)?,
        expires_at: at(expires)?,
        state: State::NAMES.get(usize::from(*state))?,
        public: *PUBLIC.get(usize::from(*public))?,
        open: flags & OPEN != 0,
        purpose: match flags & AUTHENTICATES {
            0 => Purpose::Verification,
            _ => Purpose::Authentication,
        },
        shell_of,
        newest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_reads_as_it_was_written_whatever_the_state() {
        for (state, public) in State::NAMES.into_iter().zip(PUBLIC.into_iter().cycle()) {
            let brief = Brief {
                tenant: "bank".into(),
                created_at: OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap(),
                expires_at: OffsetDateTime::from_unix_timestamp(1_700_000_900).unwrap(),
                state,
                public,
                open: public == PublicStatus::Pending,
                purpose: match state {
                    "pictured" | "decided" => Purpose::Authentication,
                    _ => Purpose::Verification,
                },
                shell_of: (state == "anonymised").then(|| SessionId(Uuid::from_u128(9))),
                newest: 7,
            };
            let bytes = write(&brief).unwrap();
            assert_eq!(read(&bytes, 7), Some(brief));
            assert_eq!(read(&bytes[..19], 7), None, "cut off");
            assert_eq!(
                read(&[&[9], &bytes[1..]].concat(), 7),
                None,
                "of a newer program"
            );
        }
    }
}
