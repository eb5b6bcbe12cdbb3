//! The audit of the kiosk in memory: what was recorded beside its sessions, without a chain.

use async_trait::async_trait;
use kiosk_api::audit::{
    Actor, Audit, AuditEntry, AuditFilter, AuditPage, AuditVerdict, Author, MOST_ENTRIES,
};
use kiosk_api::service::{ServiceError, Verifications};

use super::memory::Memory;

#[async_trait]
impl Audit for Memory {
    async fn record(
        &self,
        who: &Actor,
        action: &'static str,
        object: Option<&str>,
    ) -> Result<(), ServiceError> {
        let mut recorded = self.recorded.lock().unwrap();
        let entry = AuditEntry {
            number: recorded.len() as u64 + 1,
            at: self.now(),
            actor: Some(Author {
                name: who.name.clone(),
                address: who.address,
            }),
            action: action.to_owned(),
            object: object.map(str::to_owned),
            previous: "00".repeat(32),
            hash: "11".repeat(32),
        };
        recorded.push((who.tenant.clone(), entry));
        Ok(())
    }

    async fn entries(&self, tenant: &str, filter: AuditFilter) -> Result<AuditPage, ServiceError> {
        let recorded = self.recorded.lock().unwrap();
        let own = recorded.iter().filter(|(whose, _)| whose == tenant);
        let mut entries: Vec<AuditEntry> = own.map(|(_, entry)| entry.clone()).collect();
        if filter.newest_first {
            entries.reverse();
        }
        entries.retain(|entry| {
            let actor = entry.actor.as_ref().map(|actor| &actor.name);
            filter
                .cursor
                .is_none_or(|cursor| match filter.newest_first {
                    true => entry.number <= cursor,
                    false => entry.number >= cursor,
                })
                && filter
                    .action
                    .as_ref()
                    .is_none_or(|wanted| entry.action == *wanted)
                && (filter.actor.is_none() || filter.actor.as_ref() == actor)
                && (filter.object.is_none() || filter.object == entry.object)
                && filter.from.is_none_or(|from| entry.at >= from)
                && filter.before.is_none_or(|before| entry.at < before)
        });
        let rest = entries.split_off(entries.len().min(filter.limit.min(MOST_ENTRIES)));
        let next = rest.first().map(|entry| entry.number);
        Ok(AuditPage { entries, next })
    }

    async fn verify(&self, tenant: &str) -> Result<AuditVerdict, ServiceError> {
        let recorded = self.recorded.lock().unwrap();
        let records = recorded.len() as u64;
        let own = recorded.iter().filter(|(whose, _)| whose == tenant);
        Ok(AuditVerdict {
            whole: true,
            records,
            entries: own.count() as u64,
            newest: records,
            head: "11".repeat(32),
            faults: Vec::new(),
        })
    }
}
