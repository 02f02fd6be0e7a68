//! Pictures that the HTML of a mail shows.

use mail_parser::{MessageParser, MimeHeaders};
use serde_json::json;

use super::{CUSTOMER, with_mail};
use crate::attachments::upload;
use crate::both;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

both! {
    async fn r023_a_picture_is_shown_in_the_text_and_a_file_goes_beside_it(db: Db) {
        let (app, sink) = with_mail(&db).await;
        let files: &[(&str, &str, &[u8])] =
            &[("plan.png", "image/png", PNG), ("terms.pdf", "application/pdf", b"%PDF-1.7")];
        let uploaded = upload(&app.api, files).await.expect(201);
        let [plan, terms] = [0, 1].map(|nth| uploaded["data"][nth]["id"].as_str().unwrap());
        let html = format!("<p>Here: <img src=\"cid:{plan}\" alt=\"The plan\"></p>");
        let body = json!({"to": CUSTOMER, "subject": "Plan", "html": html, "attachments": [terms, plan]});
        let message = app.api.post("/v1/messages", &body).await.expect(202);
        let inline = [0, 1].map(|nth| message["attachments"][nth]["inline"] == true);
        assert_eq!(inline, [false, true], "{message}");
        let letter = sink.took(1).await.remove(0).content();
        let mail = MessageParser::default().parse(&letter).unwrap();
        let of = |id: usize| {
            let part = &mail.parts[id];
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        };
        let kinds: Vec<String> = (0..mail.parts.len()).map(of).collect();
        assert_eq!(kinds, [
            "multipart/mixed", "multipart/alternative", "text/plain",
            "multipart/related", "text/html", "image/png", "application/pdf",
        ]);
        let picture = &mail.parts[5];
        let id = picture.content_id().unwrap();
        assert_eq!(id, format!("{plan}@example.net"));
        assert!(picture.content_disposition().unwrap().is_inline());
        assert_eq!(picture.contents(), PNG);
        assert!(mail.parts[6].content_disposition().unwrap().is_attachment());
        let page = mail.body_html(0).unwrap();
        assert!(page.contains(&format!("src=\"cid:{id}\"")), "{page}");
        app.end().await;
    }

    async fn r023_a_picture_that_does_not_go_with_it_is_refused(db: Db) {
        let (app, sink) = with_mail(&db).await;
        let html = "<img src=\"cid:logo\">";
        let body = json!({"to": CUSTOMER, "subject": "Plan", "html": html});
        let refused = app.api.post("/v1/messages", &body).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], "/html");
        assert_eq!(refused["errors"][0]["detail"], "html shows cid:logo, and attachments has no such id");
        let dry = json!({"to": CUSTOMER, "subject": "Plan", "html": html, "dry_run": true});
        let said = app.api.post("/v1/messages", &dry).await.expect(200);
        assert_eq!(said["blocked_by"][0]["pointer"], "/html", "{said}");
        assert!(sink.letters().is_empty());
        app.end().await;
    }
}
