//! What opening does with what a crash, or a fault, has left in the log. It never guesses.
//!
//! ```text
//!  durable head (see `head`): the later one of the log's and the witness's
//!        │
//!  R1 … Rn-2 ◄── Rn-1 ◄── Rn        Rn+1 …
//!        walked backwards: each      beyond the head:
//!        must have the hash that     cut, kept in quarantine
//!        the next one names, else
//!        set aside; its number stays a gap
//! ```
//!
//! A gap is never closed and its number never given again: central would take another record for it.
//! The outbox stops before a gap that central has not acknowledged, and says so.

use std::collections::HashSet;
use std::ops::ControlFlow;

use kiosk_wire::{Chain, Random};
use uuid::Uuid;

use crate::head::{EvidenceTotals, Head, Witness};
use crate::layout::{self, Reader};
use crate::log::{Changes, Log};
use crate::quarantine::{self, TakenOut};
use crate::sealed::Sealer;
use crate::stub::{self, Link};
use crate::{Disk, RecoveryReport, StoreConfig, StoreError};

/// Where the log ends, as the writer goes on from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) head: Head,
    pub(crate) acknowledged: u64,
    /// The last place given in the evidence outbox.
    pub(crate) order: u64,
    /// As the log's own head tells them; none where that was damaged or does not tell.
    pub(crate) totals: Option<EvidenceTotals>,
}

/// What recovery works on.
pub(crate) struct Recovery<'a> {
    pub(crate) log: &'a Log,
    pub(crate) sealer: &'a Sealer,
    pub(crate) witness: &'a Witness,
    pub(crate) config: &'a StoreConfig,
    pub(crate) quarantine: &'a std::path::Path,
    pub(crate) report: &'a mut RecoveryReport,
}

impl Recovery<'_> {
    /// Checks the log's end and mends what can be mended.
    pub(crate) fn run(&mut self) -> Result<Ends, StoreError> {
        let mut changes = Changes::default();
        let mut taken_out = Vec::new();
        let (head, totals) = self.head(&mut changes)?;
        self.cut(head.chain.newest(), &mut changes, &mut taken_out)?;
        self.walk_back(head.chain, &mut changes, &mut taken_out)?;
        let acknowledged = self.acknowledged()?;
        if !taken_out.is_empty() {
            let (disk, random): (&dyn Disk, &dyn Random) =
                (self.config.disk.as_ref(), self.config.random.as_ref());
            let file = quarantine::keep(disk, random, self.quarantine, &taken_out)?;
            self.report.quarantine = Some(file);
        }
        if !changes.is_empty() {
            self.log.commit(changes)?;
        }
        if self.witness.newest()? != Some(head) {
            self.witness.note(&head)?;
            self.witness.sync()?;
        }
        let order = match self.log.last(&[layout::WAITING])? {
            Some(key) => Reader(&key[1..]).number().unwrap_or(0),
            None => 0,
        };
        self.report.records = head.chain.newest();
        self.report.acknowledged = acknowledged;
        Ok(Ends {
            head,
            acknowledged,
            order,
            totals,
        })
    }

    /// The log's own head, unless the witness has seen a later one or it is damaged. Where both are
    /// damaged it is the last whole record.
    fn head(
        &mut self,
        changes: &mut Changes,
    ) -> Result<(Head, Option<EvidenceTotals>), StoreError> {
        let logged = self.log.get(layout::HEAD)?;
        let logged = logged.and_then(|sealed| Head::open(self.sealer, &sealed));
        let witnessed = self.witness.newest()?;
        let head = match (logged, witnessed) {
            (Some((logged, totals)), Some(witnessed)) if witnessed.commit <= logged.commit => {
                return Ok((logged, totals));
            }
            (Some((logged, _)), Some(witnessed)) => {
                self.report.commits_lost = witnessed.commit - logged.commit;
                witnessed
            }
            // The first commit ever was not witnessed yet, or a power cut has torn what was not synced.
            (Some(logged), None) => return Ok(logged),
            (None, Some(head)) => head,
            (None, None) => {
                let last = self.log.last(&[layout::RECORDS])?;
                let newest = last.and_then(|key| Reader(&key[1..]).number()).unwrap_or(0);
                // Later than any that may lie in a slot that opens again.
                Head {
                    commit: 1,
                    chain: self.last_whole(newest)?,
                }
            }
        };
        self.report.head_mended = true;
        head.put(None, self.sealer, self.config.random.as_ref(), changes)?;
        Ok((head, None))
    }

    fn last_whole(&self, newest: u64) -> Result<Chain, StoreError> {
        for number in (1..=newest).rev() {
            let value = self.log.get(&layout::record(number))?;
            if let Some(record) = value.and_then(|value| self.whole(number, &value)) {
                return Ok(Chain::after(number, record.hash));
            }
        }
        Ok(Chain::default())
    }

    /// The record or its stub, if it is what its hash says.
    fn whole(&self, number: u64, value: &[u8]) -> Option<Link> {
        stub::link(self.sealer.kiosk(), number, value)
    }

    fn cut(
        &mut self,
        head: u64,
        changes: &mut Changes,
        taken_out: &mut Vec<TakenOut>,
    ) -> Result<(), StoreError> {
        let end = crate::log::after(&[layout::RECORDS]);
        self.log.visit(
            &layout::record(head.saturating_add(1)),
            &end,
            |key, value| {
                let number = Reader(&key[1..]).number().unwrap_or(0);
                let session = layout::read_record(self.sealer.kiosk(), number, value);
                if let Some(record) = session {
                    changes.remove(layout::by_session(record.session, number));
                }
                changes.remove(key.to_vec());
                taken_out.push(TakenOut {
                    number,
                    why: "it lies beyond the durable head",
                    value: value.to_vec(),
                });
                self.report.cut.push(number);
                Ok(ControlFlow::Continue(()))
            },
        )
    }

    fn walk_back(
        &mut self,
        chain: Chain,
        changes: &mut Changes,
        taken_out: &mut Vec<TakenOut>,
    ) -> Result<(), StoreError> {
        let newest = chain.newest();
        let oldest = newest
            .saturating_sub(self.config.checked_at_open)
            .saturating_add(1);
        let mut expected = Some(chain.head());
        for number in (oldest..=newest).rev() {
            self.report.checked += 1;
            let key = layout::record(number);
            let Some(value) = self.log.get(&key)? else {
                self.report.missing.push(number);
                expected = None;
                continue;
            };
            let record = self
                .whole(number, &value)
                .filter(|record| expected.is_none_or(|expected| expected == record.hash));
            match record {
                Some(record) => {
                    expected = Some(record.previous);
                    if let Some(session) = record.session {
                        self.mend_view(layout::by_session(session, number), changes)?;
                    }
                }
                None => {
                    expected = None;
                    changes.remove(key);
                    self.report.set_aside.push(number);
                    taken_out.push(TakenOut {
                        number,
                        why: "it is not what its hash says",
                        value,
                    });
                }
            }
        }
        Ok(())
    }

    fn mend_view(&mut self, key: Vec<u8>, changes: &mut Changes) -> Result<(), StoreError> {
        if self.log.get(&key)?.is_none() {
            self.report.views_mended += 1;
            changes.put(key, Vec::new());
        }
        Ok(())
    }

    /// A damaged number counts as none: central recognises what it holds already.
    fn acknowledged(&mut self) -> Result<u64, StoreError> {
        let Some(sealed) = self.log.get(layout::ACKNOWLEDGED)? else {
            return Ok(0);
        };
        let plain = self.sealer.open(layout::ACKNOWLEDGED, &sealed).ok();
        match plain.and_then(|plain| Reader(&plain).number()) {
            Some(number) => Ok(number),
            None => {
                self.report.views_mended += 1;
                Ok(0)
            }
        }
    }
}

/// The sessions that were erased.
pub(crate) fn erased(log: &Log) -> Result<HashSet<Uuid>, StoreError> {
    let mut erased = HashSet::new();
    log.visit_prefix(&[layout::ERASED], |key, _| {
        erased.extend(Reader(&key[1..]).session());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(erased)
}
