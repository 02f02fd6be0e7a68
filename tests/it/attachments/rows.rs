//! Attachments: uploaded, used, served, and removed when nobody uses them.

use std::collections::{BTreeSet, HashMap};

use postern::domain::attachment::{
    Attachment, Enclosed, FileRefusal, FileState, Freight, Source, enclose, first_used,
};
use postern::domain::clock::Timestamp;
use postern::domain::gateway::GatewayName;
use postern::domain::id::{AgentId, AttachmentId, MessageId};
use postern::lifecycle::Tasks;
use postern::store::{Location, OpenOptions, Store, StoreFault, attachment};

use crate::both;
use crate::world::db::Db;

const NOW: Timestamp = Timestamp(1_780_000_000_000_000);

async fn open(db: &Db) -> Store {
    let location = match db.url.strip_prefix("sqlite://") {
        Some(path) => Location::Sqlite(path.into()),
        None => Location::Postgres(db.url.clone()),
    };
    let options = OpenOptions::default();
    Store::open(&location, &options, &Tasks::new())
        .await
        .unwrap()
}

fn uploaded(by: AgentId, size: u64) -> Attachment {
    let source = Source {
        gateway: GatewayName::parse("long").unwrap(),
        url: "https://media.test/1".to_owned(),
    };
    Attachment {
        sniffed: Some("image/png".to_owned()),
        content_id: Some("logo@example.com".to_owned()),
        inline: true,
        size,
        sha256: Some("00".repeat(32)),
        blob: Some(format!("files/00/{size}")),
        state: FileState::Stored,
        uploaded_by: Some(by),
        source: Some(source),
        reason: Some("it's \"odd\"".to_owned()),
        tries: 3,
        ..Attachment::new("Bild ü.png", "image/png", NOW)
    }
}

both! {
    async fn attachments_are_read_as_they_were_written(db: Db) {
        let store = open(&db).await;
        let one = uploaded(AgentId::new(), 7);
        let rows = vec![one.clone()];
        store
            .write(move |tx| {
                Box::pin(async move {
                    attachment::upsert_attachments(&mut tx.conn, &rows).await?;
                    Ok::<_, StoreFault>(())
                })
            })
            .await
            .unwrap();
        let mut conn = store.read().await.unwrap();
        let found = attachment::load_attachments(&mut conn, &[one.id]).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&one));
        let key = one.blob.clone().unwrap();
        let named = attachment::list_named(&mut conn, &[key.clone(), "files/zz/1".to_owned()]).await;
        assert_eq!(named.unwrap(), std::slice::from_ref(&key));
        drop(conn);
        let gone = store
            .write(move |tx| {
                Box::pin(async move {
                    attachment::delete_unused(&mut tx.conn, Timestamp(NOW.0 + 1), 10).await
                })
            })
            .await
            .unwrap();
        assert_eq!(gone, [Some(key)]);
    }
}

#[test]
fn t06_an_unused_attachment_is_its_uploaders_alone() {
    let (ann, ben) = (AgentId::new(), AgentId::new());
    let one = uploaded(ann, 20_000_000);
    let other = uploaded(ann, 6_000_000);
    let mut found: HashMap<AttachmentId, Attachment> =
        [(one.id, one.clone()), (other.id, other.clone())].into();
    let mail = |ids: &[AttachmentId], found: &HashMap<_, _>, author| {
        enclose(ids, &BTreeSet::new(), found, author, Freight::Mail)
    };
    let beside = Enclosed {
        inline: false,
        content_id: None,
        ..one.enclosed()
    };
    assert_eq!(
        mail(&[one.id], &found, ann).unwrap(),
        std::slice::from_ref(&beside)
    );
    let refused = mail(&[one.id], &found, ben).unwrap_err();
    assert_eq!(refused, [FileRefusal::Unknown(one.id)]);
    let refused = mail(&[one.id, other.id], &found, ann).unwrap_err();
    let (size, most) = (26_000_000, 25_000_000);
    assert_eq!(refused, [FileRefusal::TooLarge { size, most }]);
    let refused = mail(&[one.id, one.id], &found, ann).unwrap_err();
    assert_eq!(refused, [FileRefusal::Twice(one.id)]);
    let refused = enclose(&[one.id], &BTreeSet::new(), &found, ann, Freight::None).unwrap_err();
    assert_eq!(refused, [FileRefusal::NotCarried]);
    let used = first_used(&[one.enclosed()], &mut found, MessageId::new());
    assert_eq!(used.len(), 1);
    assert!(
        mail(&[one.id], &found, ben).is_ok(),
        "what was sent is seen by all"
    );
    assert!(first_used(&[one.enclosed()], &mut found, MessageId::new()).is_empty());
}
