//! `docs/api/asyncapi.json` and the program say the same: topics, messages, types of events.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::collections::BTreeSet;

use kiosk_wire::topics::{Channel, shared_of_all, topic};
use kiosk_wire::{Acknowledgement, Batch, CloudEvent, EventKind, KioskStatus, SignedCommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/api/asyncapi.json")).unwrap()
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_channel_is_described_and_no_other() {
    let document = document();
    let described = names(&document["channels"]);
    let known = Channel::ALL.map(|channel| channel.name().to_owned());
    assert_eq!(described, BTreeSet::from(known));
    let (tenant, kiosk) = ("bank".parse().unwrap(), "kiosk-1".parse().unwrap());
    for channel in Channel::ALL {
        let address = document["channels"][channel.name()]["address"]
            .as_str()
            .unwrap();
        let address = address
            .replace("{tenant}", "bank")
            .replace("{kiosk}", "kiosk-1");
        assert_eq!(address, topic(&tenant, &kiosk, channel));
    }
    for shared in [Channel::Events, Channel::Records].map(shared_of_all) {
        assert!(document.to_string().contains(&shared), "{shared}");
    }
}

/// The example of a message is read and written as it stands, and holds what is required and nothing else.
fn fits<T: Serialize + DeserializeOwned>(document: &Value, message: &str) {
    let described = &document["components"]["messages"][message];
    let example = &described["examples"][0]["payload"];
    let read: T = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&read).unwrap(), example, "{message}");
    let payload = &described["payload"];
    let required: BTreeSet<String> = serde_json::from_value(payload["required"].clone()).unwrap();
    let held = names(example);
    assert!(held.is_superset(&required), "{message}");
    assert!(
        names(&payload["properties"]).is_superset(&held),
        "{message}"
    );
    for name in &required {
        let mut without = example.clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(
            serde_json::from_value::<T>(without).is_err(),
            "{message} without {name}"
        );
    }
}

#[test]
fn every_message_is_as_it_is_described() {
    let document = document();
    fits::<KioskStatus>(&document, "status");
    fits::<CloudEvent>(&document, "event");
    fits::<Batch>(&document, "batch");
    fits::<Acknowledgement>(&document, "acknowledgement");
    fits::<SignedCommand>(&document, "command");
    assert_eq!(
        names(&document["components"]["messages"]).len(),
        Channel::ALL.len()
    );
}

#[test]
fn every_type_of_event_is_described_and_no_other() {
    let kinds = [
        EventKind::Created,
        EventKind::Advanced,
        EventKind::Decided,
        EventKind::Expired,
        EventKind::Cancelled,
        EventKind::Synced,
    ];
    let document = document();
    let described = &document["components"]["messages"]["event"]["payload"]["properties"]["type"];
    assert_eq!(described["enum"], serde_json::to_value(kinds).unwrap());
}

#[test]
fn every_reference_leads_somewhere() {
    fn look(whole: &Value, part: &Value, found: &mut usize) {
        match part {
            Value::Object(object) => {
                if let Some(Value::String(to)) = object.get("$ref") {
                    *found += 1;
                    assert!(whole.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                }
                object.values().for_each(|inner| look(whole, inner, found));
            }
            Value::Array(items) => items.iter().for_each(|inner| look(whole, inner, found)),
            _ => {}
        }
    }
    let (document, mut found) = (document(), 0);
    look(&document, &document, &mut found);
    assert!(found >= 12, "{found}");
}
