//! Blobs that lie together: each is one of its own, and none outlives its erasure.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use postern::blob::{BlobFault, Blobs, Pack};

use super::post::{Letter, Mailbox, office};
use crate::both;

/// More than is written at once when a piece is erased.
const LONG: usize = 10_000;

async fn kept(blobs: &Blobs, pieces: &[&[u8]]) -> Vec<String> {
    let mut pack = Pack::new("mail");
    let add = |piece: &&[u8]| pack.add(Bytes::copy_from_slice(piece));
    let keys = pieces.iter().map(add).collect();
    blobs.put_pack(pack).await.unwrap();
    keys
}

#[tokio::test]
async fn each_piece_is_read_by_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open_folder(folder.path()).unwrap();
    let long = vec![b'x'; LONG];
    let pieces: [&[u8]; 4] = [b"one", b"", &long, b"end"];
    for (key, piece) in kept(&blobs, &pieces).await.iter().zip(pieces) {
        assert_eq!(blobs.get(key).await.unwrap(), piece);
        let (size, stream) = blobs.open(key).await.unwrap();
        let read: Vec<Bytes> = stream.try_collect().await.unwrap();
        assert_eq!(
            (size, read.concat().as_slice()),
            (piece.len() as u64, piece)
        );
    }
}

#[tokio::test]
async fn an_erased_piece_is_zeros_on_the_disk_and_those_beside_it_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open_folder(folder.path()).unwrap();
    let secret = vec![b's'; LONG];
    let keys = kept(&blobs, &[b"before", &secret, b"after"]).await;
    for _ in 0..2 {
        blobs.delete(&keys[1]).await.unwrap();
    }
    let file = folder.path().join(keys[1].split_once('@').unwrap().0);
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.contains(&b's'), "its bytes are still on the disk");
    assert_eq!(blobs.get(&keys[0]).await.unwrap(), "before");
    assert_eq!(blobs.get(&keys[1]).await.unwrap(), vec![0; LONG]);
    assert_eq!(blobs.get(&keys[2]).await.unwrap(), "after");
    // Where the whole pack is gone there is nothing to erase.
    blobs
        .delete(keys[0].split_once('@').unwrap().0)
        .await
        .unwrap();
    blobs.delete(&keys[0]).await.unwrap();
    assert!(matches!(
        blobs.get(&keys[0]).await,
        Err(BlobFault::Missing(_))
    ));
    assert!(!file.exists(), "erasing made a file");
}

/// All files below a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let below = |path: std::path::PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    entries.flat_map(|entry| below(entry.path())).collect()
}

both! {
    async fn mails_of_a_batch_are_one_file_and_copies_are_erased_from_it(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letter = |n: usize| Letter::new("Ann <ann@example.org>", &format!("mail {n}"), "Hello");
        let known = letter(0).raw();
        inbox.put_all(vec![known.clone()]).await;
        let more = (1..20).map(|n| letter(n).raw());
        let batch: Vec<Bytes> = more.chain([known.clone()]).collect();
        inbox.put_all(batch.clone()).await;
        let packs = files(&db.folder().join("blobs/mail"));
        assert_eq!(packs.len(), 2, "{packs:?}");
        for message in app.api.list("/v1/messages").await {
            let path = format!("/v1/messages/{}/raw", message["id"].as_str().unwrap());
            let raw = app.api.get(&path).await.text;
            assert!(batch.iter().any(|mail| *mail == raw), "{message}");
        }
        // The mail that came again is in the second pack no more.
        let holds = |path: &std::path::PathBuf| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(known.len()).any(|window| window == known)
        };
        assert_eq!(packs.iter().filter(|path| holds(path)).count(), 1);
        app.end().await;
    }
}
