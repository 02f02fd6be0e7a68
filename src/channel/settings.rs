//! What a profile asks an operator for, and the check of what the operator gave.

use std::collections::BTreeMap;

use minijinja::Value;
use serde::Deserialize;
use url::Url;

use super::fault::GatewayFault;
use crate::domain::gateway::{GatewaySpec, Setting};

/// One setting, as a profile declares it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// What it is for, in words that fit after "is missing: ".
    pub(super) about: String,
    /// What sort of value it takes.
    #[serde(default)]
    pub(super) kind: Kind,
    /// Whether a gateway without it is refused.
    #[serde(default)]
    pub(super) required: bool,
    /// Its value when the operator gives none, as text.
    pub(super) default: Option<String>,
    /// The only values it may have.
    #[serde(default)]
    pub(super) one_of: Vec<String>,
}

/// What sort of value a setting takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A text.
    #[default]
    Text,
    /// One secret or several that are valid at once; always a list in expressions.
    Secrets,
    /// Yes or no.
    Flag,
    /// An address to call; without a slash at its end.
    Url,
}

/// A setting's value, checked.
#[derive(Clone)]
enum Checked {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
}

/// The settings of one gateway, checked against its profile.
#[derive(Clone)]
pub(super) struct Settings {
    gateway: String,
    values: BTreeMap<String, Checked>,
    encrypted: bool,
}

impl Settings {
    /// Checks what the operator gave.
    pub(super) fn check(
        spec: &GatewaySpec,
        rules: &BTreeMap<String, Rule>,
    ) -> Result<Self, GatewayFault> {
        let gateway = spec.name.to_string();
        for setting in spec.settings.keys() {
            if !rules.contains_key(setting) {
                let known = rules.keys().cloned().collect::<Vec<_>>().join(", ");
                let setting = setting.clone();
                return Err(GatewayFault::UnknownSetting {
                    gateway,
                    setting,
                    known,
                });
            }
        }
        let mut settings = Self {
            gateway,
            values: BTreeMap::new(),
            encrypted: false,
        };
        for (name, rule) in rules {
            let given = spec.settings.get(name).cloned();
            let given = given.or_else(|| rule.default.clone().map(Setting::Text));
            let Some(value) = settings.check_one(name, rule, given)? else {
                continue;
            };
            if let (Kind::Url, Checked::Text(url)) = (rule.kind, &value) {
                settings.encrypted |= url.starts_with("https:");
            }
            settings.values.insert(name.clone(), value);
        }
        Ok(settings)
    }

    /// Whether one of its addresses is called over TLS.
    pub(super) fn encrypted(&self) -> bool {
        self.encrypted
    }

    /// The text of a setting.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name)? {
            Checked::Text(text) => Some(text),
            Checked::Texts(_) | Checked::Flag(_) => None,
        }
    }

    /// The secrets under one name; at least one unless the profile lets it be left out.
    pub(super) fn secrets(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some(Checked::Texts(texts)) => texts,
            Some(Checked::Text(_) | Checked::Flag(_)) | None => &[],
        }
    }

    /// A fault that names a setting and says what is wrong with it.
    pub(super) fn unusable(&self, setting: &str, reason: &str) -> GatewayFault {
        GatewayFault::UnusableSetting {
            gateway: self.gateway.clone(),
            setting: setting.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The value `settings` of expressions.
    pub(super) fn value(&self) -> Value {
        let values = self.values.iter().map(|(name, value)| {
            let value = match value {
                Checked::Text(text) => Value::from(text.as_str()),
                Checked::Texts(texts) => texts.iter().map(String::as_str).collect(),
                Checked::Flag(flag) => Value::from(*flag),
            };
            (name.clone(), value)
        });
        Value::from(values.collect::<BTreeMap<_, _>>())
    }

    fn check_one(
        &self,
        name: &str,
        rule: &Rule,
        given: Option<Setting>,
    ) -> Result<Option<Checked>, GatewayFault> {
        let texts = match given {
            None => Vec::new(),
            Some(Setting::Text(text)) => vec![text],
            Some(Setting::Integer(number)) => vec![number.to_string()],
            Some(Setting::Bool(flag)) => vec![flag.to_string()],
            Some(Setting::List(texts)) if rule.kind == Kind::Secrets => texts,
            Some(Setting::List(_)) => {
                return Err(self.unusable(name, "takes one value, not a list"));
            }
        };
        if texts.iter().all(|text| text.trim().is_empty()) {
            if !rule.required {
                return Ok(None);
            }
            return Err(GatewayFault::MissingSetting {
                gateway: self.gateway.clone(),
                setting: name.to_owned(),
                what_for: rule.about.clone(),
            });
        }
        if texts.iter().any(|text| text.trim().is_empty()) {
            return Err(self.unusable(name, "has an empty secret among others"));
        }
        let text = texts[0].trim().to_owned();
        if !rule.one_of.is_empty() && !rule.one_of.contains(&text) {
            let reason = format!("must be one of {}", rule.one_of.join(", "));
            return Err(self.unusable(name, &reason));
        }
        let checked = match rule.kind {
            Kind::Text => Checked::Text(text),
            Kind::Secrets => {
                Checked::Texts(texts.iter().map(|text| text.trim().to_owned()).collect())
            }
            Kind::Flag => match text.as_str() {
                "true" => Checked::Flag(true),
                "false" => Checked::Flag(false),
                _ => return Err(self.unusable(name, "must be true or false")),
            },
            Kind::Url => Checked::Text(self.check_url(name, &text)?),
        };
        Ok(Some(checked))
    }

    fn check_url(&self, name: &str, text: &str) -> Result<String, GatewayFault> {
        let url = Url::parse(text).ok();
        let usable = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = usable else {
            return Err(self.unusable(
                name,
                "must be an address that starts with http:// or https://",
            ));
        };
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

impl std::fmt::Debug for Settings {
    /// Prints no value: most of them are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings(… of {})", self.gateway)
    }
}
