//! What a tenant has set beside the kiosk's policy, on its shelves: versions of weights, and what has to be read of a document.
//!
//! ```text
//!  weights        "00000001"     a version, never changed; the last is the one that holds
//!                 "policy NAME"  what held where the tenant had set none, so that an older session's id can be looked up
//!  requirements   "TYPE SOURCE"  what holds for a document of that type, read there
//! ```

use kiosk_session::{
    DocumentEvidence, DocumentType, FieldName, Policy, Redacted, Terms, Weights, WeightsVersion,
    data_source,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::registry::{Before, Registry, RegistryError, Shelf};

/// How often a version is numbered anew where another came between.
const TRIES: usize = 8;
/// What the name of the policy's own weights begins with.
const OF_POLICY: &str = "policy ";

/// Who set something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setter {
    /// The credential; absent where the policy says it.
    pub client_id: Option<String>,
    /// The person, as the credential's holder names them.
    pub user_id: Option<Redacted<String>>,
}

/// Weights as they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetWeights {
    /// The version's name.
    pub id: String,
    /// Who set them.
    pub by: Setter,
    /// The numbers.
    pub weights: Weights,
}

/// Requirements as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRequirements {
    /// The document's type.
    pub document_type: String,
    /// Where it is read.
    pub data_source: String,
    /// Who set them.
    pub by: Setter,
    /// What has to be read.
    pub required: Vec<FieldName>,
}

/// The weights that hold for a tenant; `None` where it has set none.
///
/// # Errors
///
/// [`RegistryError::Unavailable`]
pub fn weights(registry: &dyn Registry, tenant: &str) -> Result<Option<SetWeights>, RegistryError> {
    let all = registry.all(tenant, Shelf::Weights)?;
    let own = all.iter().rfind(|(name, _)| !name.starts_with(OF_POLICY));
    own.map(|(_, text)| parsed(text)).transpose()
}

/// The version of that name.
///
/// # Errors
///
/// [`RegistryError::Unavailable`]
pub fn weights_named(
    registry: &dyn Registry,
    tenant: &str,
    id: &str,
) -> Result<Option<SetWeights>, RegistryError> {
    for (_, text) in registry.all(tenant, Shelf::Weights)? {
        let version: SetWeights = parsed(&text)?;
        if version.id == id {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// Keeps a new version, which holds from then on; gives its name.
///
/// # Errors
///
/// Those of [`Registry::put`].
pub async fn set_weights(
    registry: &dyn Registry,
    tenant: &str,
    by: Setter,
    weights: Weights,
) -> Result<String, RegistryError> {
    let id = Uuid::new_v4().to_string();
    let version = SetWeights {
        id: id.clone(),
        by,
        weights,
    };
    let text = written(&version)?;
    let mut put = Err(RegistryError::ChangedMeanwhile);
    for _ in 0..TRIES {
        let all = registry.all(tenant, Shelf::Weights)?;
        let numbers = all.iter().filter_map(|(name, _)| name.parse::<u32>().ok());
        let name = format!("{:08}", numbers.max().unwrap_or(0) + 1);
        let entry = (name.as_str(), text.clone());
        put = registry
            .put(tenant, Shelf::Weights, entry, Before::Absent)
            .await;
        if put != Err(RegistryError::ChangedMeanwhile) {
            break;
        }
    }
    put.map(|()| id)
}

/// Keeps what the policy says under the policy's name, where a tenant has set nothing: sessions keep that name.
///
/// # Errors
///
/// Those of [`Registry::put`].
pub async fn note_policy(
    registry: &dyn Registry,
    tenant: &str,
    policy: &Policy,
) -> Result<(), RegistryError> {
    let name = format!("{OF_POLICY}{}", policy.name);
    if registry.get(tenant, Shelf::Weights, &name)?.is_some() {
        return Ok(());
    }
    let text = written(&of_policy(policy))?;
    let put = registry.put(tenant, Shelf::Weights, (&name, text), Before::Absent);
    match put.await {
        Err(RegistryError::ChangedMeanwhile) => Ok(()),
        put => put,
    }
}

/// What the policy says, as weights that nobody set.
pub fn of_policy(policy: &Policy) -> SetWeights {
    SetWeights {
        id: policy.name.clone(),
        by: Setter {
            client_id: None,
            user_id: None,
        },
        weights: Weights::of_policy(policy),
    }
}

/// Every requirement that a tenant has set.
///
/// # Errors
///
/// [`RegistryError::Unavailable`]
pub fn requirements(
    registry: &dyn Registry,
    tenant: &str,
) -> Result<Vec<SetRequirements>, RegistryError> {
    let all = registry.all(tenant, Shelf::Requirements)?;
    all.iter().map(|(_, text)| parsed(text)).collect()
}

/// Keeps requirements, in the place of those of the same type and source.
///
/// # Errors
///
/// Those of [`Registry::put`].
pub async fn set_requirements(
    registry: &dyn Registry,
    tenant: &str,
    set: &SetRequirements,
) -> Result<(), RegistryError> {
    let name = place(&set.document_type, &set.data_source);
    let entry = (name.as_str(), written(set)?);
    registry
        .put(tenant, Shelf::Requirements, entry, Before::Whatever)
        .await
}

/// What holds for a tenant's session with that document.
///
/// # Errors
///
/// [`RegistryError::Unavailable`]
pub fn standing(
    registry: &dyn Registry,
    tenant: &str,
    document: Option<&DocumentEvidence>,
) -> Result<Terms, RegistryError> {
    let weights = weights(registry, tenant)?.map(|set| WeightsVersion {
        id: set.id,
        weights: set.weights,
    });
    let mut required = Vec::new();
    if let Some(read) = document {
        let source = data_source(read.layout.as_deref());
        let name = place(DocumentType::of(read).word(), source);
        if let Some(text) = registry.get(tenant, Shelf::Requirements, &name)? {
            required = parsed::<SetRequirements>(&text)?.required;
        }
    }
    Ok(Terms { weights, required })
}

fn place(document_type: &str, data_source: &str) -> String {
    format!("{document_type} {data_source}")
}

fn parsed<T: DeserializeOwned>(text: &Redacted<String>) -> Result<T, RegistryError> {
    serde_json::from_str(text.reveal()).map_err(|error| {
        tracing::error!(
            line = error.line(),
            column = error.column(),
            "what a tenant has set can't be read"
        );
        RegistryError::Unavailable
    })
}

fn written<T: Serialize>(what: &T) -> Result<Redacted<String>, RegistryError> {
    let text = serde_json::to_string(what).map_err(|_| RegistryError::Unavailable)?;
    Ok(Redacted::new(text))
}
