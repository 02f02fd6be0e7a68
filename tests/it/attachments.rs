//! Attachments: uploaded, used, served, and removed when nobody uses them.

mod rows;

use std::time::Duration;

use postern::domain::clock::Clock;
use reqwest::Method;
use serde_json::Value;

use crate::both;
use crate::world::api::{Answer, Api};
use crate::world::app::TestApp;
use crate::world::daemon::make_key_for;
use crate::world::setup::Setup;

const BOUNDARY: &str = "the-boundary-of-the-tests";

/// A multipart body with these files: name, media type, bytes.
fn multipart(files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, kind, bytes) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {kind}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn posting(api: &Api, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = api.request(Method::POST, "/v1/attachments");
    request.header("content-type", kind).body(body)
}

/// Uploads files.
pub(crate) async fn upload(api: &Api, files: &[(&str, &str, &[u8])]) -> Answer {
    Answer::of(posting(api, multipart(files))).await.unwrap()
}

fn path(file: &Value) -> String {
    format!("/v1/attachments/{}", file["id"].as_str().unwrap())
}

/// How many files lie in the blob store.
fn kept(setup_folder: &std::path::Path) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| {
                if entry.path().is_dir() {
                    count(&entry.path())
                } else {
                    1
                }
            })
            .sum()
    }
    count(&setup_folder.join("blobs/files"))
}

both! {
    async fn i15_an_upload_is_there_at_once_and_once(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let pdf: &[u8] = b"%PDF-1.7 and so on\0\r\n--not the boundary";
        let files: &[(&str, &str, &[u8])] = &[("Rechnung M\u{e4}rz.pdf", "application/pdf", pdf)];
        let once = |files| posting(&app.api, multipart(files)).header("idempotency-key", "one");
        let file = Answer::of(once(files)).await.unwrap().expect(201);
        assert_eq!(file["name"], "Rechnung M\u{e4}rz.pdf");
        assert_eq!(file["content_type"], "application/pdf");
        assert_eq!(file["size"], pdf.len());
        assert_eq!(Answer::of(once(files)).await.unwrap().expect(201), file);
        assert_eq!(kept(db.folder()), 1, "the repeated bytes are gone");
        let other: &[(&str, &str, &[u8])] = &[("other.pdf", "application/pdf", pdf)];
        Answer::of(once(other)).await.unwrap().expect(422);
        let got = app.api.get(&path(&file)).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.text.as_bytes(), pdf);
        assert_eq!(got.headers["content-length"], pdf.len().to_string());
        let json = app.api.request(Method::GET, &path(&file)).header("accept", "application/json");
        assert_eq!(Answer::of(json).await.unwrap().expect(200), file);
        let several = upload(&app.api, &[files[0], other[0]]).await.expect(201);
        assert_eq!(several["data"].as_array().unwrap().len(), 2);
        app.api.get("/v1/attachments/att_00000000000000000000000000").await.expect(404);
        app.end().await;
    }

    async fn t06_nothing_that_is_uploaded_can_be_run(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let polyglot: &[u8] = b"GIF89a/*\x01\x01*/=1;alert(1)//";
        let files: &[(&str, &str, &[u8])] = &[
            ("a.js", "text/javascript", b"alert(1)"),
            ("a.html", "text/html", b"<!DOCTYPE html><script>alert(1)</script>"),
            ("a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("a.xhtml", "application/xhtml+xml", b"<?xml version='1.0'?><html/>"),
            ("a.png", "image/png", b"<html><script>alert(1)</script></html>"),
            ("a.mjs", "application/ecmascript", b"export default 1"),
            ("a.css", "text/css", b"* { color: red }"),
            ("a.gif", "text/javascript", polyglot),
        ];
        for (name, kind, bytes) in files {
            let file = upload(&app.api, &[(name, kind, bytes)]).await.expect(201);
            let got = app.api.get(&path(&file)).await;
            let served = got.headers["content-type"].as_str();
            let expected = if *name == "a.gif" { "image/gif" } else { "application/octet-stream" };
            assert_eq!(served, expected, "{name}");
            assert!(got.headers["content-disposition"].starts_with("attachment;"));
            assert_eq!(got.headers["x-content-type-options"], "nosniff");
            assert_eq!(got.headers["content-security-policy"], "sandbox; default-src 'none'");
            assert_eq!(got.headers["cross-origin-resource-policy"], "same-origin");
            assert_eq!(got.headers["cache-control"], "private");
        }
        app.end().await;
    }

    async fn t06_names_and_owners_are_respected(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let name = "../../x%22\\\"\r\n Set-Cookie: a=b";
        let answer = upload(&app.api, &[(name, "text/plain", b"hello")]).await;
        assert!(answer.status == 201 || answer.status == 400, "{}", answer.text);
        let name = "../../x%22%0d%0aSet-Cookie: a=b.txt";
        let file = upload(&app.api, &[(name, "text/plain", b"hello")]).await.expect(201);
        let told = file["name"].as_str().unwrap();
        assert!(!told.contains(['/', '\r', '\n', '"']), "{told:?}");
        let got = app.api.get(&path(&file)).await;
        assert!(!got.headers.contains_key("set-cookie"));
        assert!(!got.headers["content-disposition"].contains(['\r', '\n']));
        let config = db.folder().join("postern.toml");
        let other = Api::new(&app.api.base, &make_key_for(&config, "somebody-else"));
        other.get(&path(&file)).await.expect(404);
        Answer::of(app.api.http.get(format!("{}{}", app.api.base, path(&file)))).await.unwrap().expect(401);
        app.end().await;
    }

    async fn t10_one_agent_uploads_no_more_than_the_quota_of_a_day(db: Db) {
        let clock = Clock::fixed(postern::domain::clock::Timestamp(1_800_000_000_000_000));
        let setup = Setup::bare(&db);
        let app = TestApp::start_at(&db, &setup, clock.clone()).await;
        let small = [("a.txt", "text/plain", &b"hello"[..])];
        upload(&app.api, &small).await.expect(201);
        db.execute("UPDATE attachment SET size = 2499999990").await;
        upload(&app.api, &small).await.expect(201);
        upload(&app.api, &small).await.expect(201);
        let refused = upload(&app.api, &small).await.expect(429);
        assert_eq!(refused["code"], "over_quota");
        assert_eq!(kept(db.folder()), 3, "bytes of a refused file were kept");
        // Others may, and tomorrow everybody may.
        let other = Api::new(&app.api.base, &make_key_for(&db.folder().join("postern.toml"), "other"));
        upload(&other, &small).await.expect(201);
        clock.advance(Duration::from_hours(25));
        upload(&app.api, &small).await.expect(201);
        app.end().await;
    }

    async fn t10_too_much_is_refused_and_leaves_nothing(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let one: (&str, &str, &[u8]) = ("a.txt", "text/plain", b"hello");
        upload(&app.api, &[one; 20]).await.expect(201);
        assert_eq!(kept(db.folder()), 20);
        upload(&app.api, &[one; 21]).await.expect(413);
        let large = vec![b'x'; 25_000_001];
        let body = multipart(&[("large", "text/plain", &large)]);
        assert_eq!(Answer::of(posting(&app.api, body)).await.unwrap().status, 413);
        let fits = multipart(&[("large", "text/plain", &large[1..])]);
        let file = Answer::of(posting(&app.api, fits)).await.unwrap().expect(201);
        assert_eq!(file["size"], 25_000_000);
        let nothing = multipart(&[]);
        assert!(matches!(Answer::of(posting(&app.api, nothing)).await.unwrap().status, 400 | 422));
        let cut = multipart(&[one]);
        let cut = cut[..cut.len() - 30].to_vec();
        Answer::of(posting(&app.api, cut)).await.unwrap().expect(400);
        let packed = posting(&app.api, multipart(&[one])).header("content-encoding", "gzip");
        Answer::of(packed).await.unwrap().expect(415);
        let json = app.api.request(Method::POST, "/v1/segments").header("content-encoding", "gzip");
        let json = json.header("content-type", "application/json").body("{\"text\":\"a\"}");
        Answer::of(json).await.unwrap().expect(415);
        Answer::of(app.api.request(Method::POST, "/v1/attachments").body("x")).await.unwrap().expect(415);
        assert_eq!(kept(db.folder()), 21, "what was refused left nothing");
        app.end().await;
    }

    async fn what_nobody_uses_is_removed_after_a_day(db: Db) {
        let clock = Clock::fixed(crate::profiles::wire::now());
        let app = TestApp::start_at(&db, &Setup::bare(&db), clock.clone()).await;
        let file = upload(&app.api, &[("a.txt", "text/plain", b"hello")]).await.expect(201);
        // Left behind by a crash: bytes that no row names.
        let orphan = db.folder().join("blobs/files/00/00000000000000000000000000000000");
        std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        std::fs::write(&orphan, b"lost").unwrap();
        app.engine().sweep_files().await.unwrap();
        app.api.get(&path(&file)).await.expect(200);
        clock.advance(Duration::from_hours(24 * 3650));
        for _ in 0..256 {
            clock.advance(Duration::from_mins(1));
            app.engine().sweep_files().await.unwrap();
        }
        app.api.get(&path(&file)).await.expect(404);
        assert_eq!(kept(db.folder()), 0);
        app.end().await;
    }
}
