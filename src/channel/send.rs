//! Writes a text as its provider wants it, by the expressions of the profile.

use minijinja::{Value, context};
use serde_json::Map;

use super::expression::Expression;
use super::message::OutboundText;
use super::profile::{SendFormat, SendMethod, Sends};
use crate::domain::address::Address;

/// What the value `msg` has.
pub(super) const MESSAGE: [&str; 8] = [
    "id",
    "from",
    "to",
    "text",
    "encoding",
    "segments",
    "valid_for",
    "media_urls",
];

/// The value `msg` of expressions.
pub(super) fn message_value(text: &OutboundText, from: &Address) -> Value {
    context! {
        id => text.id.to_string(),
        from => from.value(),
        to => text.to.value(),
        text => text.text.as_str(),
        encoding => text.encoding.as_str(),
        segments => text.segments,
        valid_for => text.valid_for.as_secs(),
        media_urls => (!text.media.is_empty()).then_some(&text.media),
    }
}

/// Whether the settings are enough to know where texts go.
pub(super) fn names_a_url(sends: &Sends, settings: &Value) -> bool {
    let url = sends.url.text(&context! { settings => settings });
    url.is_some_and(|url| url::Url::parse(&url).is_ok())
}

/// The request that hands a text over; the error says in words what the profile left open.
pub(super) fn write(
    client: &reqwest::Client,
    sends: &Sends,
    scope: &Value,
) -> Result<reqwest::Request, String> {
    let url = sends
        .url
        .text(scope)
        .ok_or("the profile's address for sends came to nothing")?;
    let url = url::Url::parse(&url).map_err(|_| "the profile's address for sends is no URL")?;
    let mut request = match sends.method {
        SendMethod::Get => client.get(url),
        SendMethod::Post => client.post(url),
    };
    if let Some((user, password)) = &sends.basic {
        let user = user.text(scope).ok_or("the user name came to nothing")?;
        request = request.basic_auth(user, password.text(scope));
    }
    if let Some(bearer) = &sends.bearer {
        request = request.bearer_auth(bearer.text(scope).ok_or("the key came to nothing")?);
    }
    let request = match sends.format {
        SendFormat::Form => request.form(&pairs(&sends.fields, scope)),
        SendFormat::Query => request.query(&pairs(&sends.fields, scope)),
        SendFormat::Json => request.json(&object(&sends.fields, scope)),
    };
    request
        .build()
        .map_err(|_| "the request cannot be written".to_owned())
}

/// Names and values; a list becomes repeated names, and nothing is left out.
fn pairs<'a>(fields: &'a [(String, Expression)], scope: &Value) -> Vec<(&'a str, String)> {
    let pairs = fields.iter().flat_map(|(name, expression)| {
        let texts = expression.texts(scope).into_iter();
        texts.map(move |text| (name.as_str(), text))
    });
    pairs.collect()
}

fn object(fields: &[(String, Expression)], scope: &Value) -> Map<String, serde_json::Value> {
    let members = fields.iter().filter_map(|(name, expression)| {
        let value = serde_json::to_value(expression.value(scope)?).ok()?;
        Some((name.clone(), value))
    });
    members.collect()
}
