//! Posting to `/hooks` as providers do, signed.

use serde_json::{Value, json};

use super::api::Answer;
use super::setup::{AUTH_TOKEN, PUBLIC_URL, WEBHOOK_SECRET};
use super::sign;

/// Somebody who posts to the hooks of a daemon.
#[derive(Clone)]
pub struct Hooks {
    pub base: String,
    pub http: reqwest::Client,
}

impl Hooks {
    /// Posts a form as Twilio does; nothing when the connection failed.
    pub async fn try_twilio(&self, gateway: &str, params: &[(&str, &str)]) -> Option<Answer> {
        let path = format!("/hooks/{gateway}");
        let signature = sign::twilio(AUTH_TOKEN, &format!("{PUBLIC_URL}{path}"), params);
        let request = self.http.post(format!("{}{path}", self.base));
        Answer::of(request.header("x-twilio-signature", signature).form(params)).await
    }

    /// Posts a form as Twilio does.
    pub async fn twilio(&self, gateway: &str, params: &[(&str, &str)]) -> Answer {
        let answer = self.try_twilio(gateway, params).await;
        answer.expect("the daemon answers")
    }

    /// A customer's text by way of Twilio.
    pub async fn try_text_in(
        &self,
        gateway: &str,
        from: &str,
        text: &str,
        reference: &str,
    ) -> Option<Answer> {
        self.try_twilio(gateway, &twilio_text(from, text, reference))
            .await
    }

    /// A customer's text by way of Twilio.
    pub async fn text_in(&self, gateway: &str, from: &str, text: &str, reference: &str) -> Answer {
        let answer = self.try_text_in(gateway, from, text, reference).await;
        answer.expect("the daemon answers")
    }

    /// A status by way of Twilio, with an error code when it failed.
    pub async fn report(&self, gateway: &str, reference: &str, status: &str, code: &str) -> Answer {
        let mut params = vec![
            ("MessageSid", reference),
            ("SmsSid", reference),
            ("MessageStatus", status),
            ("SmsStatus", status),
            ("AccountSid", super::setup::ACCOUNT_SID),
            ("From", "+12025550100"),
            ("ApiVersion", "2010-04-01"),
        ];
        if !code.is_empty() {
            params.push(("ErrorCode", code));
        }
        self.twilio(gateway, &params).await
    }

    /// Posts JSON signed as Standard Webhooks ask, at this time in seconds.
    pub async fn standard(&self, gateway: &str, seconds: i64, body: &Value) -> Answer {
        self.standard_bytes(gateway, seconds, body.to_string().into_bytes())
            .await
    }

    /// Posts any bytes signed as Standard Webhooks ask, at this time in seconds.
    pub async fn standard_bytes(&self, gateway: &str, seconds: i64, body: Vec<u8>) -> Answer {
        let id = format!("whk_{:032x}", rand::random::<u128>());
        let signature = sign::standard(WEBHOOK_SECRET, &id, seconds, &body);
        let request = self
            .http
            .post(format!("{}/hooks/{gateway}", self.base))
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signature)
            .body(body);
        Answer::of(request).await.expect("the daemon answers")
    }
}

/// The parameters of an inbound text by way of Twilio.
pub fn twilio_text<'a>(
    from: &'a str,
    text: &'a str,
    reference: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("MessageSid", reference),
        ("SmsSid", reference),
        ("SmsMessageSid", reference),
        ("AccountSid", super::setup::ACCOUNT_SID),
        ("From", from),
        ("To", "+12025550100"),
        ("Body", text),
        ("NumSegments", "1"),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
        ("ApiVersion", "2010-04-01"),
        ("FromCountry", "US"),
    ]
}

/// A fresh id of a message at Twilio.
pub fn fresh_sid() -> String {
    format!("SM{:032x}", rand::random::<u128>())
}

/// A customer's text by way of the sandbox.
pub fn sandbox_text(id: &str, from: &str, to: &str, text: &str) -> Value {
    json!({"type": "message.inbound", "id": id, "from": from, "to": to, "text": text, "segments": 1})
}

/// A status by way of the sandbox.
pub fn sandbox_status(id: &str, status: &str) -> Value {
    json!({"type": "message.status", "id": id, "status": status})
}

/// Seconds since 1970 by this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the world has a clock of its own"
)]
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
