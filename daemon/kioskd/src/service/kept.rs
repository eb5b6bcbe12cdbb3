//! Policies as earlier versions kept them beside their decisions: read with what they did not know yet as it was then.

use kiosk_session::Policy;
use serde_json::{Map, Value, json};

/// Reads a policy that was kept as JSON by this version or an earlier one. What an earlier one did not have decides as it
/// did before there was such a number, so that its decisions can be made again.
pub(super) fn kept_policy(json: &[u8]) -> serde_json::Result<Policy> {
    let mut kept: Value = serde_json::from_slice(json)?;
    if let Some(policy) = kept.as_object_mut() {
        complete(policy);
    }
    serde_json::from_value(kept)
}

fn complete(policy: &mut Map<String, Value>) {
    // A clip's face was held to the selfie by the limit of documents.
    let limit = policy
        .get("face_match")
        .map(|it| it["max_distance"].clone());
    let same_face = json!({ "max_distance": limit, "source": "as face_match.max_distance" });
    lacking(policy, "same_face", same_face);
    if let Some(Value::Object(injection)) = policy.get_mut("injection") {
        lacking(injection, "recordings", json!("warn"));
    }
    if let Some(Value::Object(usable)) = policy.get_mut("usable_face") {
        for least in [
            "min_sharpness",
            "min_under_exposure_prevention",
            "min_over_exposure_prevention",
            "min_face_occlusion_prevention",
        ] {
            lacking(usable, least, json!(0));
        }
    }
}

fn lacking(table: &mut Map<String, Value>, key: &str, value: Value) {
    table.entry(key.to_owned()).or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiosk_session::OnRecording;

    fn shipped() -> Policy {
        crate::config::policy_over_shipped(&[]).unwrap()
    }

    #[test]
    fn a_policy_of_now_reads_back_as_it_was_kept() {
        let policy = shipped();
        let kept = serde_json::to_vec(&policy).unwrap();
        assert_eq!(kept_policy(&kept).unwrap(), policy);
    }

    #[test]
    fn one_of_before_decides_as_it_did_then() {
        let mut kept = serde_json::to_value(shipped()).unwrap();
        kept["face_match"]["max_distance"] = json!(0.5);
        kept.as_object_mut().unwrap().remove("same_face");
        let injection = kept["injection"].as_object_mut().unwrap();
        injection.remove("recordings");
        let usable = kept["usable_face"].as_object_mut().unwrap();
        usable.retain(|key, _| !key.starts_with("min_") || key == "min_height_px");
        let read = kept_policy(kept.to_string().as_bytes()).unwrap();
        assert_eq!(read.same_face.max_distance, 0.5);
        assert_eq!(read.injection.recordings, OnRecording::Warn);
        assert_eq!(read.usable_face.min_sharpness, 0);
        assert_eq!(read.faults(), []);
    }

    #[test]
    fn what_is_no_policy_is_an_error() {
        for text in ["", "[]", "{}", "{\"face_match\": 1}"] {
            assert!(kept_policy(text.as_bytes()).is_err(), "{text}");
        }
    }
}
