//! Whether the receiving server found that a mail is from whom it says (RFC 8601).
//!
//! Anybody can write `Authentication-Results` into their mail, with any name in it. What is
//! believed:
//!
//! 1. only fields with the configured authserv-id;
//! 2. all of those above every `Received`: whatever is there was added by the last server;
//! 3. when there is none, one below it: the topmost, with nothing but `Received` of the receiving
//!    server's domain above. Servers write theirs there too, always above those of the sender.
//!
//! The receiving server's `Received` are those whose `by` is in the domain of the authserv-id, and
//! whatever is above the first of them. For each method the first word that is said counts, so a
//! field further down adds nothing to what one above it says.
//!
//! Exchange Online writes no authserv-id at all; its fields count as those of `outlook.com`.
//!
//! Domains are aligned when one is the other or a subdomain of it. That is a little stricter than
//! DMARC's relaxed alignment (siblings are not aligned) and needs no list of public suffixes; a
//! domain of one label is never aligned.

use crate::domain::mail::Verified;

use super::fields::Fields;
use super::sender::{Sender, Source};

/// How long a field may be, in bytes; servers write far less.
const LONGEST: usize = 16 * 1024;

/// How Exchange Online's fields are called here.
const EXCHANGE_ONLINE: &str = "outlook.com";

/// The other domain that its servers are in.
const EXCHANGE_ONLINE_TOO: &str = "office365.com";

/// What the receiving server says about a mail and its sender.
pub(super) fn verified(fields: Fields<'_>, authserv_id: Option<&str>, sender: &Sender) -> Verified {
    let Some(id) = authserv_id else {
        return Verified::Unknown;
    };
    let mut said = Said::default();
    for value in believed(fields, &id.to_ascii_lowercase()) {
        said.add(&value);
    }
    let address = sender.from.as_ref().map(|from| from.address.to_lowercase());
    let domain = address
        .as_deref()
        .and_then(|address| address.rsplit_once('@'));
    let vouched = domain.is_some_and(|(_, domain)| match sender.source {
        Source::From => said.vouches_for(domain),
        // DMARC looks at From, and the writer is not named there.
        Source::Rewritten => said.is_aligned(domain),
        Source::Several | Source::Elsewhere => false,
    });
    if vouched { Verified::Yes } else { Verified::No }
}

/// The results that are believed, each in lower case and without comments or the id.
fn believed(fields: Fields<'_>, id: &str) -> Vec<String> {
    let is_exchange = is_within(id, EXCHANGE_ONLINE);
    let of_server = |value: &[u8]| {
        by(value).is_some_and(|by| {
            is_within(&by, id) || is_exchange && is_subdomain(&by, EXCHANGE_ONLINE_TOO)
        })
    };
    let hops: Vec<bool> = fields.all("Received").map(of_server).collect();
    let own = hops.iter().position(|of_server| *of_server).unwrap_or(0);
    let mut above = Vec::new();
    let mut seen = 0;
    for (name, value) in fields.iter() {
        if name.eq_ignore_ascii_case("Received") {
            // The first that is not the server's, behind the server's first, was there before.
            if seen > own && !hops[seen] {
                return above;
            }
            seen += 1;
        } else if name.eq_ignore_ascii_case("Authentication-Results") {
            let Some(results) = results(value, id) else {
                continue;
            };
            if seen == 0 && !hops.is_empty() {
                above.push(results);
            } else if above.is_empty() {
                return vec![results];
            }
        }
    }
    above
}

/// The results of a field with that id.
fn results(value: &[u8], id: &str) -> Option<String> {
    let text = without_comments(&value[..value.len().min(LONGEST)]);
    let (head, rest) = text.split_once(';').unwrap_or((&text, ""));
    if head.contains('=') {
        // A field that starts with a result names no server.
        return is_within(id, EXCHANGE_ONLINE).then_some(text);
    }
    let name = head.split_whitespace().next()?.trim_matches('"');
    (name == id).then(|| rest.to_owned())
}

/// Lower-cased, without comments, on one line.
fn without_comments(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    let (mut depth, mut quoted) = (0_u32, false);
    for character in String::from_utf8_lossy(value).chars() {
        match character {
            '"' if depth == 0 => {
                quoted = !quoted;
                out.push('"');
            }
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            other if other.is_whitespace() => out.push(' '),
            other => out.push(other.to_ascii_lowercase()),
        }
    }
    out
}

/// The host that a `Received` was written by.
fn by(value: &[u8]) -> Option<String> {
    let text = without_comments(&value[..value.len().min(LONGEST)]);
    let mut words = text.split_whitespace();
    words.find(|word| *word == "by")?;
    Some(words.next()?.trim_end_matches([';', '.']).to_owned())
}

/// Whether a host belongs to the domain that an authserv-id is in.
fn is_within(host: &str, id: &str) -> bool {
    let registered = |name: &str| {
        let labels: Vec<&str> = name.rsplit('.').take(2).collect();
        (labels.len() == 2).then(|| labels.join("."))
    };
    host == id || is_subdomain(host, id) || {
        let ours = registered(id);
        // Two labels are enough only where they are not like co.uk.
        let long = ours
            .as_ref()
            .is_some_and(|name| name.rsplit('.').nth(1).is_some_and(|l| l.len() > 3));
        long && registered(host) == ours
    }
}

/// Whether `inner` is below `outer`, which has two labels at least.
fn is_subdomain(inner: &str, outer: &str) -> bool {
    let above = inner.strip_suffix(outer);
    outer.contains('.') && above.is_some_and(|above| above.len() > 1 && above.ends_with('.'))
}

fn aligned(one: &str, other: &str) -> bool {
    let one = one.trim_matches(['.', '"']);
    one.contains('.') && (one == other || is_subdomain(one, other) || is_subdomain(other, one))
}

/// What the believed fields say; for each method the first word.
#[derive(Default)]
struct Said {
    /// The result of DMARC and the domain that it is about.
    dmarc: Option<(String, Option<String>)>,
    /// The result of SPF and the domain of the envelope sender.
    spf: Option<(String, Option<String>)>,
    /// The results of DKIM, one per signature, all from one field.
    dkim: Vec<(String, Option<String>)>,
}

impl Said {
    fn add(&mut self, results: &str) {
        let first_dkim = self.dkim.is_empty();
        for one in outside_quotes(results).filter(|one| !one.trim().is_empty()) {
            let mut words = one.split_whitespace();
            let joined = one.replace(" =", "=").replace("= ", "=");
            if joined != one {
                words = joined.split_whitespace();
            }
            let Some((method, result)) = words.next().and_then(|word| word.split_once('=')) else {
                continue;
            };
            let method = method.split('/').next().unwrap_or(method);
            let words: Vec<&str> = words.collect();
            let property = |name: &str| {
                let found = words.iter().find_map(|word| word.strip_prefix(name));
                let value = found?.trim_matches('"');
                Some(value.rsplit('@').next().unwrap_or(value).to_owned())
            };
            let result = result.to_owned();
            match method {
                "dmarc" if self.dmarc.is_none() => {
                    self.dmarc = Some((result, property("header.from=")));
                }
                "spf" if self.spf.is_none() => {
                    let domain = property("smtp.mailfrom=").or_else(|| property("smtp.mail="));
                    self.spf = Some((result, domain));
                }
                "dkim" if first_dkim => {
                    let domain = property("header.d=").or_else(|| property("header.i="));
                    self.dkim.push((result, domain));
                }
                _ => {}
            }
        }
    }

    fn vouches_for(&self, domain: &str) -> bool {
        match &self.dmarc {
            Some((result, about)) if result == "pass" || result == "bestguesspass" => {
                return about.as_deref().is_none_or(|about| aligned(about, domain));
            }
            Some((result, _)) if result == "fail" || result == "permerror" => return false,
            Some(_) | None => {}
        }
        self.is_aligned(domain)
    }

    fn is_aligned(&self, domain: &str) -> bool {
        let vouches = |(result, by): &(String, Option<String>)| {
            result == "pass" && by.as_deref().is_some_and(|by| aligned(by, domain))
        };
        self.spf.iter().any(vouches) || self.dkim.iter().any(vouches)
    }
}

/// The results between semicolons; those within quotes separate nothing.
fn outside_quotes(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
}
