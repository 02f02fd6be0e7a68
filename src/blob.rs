//! What is too large for the database: raw mail and attachments, by key.
//!
//! A blob is on disk before [`Blobs::put`] returns; whoever writes the row that names it does so
//! afterwards, so a crash leaves at most a blob that nothing names. What comes together is kept
//! together, in one [`Pack`], whose pieces are blobs like all others: they have keys of their own,
//! and deleting one leaves zeros where it was.

mod pack;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, WriteMultipart};

pub use self::pack::Pack;
use self::pack::Place;
use crate::domain::clock::Timestamp;

/// The smallest piece that buckets take but for the last.
const PIECE: usize = 5 * 1024 * 1024;

/// A blob on its way out, piece by piece.
pub type Pieces = BoxStream<'static, Result<Bytes, BlobFault>>;

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
    /// Where the files are, when they are files.
    folder: Option<Arc<PathBuf>>,
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
            folder: Some(Arc::new(folder.to_owned())),
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
            folder: None,
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

    /// Keeps a pack, and with it all its pieces; they are durable when this returns.
    ///
    /// # Errors
    ///
    /// Fails when the store does; nothing may name the pieces then.
    pub async fn put_pack(&self, pack: Pack) -> Result<(), BlobFault> {
        let (key, content) = pack.into_content();
        self.store.put(&Key::from(key), content).await?;
        Ok(())
    }

    /// Begins a blob that comes piece by piece; it is there, and durable, once it is finished.
    ///
    /// # Errors
    ///
    /// Fails when the store does.
    pub async fn begin(&self, key: &str) -> Result<Piecewise, BlobFault> {
        let upload = self.store.put_multipart(&Key::from(key)).await?;
        Ok(Piecewise(WriteMultipart::new_with_chunk_size(
            upload, PIECE,
        )))
    }

    /// Reads a blob piece by piece; its size in bytes comes with it.
    ///
    /// # Errors
    ///
    /// Fails when there is none of that key, or the store does.
    pub async fn open(&self, key: &str) -> Result<(u64, Pieces), BlobFault> {
        let place = Place::of(key);
        if place.is_empty() {
            return Ok((0, futures_util::stream::empty().boxed()));
        }
        let options = GetOptions::new().with_range(place.range);
        let found = self.store.get_opts(&Key::from(place.file), options).await?;
        let size = found.range.end - found.range.start;
        Ok((size, found.into_stream().map_err(BlobFault::from).boxed()))
    }

    /// The keys under a prefix that were made before a time.
    ///
    /// # Errors
    ///
    /// Fails when the store does.
    pub async fn list_before(
        &self,
        prefix: &str,
        before: Timestamp,
    ) -> Result<Vec<String>, BlobFault> {
        let mut listed = self.store.list(Some(&Key::from(prefix)));
        let mut keys = Vec::new();
        while let Some(one) = listed.try_next().await? {
            if one.last_modified.timestamp_micros() < before.0 {
                keys.push(one.location.to_string());
            }
        }
        Ok(keys)
    }

    /// Reads a blob.
    ///
    /// # Errors
    ///
    /// Fails when there is none of that key, or the store does.
    pub async fn get(&self, key: &str) -> Result<Bytes, BlobFault> {
        let place = Place::of(key);
        if place.is_empty() {
            return Ok(Bytes::new());
        }
        let options = GetOptions::new().with_range(place.range);
        let found = self.store.get_opts(&Key::from(place.file), options).await?;
        Ok(found.bytes().await?)
    }

    /// Removes a blob; that it was not there is no fault. Of a piece of a pack the bytes are gone,
    /// durably, and the room is not; reading it gives zeros from then on.
    ///
    /// To erase a mail, delete the key in its row (`raw_mail.blob`) and those of its attachments
    /// (`attachment.blob`), before or after the rows go: each call may be made again.
    ///
    /// # Errors
    ///
    /// Fails when the store does.
    pub async fn delete(&self, key: &str) -> Result<(), BlobFault> {
        if let Place {
            file,
            range: Some(range),
        } = Place::of(key)
        {
            return pack::erase(
                &self.store,
                self.folder.as_ref().map(|folder| folder.as_path()),
                file,
                range,
            )
            .await;
        }
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }
}

/// A blob in the making. Nothing is kept of one that is dropped or abandoned.
#[derive(Debug)]
pub struct Piecewise(WriteMultipart);

impl Piecewise {
    /// Adds a piece; waits while the store is behind.
    ///
    /// # Errors
    ///
    /// Fails when the store does.
    pub async fn add(&mut self, bytes: Bytes) -> Result<(), BlobFault> {
        self.0.wait_for_capacity(1).await?;
        self.0.put(bytes);
        Ok(())
    }

    /// Ends it; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// Fails when the store does; nothing may name the key then.
    pub async fn finish(self) -> Result<(), BlobFault> {
        self.0.finish().await?;
        Ok(())
    }

    /// Throws away what there is of it.
    pub async fn abandon(self) {
        // What a store keeps of it in spite of this is nothing that anybody can name.
        let _ = self.0.abort().await;
    }
}
