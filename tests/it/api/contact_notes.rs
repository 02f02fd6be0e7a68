//! Notes on people, whether anything was said yet or not.

use postern::domain::agent::Role;
use serde_json::json;

use super::{CUSTOMER, Desk, id};
use crate::both;

both! {
    async fn r108_a_note_on_a_contact_waits_for_the_first_message(db: Db) {
        let desk = Desk::on(&db).await;
        let ann = desk.post("/v1/contacts", json!({"addresses": [CUSTOMER]})).await.expect(201);
        let path = format!("/v1/contacts/{}", id(&ann));
        let note = json!({"text": "She is deaf in one ear"});
        let first = desk.post(&format!("{path}/notes"), note).await.expect(201);
        let place = first["conversation"].clone();
        assert_eq!(desk.get(&path).await.expect(200)["conversation"], place);
        let list = async |view: &str| {
            let listed = desk.walk(&format!("/v1/conversations?view={view}"), 10).await;
            listed.into_iter().map(|one| one["id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((list("inbox").await, list("archived").await), (vec![], vec![place.clone()]));
        desk.text_in("in-1", "Hello").await;
        assert_eq!((list("inbox").await, list("archived").await), (vec![place.clone()], vec![]));
        let second = desk.post(&format!("{path}/notes"), json!({"text": "The left one"})).await;
        assert_eq!(second.expect(201)["conversation"], place);
        let timeline = format!("/v1/conversations/{}/timeline", place.as_str().unwrap());
        let shown = desk.get(&timeline).await.expect(200).to_string();
        assert!(shown.contains("deaf in one ear") && shown.contains("The left one"), "{shown}");
        let counts = desk.get("/v1/conversations/counts").await.expect(200);
        let dossier = desk.get(&format!("{path}/export")).await.expect(200);
        assert_eq!(dossier["notes"].as_array().unwrap().len(), 2, "{counts}");
        let team = desk.post("/v1/teams", json!({"name": "inside"})).await.expect(201);
        let restrict = format!("/v1/conversations/{}/restrict", place.as_str().unwrap());
        desk.post(&restrict, json!({"team": id(&team)})).await.expect(200);
        let key = desk.key("bob", Role::Agent).await;
        let note = json!({"text": "x"});
        desk.with_key(&key, "POST", &format!("{path}/notes"), Some(note)).await.expect(404);
        desk.end().await;
    }
}
