//! A secret in the query of the address, for providers that cannot sign.
//!
//! It proves who posts, not what: whoever sees the address can post, so it must stay out of logs.

use std::collections::BTreeSet;

use super::same;
use crate::channel::fault::{GatewayFault, Refusal};
use crate::channel::message::CallbackRequest;
use crate::channel::payload;
use crate::channel::settings::Settings;

/// 128 random bits are 22 characters of base64 and 32 of hexadecimal.
const SHORTEST: usize = 22;

/// Random texts of that length nearly never have fewer different characters.
const FEWEST_DIFFERENT: usize = 8;

/// The scheme with its secrets.
pub(crate) struct Token {
    secrets: Vec<Vec<u8>>,
    parameter: Vec<u8>,
}

impl Token {
    /// Takes the secrets; short or monotonous ones are refused.
    pub(crate) fn open(
        settings: &Settings,
        name: &str,
        parameter: &str,
    ) -> Result<Self, GatewayFault> {
        let secrets = settings.secrets(name);
        let weak = secrets.iter().any(|secret| {
            let different: BTreeSet<_> = secret.bytes().collect();
            secret.len() < SHORTEST || different.len() < FEWEST_DIFFERENT
        });
        if weak {
            let reason = "must hold at least 128 random bits (openssl rand -hex 16 makes some)";
            return Err(settings.unusable(name, reason));
        }
        Ok(Self {
            secrets: secrets
                .iter()
                .map(|secret| secret.as_bytes().to_vec())
                .collect(),
            parameter: parameter.as_bytes().to_vec(),
        })
    }

    /// The address without the secret, as it may be kept.
    pub(crate) fn without_secret(&self, path_and_query: &str) -> String {
        let Some((path, query)) = path_and_query.split_once('?') else {
            return path_and_query.to_owned();
        };
        let is_other = |pair: &&str| {
            let mut pairs = payload::pairs(pair.as_bytes()).into_iter();
            pairs.all(|(name, _)| name != self.parameter)
        };
        let others: Vec<_> = query.split('&').filter(is_other).collect();
        format!("{path}?{}", others.join("&"))
    }

    /// Whether the query names one of the secrets, once.
    pub(crate) fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        let query = payload::pairs(payload::query(request));
        let mut given = query.iter().filter(|(name, _)| *name == self.parameter);
        let (Some((_, token)), None) = (given.next(), given.next()) else {
            return Err(Refusal::Unsigned);
        };
        let mut fits = false;
        for secret in &self.secrets {
            fits |= same(secret, token);
        }
        if fits {
            Ok(())
        } else {
            Err(Refusal::BadSignature)
        }
    }
}
