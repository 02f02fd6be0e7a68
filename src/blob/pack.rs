//! Blobs that are kept together in one file: a sync for all of them instead of one for each.
//!
//! A piece's key names the file and the bytes in it: `mail/ab/abcd@100+20`.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, UpdateVersion};

use super::{BlobFault, fresh_key};

/// How often a pack in a bucket is written anew when somebody else was faster each time.
const TRIES: u32 = 8;

/// What stands behind each piece, so that no two have the same key, not even empty ones.
const BETWEEN: &[u8] = b"\n";

/// Blobs that are to be kept together.
#[derive(Debug)]
pub struct Pack {
    key: String,
    pieces: Vec<Bytes>,
    length: usize,
}

impl Pack {
    /// An empty pack, with a key of its own under a prefix.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self {
            key: fresh_key(prefix),
            pieces: Vec::new(),
            length: 0,
        }
    }

    /// Adds a blob; gives back its key.
    pub fn add(&mut self, bytes: Bytes) -> String {
        let key = format!("{}@{}+{}", self.key, self.length, bytes.len());
        self.length += bytes.len() + BETWEEN.len();
        self.pieces.push(bytes);
        self.pieces.push(Bytes::from_static(BETWEEN));
        key
    }

    /// The key of all of it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn into_content(self) -> (String, PutPayload) {
        (self.key, self.pieces.into_iter().collect())
    }
}

/// Where a blob is.
pub(super) struct Place<'k> {
    /// The file, or the key in the bucket.
    pub(super) file: &'k str,
    /// Which bytes of it, when not all.
    pub(super) range: Option<Range<u64>>,
}

impl<'k> Place<'k> {
    /// Whether it is a part of which there are no bytes: stores refuse to read those.
    pub(super) fn is_empty(&self) -> bool {
        self.range.as_ref().is_some_and(Range::is_empty)
    }

    pub(super) fn of(key: &'k str) -> Self {
        let parts = key.rsplit_once('@').and_then(|(file, range)| {
            let (from, length) = range.split_once('+')?;
            let from: u64 = from.parse().ok()?;
            Some((file, from..from.checked_add(length.parse().ok()?)?))
        });
        match parts {
            Some((file, range)) => Self {
                file,
                range: Some(range),
            },
            None => Self {
                file: key,
                range: None,
            },
        }
    }
}

/// Puts zeros in the place of bytes.
pub(super) async fn erase(
    store: &Arc<dyn ObjectStore>,
    folder: Option<&Path>,
    file: &str,
    range: Range<u64>,
) -> Result<(), BlobFault> {
    match folder {
        Some(folder) => {
            let path = folder.join(file);
            let erasing = tokio::task::spawn_blocking(move || erase_in_file(&path, range));
            let erased = erasing.await.map_err(std::io::Error::other);
            erased.flatten().map_err(|source| {
                BlobFault::Failed(object_store::Error::Generic {
                    store: "folder",
                    source: Box::new(source),
                })
            })
        }
        None => erase_in_bucket(store, &Key::from(file), range).await,
    }
}

fn erase_in_file(path: &Path, range: Range<u64>) -> std::io::Result<()> {
    let opened = std::fs::File::options().write(true).open(path);
    let mut file = match opened {
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let end = range.end.min(file.metadata()?.len());
    file.seek(SeekFrom::Start(range.start))?;
    let mut left = end.saturating_sub(range.start);
    while left > 0 {
        let zeros = [0; 4096];
        let step = left.min(zeros.len() as u64);
        file.write_all(&zeros[..usize::try_from(step).unwrap_or(zeros.len())])?;
        left -= step;
    }
    file.sync_all()
}

/// Buckets know no changes: all of it is written anew, unless somebody else did so meanwhile.
async fn erase_in_bucket(
    store: &Arc<dyn ObjectStore>,
    key: &Key,
    range: Range<u64>,
) -> Result<(), BlobFault> {
    let mut tries = 0;
    loop {
        let found = match store.get(key).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(()),
            found => found?,
        };
        let version = UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        let mut bytes = Vec::from(found.bytes().await?);
        let at = |place: u64| {
            usize::try_from(place)
                .unwrap_or(usize::MAX)
                .min(bytes.len())
        };
        let range = at(range.start)..at(range.end);
        bytes[range].fill(0);
        let mode = PutMode::Update(version).into();
        match store.put_opts(key, bytes.into(), mode).await {
            Err(object_store::Error::Precondition { .. }) if tries < TRIES => tries += 1,
            done => return Ok(done.map(drop)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn a_piece_is_erased_in_a_bucket() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let key = Key::from("mail/ab/abcd");
        let mut pieces = Vec::new();
        for start in 0..8 {
            pieces.push(erase(&store, None, key.as_ref(), start..start + 1));
        }
        store.put(&key, "secrets.".into()).await.expect("it takes");
        // Those that write at the same time do not undo what others erased.
        let erased = futures_util::future::join_all(pieces).await;
        assert!(erased.iter().all(Result::is_ok), "{erased:?}");
        let left = store.get(&key).await.expect("it is there");
        assert_eq!(left.bytes().await.expect("it is read"), [0; 8][..]);
        let nothing = erase(&store, None, "mail/ab/none", 0..1).await;
        assert!(nothing.is_ok());
    }

    #[test]
    fn a_key_says_which_bytes() {
        let mut pack = Pack::new("mail");
        let keys = ["abc", "", "", "de"].map(|text| pack.add(Bytes::from(text)));
        let whole: Vec<u8> = pack.pieces.concat();
        let piece = |key: &String| {
            let Place { file, range } = Place::of(key);
            assert_eq!(file, pack.key);
            let range = range.expect("a piece");
            let at = |place: u64| usize::try_from(place).expect("short");
            &whole[at(range.start)..at(range.end)]
        };
        assert_eq!(keys.each_ref().map(piece), [&b"abc"[..], b"", b"", b"de"]);
        assert_ne!(keys[1], keys[2]);
        let alone = Place::of("files/ab/abcd");
        assert_eq!((alone.file, alone.range), ("files/ab/abcd", None));
    }
}
