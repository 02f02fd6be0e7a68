//! What is too large for the database: raw mail and attachments, by key.
//!
//! A blob is on disk before [`Blobs::put`] returns, and it is never changed; whoever writes the row
//! that names it does so afterwards, so a crash leaves at most a blob that nothing names.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};

/// Why a blob could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobFault {
    /// There is no such blob.
    #[error("there is no blob {0}")]
    Missing(String),
    /// The folder or the bucket cannot be used.
    #[error("the blob store failed: {0}")]
    Failed(object_store::Error),
}

impl From<object_store::Error> for BlobFault {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::Missing(path),
            other => Self::Failed(other),
        }
    }
}

/// A new key under a prefix: random, and spread over 256 folders by its first two characters.
pub fn fresh_key(prefix: &str) -> String {
    let name = uuid::Uuid::new_v4().simple().to_string();
    format!("{prefix}/{}/{name}", &name[..2])
}

/// The blobs of one daemon, or of several that share a bucket; clones share everything.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Blobs in a folder, which is made when it is missing.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be made.
    pub fn open_folder(folder: &Path) -> Result<Self, BlobFault> {
        let failed = |source: std::io::Error| {
            BlobFault::Failed(object_store::Error::Generic {
                store: "folder",
                source: Box::new(source),
            })
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
        })
    }

    /// Blobs in a bucket, `s3://bucket/prefix`, with what the environment says about it.
    ///
    /// # Errors
    ///
    /// Fails when the environment says too little.
    #[cfg(feature = "s3")]
    pub fn open_bucket(url: &url::Url) -> Result<Self, BlobFault> {
        let bucket = object_store::aws::AmazonS3Builder::from_env()
            .with_url(url.as_str())
            .build()?;
        let prefix = Key::from(url.path().trim_matches('/'));
        Ok(Self {
            store: Arc::new(object_store::prefix::PrefixStore::new(bucket, prefix)),
        })
    }

    /// Refuses: this program was built without buckets.
    ///
    /// # Errors
    ///
    /// Always.
    #[cfg(not(feature = "s3"))]
    pub fn open_bucket(_: &url::Url) -> Result<Self, BlobFault> {
        Err(BlobFault::Failed(object_store::Error::NotImplemented {
            operation: "a bucket without the feature s3".to_owned(),
            implementer: "this program".to_owned(),
        }))
    }

    /// Keeps a blob under a new key; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// Fails when the store does; nothing may name the key then.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), BlobFault> {
        self.store.put(&Key::from(key), bytes.into()).await?;
        Ok(())
    }

    /// Reads a blob.
    ///
    /// # Errors
    ///
    /// Fails when there is none of that key, or the store does.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobFault> {
        Ok(self.store.get(&Key::from(key)).await?.bytes().await?)
    }

    /// Removes a blob; that it was not there is no fault.
    ///
    /// # Errors
    ///
    /// Fails when the store does.
    pub async fn delete(&self, key: &str) -> Result<(), BlobFault> {
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }
}
