//! A bucket of an S3-compatible store (Amazon's, MinIO's, Ceph's, ...), by the `object_store` crate.
//!
//! An object is there whole once its `PUT` was answered, or not at all: S3 promises both.

use std::io::Error;
use std::sync::Arc;

use bytes::Bytes;
use kiosk_pki::read_secret;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt};
use zeroize::Zeroizing;

use crate::config::BucketConfig;

/// One bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    store: Arc<dyn ObjectStore>,
}

impl Bucket {
    /// Reads the key file; the store itself is asked at the first use.
    ///
    /// # Errors
    ///
    /// What is wrong with the file or the address.
    pub(crate) fn open(at: &BucketConfig) -> Result<Self, Error> {
        // Fails only where one is installed already: what was wanted.
        let _ = Arc::unwrap_or_clone(kiosk_pki::provider()).install_default();
        let secret = read_secret(&at.secret_key_file).map_err(Error::other)?;
        let secret = std::str::from_utf8(&secret).map_err(Error::other)?;
        let secret = Zeroizing::new(secret.trim().to_owned());
        let mut options = ClientOptions::new().with_allow_http(at.is_loopback());
        if let Some(authority) = &at.authority {
            let pem = std::fs::read(authority)?;
            let certificate = object_store::Certificate::from_pem(&pem).map_err(Error::other)?;
            options = options.with_root_certificate(certificate);
        }
        let store = AmazonS3Builder::new()
            .with_endpoint(&at.endpoint)
            .with_region(&at.region)
            .with_bucket_name(&at.bucket)
            .with_access_key_id(&at.access_key_id)
            .with_secret_access_key(secret.as_str())
            .with_allow_http(at.is_loopback())
            // One by one: not every store that speaks S3 knows how to delete many at once.
            .with_disable_bulk_delete(true)
            .with_client_options(options)
            .build()
            .map_err(Error::other)?;
        Ok(Self {
            store: Arc::new(store),
        })
    }

    pub(super) async fn length(&self, name: &str) -> Result<Option<u64>, Error> {
        match self.store.head(&Path::from(name)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::other(error)),
        }
    }

    pub(super) async fn write(&self, name: &str, bytes: Bytes) -> Result<(), Error> {
        let put = self.store.put(&Path::from(name), bytes.into()).await;
        put.map(|_| ()).map_err(Error::other)
    }

    pub(super) async fn read(&self, name: &str) -> Result<Option<Bytes>, Error> {
        match self.store.get(&Path::from(name)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(Error::other)?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::other(error)),
        }
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), Error> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::other(error)),
        }
    }
}
