//! Codes beside the password.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;

use super::sessions::{PASSWORD, cookie_of};
use super::{Answer, Desk, id};
use crate::both;

const PATH: &str = "/v1/me/second-factor";

/// What stands for the authenticator.
struct Phone(Vec<u8>);

impl Phone {
    /// Reads what it is shown.
    fn of(begun: &Value) -> Self {
        let uri = begun["uri"].as_str().unwrap();
        let start = "otpauth://totp/gw.example.com:ada%40example.com?secret=";
        let letters = uri.strip_prefix(start).unwrap_or_else(|| panic!("{uri}"));
        let letters = letters.split('&').next().unwrap();
        assert!(uri.ends_with("&issuer=gw.example.com"), "{uri}");
        let digit = |sign: u8| match sign {
            b'A'..=b'Z' => sign - b'A',
            _ => sign - b'2' + 26,
        };
        let bits = letters
            .bytes()
            .flat_map(|sign| (0..5).rev().map(move |n| (digit(sign) >> n) & 1));
        let bits: Vec<u8> = bits.collect();
        let byte = |eight: &[u8]| eight.iter().fold(0, |byte, bit| (byte << 1) | bit);
        Self(bits.chunks_exact(8).map(byte).collect())
    }

    /// The code that it shows now.
    fn code(&self, desk: &Desk) -> String {
        let step = desk.clock.now().0 / 30_000_000;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] % 16);
        let four: [u8; 4] = digest[at..at + 4].try_into().unwrap();
        format!("{:06}", u32::from_be_bytes(four) % (1 << 31) % 1_000_000)
    }
}

/// A code that is none.
fn other(code: &str) -> String {
    format!(
        "{:06}",
        (code.parse::<u32>().unwrap() + 500_000) % 1_000_000
    )
}

impl Desk {
    async fn log_in_with(&self, code: &str) -> Answer {
        let body = json!({"email": "ada@example.com", "password": PASSWORD, "code": code});
        self.browser("", "POST", "/v1/sessions", Some(body)).await
    }

    /// Sets Ada's second factor up; gives her cookie, her phone and her recovery codes.
    async fn enrol(&self) -> (String, Phone, Vec<String>) {
        let cookie = self.cookie().await;
        let start = json!({"password": PASSWORD});
        let begun = self
            .browser(&cookie, "POST", PATH, Some(start))
            .await
            .expect(201);
        let phone = Phone::of(&begun);
        let confirm = format!("{PATH}/confirm");
        let wrong = json!({"code": other(&phone.code(self))});
        self.browser(&cookie, "POST", &confirm, Some(wrong))
            .await
            .expect(422);
        // What nobody confirmed is not asked for.
        self.log_in(PASSWORD).await.expect(201);
        let right = json!({"code": phone.code(self)});
        let confirmed = self
            .browser(&cookie, "POST", &confirm, Some(right))
            .await
            .expect(200);
        let codes = confirmed["recovery_codes"].as_array().unwrap();
        let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
        (cookie, phone, codes.collect())
    }
}

both! {
    async fn t17_logging_in_needs_a_code_that_counts_once(db: Db) {
        let desk = Desk::on(&db).await;
        desk.ada().await;
        let elsewhere = desk.cookie().await;
        let (cookie, phone, codes) = desk.enrol().await;
        assert_eq!(codes.len(), 10);
        desk.browser(&elsewhere, "GET", "/v1/me", None).await.expect(401);
        let standing = desk.browser(&cookie, "GET", PATH, None).await.expect(200);
        assert_eq!(standing, json!({"on": true, "recovery_codes_left": 10}));
        assert_eq!(desk.log_in(PASSWORD).await.expect(401)["code"], "second_factor_needed");
        // Without the password, nothing is told of codes.
        assert_eq!(desk.log_in("another one").await.expect(401)["code"], "unauthorized");
        desk.log_in_with(&phone.code(&desk)).await.expect(401);
        desk.clock.advance(Duration::from_mins(1));
        let code = phone.code(&desk);
        assert_eq!(desk.log_in_with(&other(&code)).await.expect(401)["code"], "unauthorized");
        let let_in = desk.log_in_with(&code).await;
        let_in.expect(201);
        desk.browser(&cookie_of(&let_in), "GET", "/v1/me", None).await.expect(200);
        desk.log_in_with(&code).await.expect(401);
        desk.end().await;
    }

    async fn t17_a_recovery_code_counts_once_and_a_lost_phone_is_replaced(db: Db) {
        let desk = Desk::on(&db).await;
        desk.ada().await;
        let (cookie, old, codes) = desk.enrol().await;
        desk.log_in_with(&codes[3]).await.expect(201);
        desk.log_in_with(&codes[3]).await.expect(401);
        let standing = desk.browser(&cookie, "GET", PATH, None).await.expect(200);
        assert_eq!(standing["recovery_codes_left"], 9);
        let audit = desk.get("/v1/audit?action=agent.recovery_code_used").await.expect(200);
        assert_eq!(audit["data"].as_array().unwrap().len(), 1);
        let ask = async |body: Value| desk.browser(&cookie, "POST", PATH, Some(body)).await;
        let missing = ask(json!({"password": PASSWORD})).await;
        assert_eq!(missing.pointers(), ["/code"]);
        let wrong = ask(json!({"password": "another one", "code": codes[4]})).await;
        assert_eq!(wrong.pointers(), ["/password"]);
        let begun = ask(json!({"password": PASSWORD, "code": codes[4]})).await.expect(201);
        let new = Phone::of(&begun);
        // The old one holds until the new one has shown a code.
        desk.clock.advance(Duration::from_mins(1));
        desk.log_in_with(&old.code(&desk)).await.expect(201);
        let confirm = json!({"code": new.code(&desk)});
        let path = format!("{PATH}/confirm");
        let fresh = desk.browser(&cookie, "POST", &path, Some(confirm)).await.expect(200);
        desk.clock.advance(Duration::from_mins(1));
        desk.log_in_with(&old.code(&desk)).await.expect(401);
        desk.log_in_with(&codes[5]).await.expect(401);
        desk.log_in_with(&new.code(&desk)).await.expect(201);
        desk.log_in_with(fresh["recovery_codes"][0].as_str().unwrap()).await.expect(201);
        desk.end().await;
    }

    async fn t17_codes_are_guessed_no_faster_than_passwords(db: Db) {
        let desk = Desk::on(&db).await;
        desk.ada().await;
        let (_, phone, _) = desk.enrol().await;
        desk.clock.advance(Duration::from_mins(1));
        let wrong = other(&phone.code(&desk));
        let mut refused = 0;
        for _ in 0..10 {
            refused += u32::from(desk.log_in_with(&wrong).await.status == 401);
        }
        assert_eq!(refused, 10);
        let slowed = desk.log_in_with(&phone.code(&desk)).await;
        assert_eq!(slowed.expect(429)["code"], "too_many_attempts");
        desk.end().await;
    }

    async fn t17_an_admin_takes_a_second_factor_away_and_a_key_sets_none_up(db: Db) {
        let desk = Desk::on(&db).await;
        let ada = desk.ada().await;
        let (cookie, _, _) = desk.enrol().await;
        let path = format!("/v1/agents/{}/second-factor", id(&ada));
        desk.browser(&cookie, "DELETE", &path, None).await.expect(403);
        desk.delete(&path).await.expect(204);
        desk.browser(&cookie, "GET", "/v1/me", None).await.expect(401);
        desk.log_in(PASSWORD).await.expect(201);
        let page = desk.get("/v1/audit?action=agent.second_factor_reset").await.expect(200);
        let entry = &page["data"][0];
        assert_eq!((&entry["target"], &entry["actor"]["name"]), (&ada["id"], &json!("ann")));
        desk.post(PATH, json!({"password": PASSWORD})).await.expect(403);
        desk.post(&format!("{PATH}/confirm"), json!({"code": "000000"})).await.expect(403);
        desk.end().await;
    }
}
