//! From a profile's file to the profile: expressions compiled, names checked, mistakes pointed at.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use super::file::{
    AnswerFormat, ErrorRow, File, Leaf, MediaTable, MessageTable, Numbers, ReportTable, SendFormat,
    SendMethod, SendTable, ServerError, WithoutReference,
};
use crate::channel::expression::Expression;
use crate::channel::fault::ProfileFault;
use crate::channel::message::{Answer, Capabilities};
use crate::channel::payload::Format;
use crate::channel::send::MESSAGE;
use crate::channel::settings::Rule;
use crate::channel::signature::Scheme;
use crate::domain::status::Status;

/// What the expressions of a callback may use: the parameters, the query, the headers, the body
/// as text, the settings.
const OF_CALLBACK: [&str; 5] = ["p", "q", "h", "body", "settings"];

/// What the expressions of a message's files may use: the same, and the number of the file.
const OF_FILE: [&str; 6] = ["p", "q", "h", "body", "settings", "n"];

/// What the expressions of a fetch may use.
const OF_FETCH: [&str; 1] = ["settings"];

/// What the expressions of a send may use.
const OF_SEND: [&str; 3] = ["msg", "settings", "callback_url"];

/// What the expressions of an answer may use: the answer, its headers, its status, the message.
const OF_RESULT: [&str; 5] = ["r", "h", "status", "msg", "settings"];

/// How to speak to one provider.
#[derive(Debug)]
pub(in crate::channel) struct Profile {
    pub(in crate::channel) concurrency: usize,
    pub(in crate::channel) capabilities: Capabilities,
    pub(in crate::channel) settings: BTreeMap<String, Rule>,
    pub(in crate::channel) scheme: Scheme,
    pub(in crate::channel) answer: Answer,
    pub(in crate::channel) format: Format,
    pub(in crate::channel) kind: Expression,
    pub(in crate::channel) messages: Messages,
    pub(in crate::channel) fetches: Fetches,
    pub(in crate::channel) reports: Reports,
    pub(in crate::channel) sends: Sends,
}

/// How to fetch the files of a message.
#[derive(Debug)]
pub(in crate::channel) struct Fetches {
    pub(in crate::channel) hosts: Vec<String>,
    pub(in crate::channel) basic: Option<(Expression, Expression)>,
    pub(in crate::channel) bearer: Option<Expression>,
}

/// How to read a text.
#[derive(Debug)]
pub(in crate::channel) struct Messages {
    pub(in crate::channel) reference: Expression,
    pub(in crate::channel) without_reference: WithoutReference,
    pub(in crate::channel) numbers: Numbers,
    pub(in crate::channel) from: Expression,
    pub(in crate::channel) to: Expression,
    pub(in crate::channel) text: Expression,
    pub(in crate::channel) segments: Option<Expression>,
    pub(in crate::channel) sent_at: Option<Expression>,
    pub(in crate::channel) keyword: Option<Expression>,
    pub(in crate::channel) media: Option<Expression>,
    pub(in crate::channel) media_url: Option<Expression>,
    pub(in crate::channel) media_type: Option<Expression>,
    pub(in crate::channel) media_name: Option<Expression>,
    pub(in crate::channel) part_key: Option<Expression>,
    pub(in crate::channel) part_number: Option<Expression>,
    pub(in crate::channel) part_total: Option<Expression>,
}

/// How to read a report.
#[derive(Debug)]
pub(in crate::channel) struct Reports {
    pub(in crate::channel) reference: Expression,
    pub(in crate::channel) ours: Option<Expression>,
    pub(in crate::channel) parts_have_ids: bool,
    pub(in crate::channel) status: Expression,
    pub(in crate::channel) code: Option<Expression>,
    pub(in crate::channel) detail: Option<Expression>,
    pub(in crate::channel) at: Option<Expression>,
    pub(in crate::channel) part_number: Option<Expression>,
    pub(in crate::channel) part_total: Option<Expression>,
    pub(in crate::channel) statuses: BTreeMap<String, Status>,
    pub(in crate::channel) without_receipt: Vec<String>,
    pub(in crate::channel) errors: BTreeMap<String, ErrorRow>,
}

/// How to send.
#[derive(Debug)]
pub(in crate::channel) struct Sends {
    pub(in crate::channel) budget: Duration,
    pub(in crate::channel) method: SendMethod,
    pub(in crate::channel) url: Expression,
    pub(in crate::channel) format: SendFormat,
    pub(in crate::channel) basic: Option<(Expression, Expression)>,
    pub(in crate::channel) bearer: Option<Expression>,
    pub(in crate::channel) fields: Vec<(String, Expression)>,
    pub(in crate::channel) results: Results,
}

/// How to read the answer to a send.
#[derive(Debug)]
pub(in crate::channel) struct Results {
    pub(in crate::channel) format: AnswerFormat,
    pub(in crate::channel) server_error: ServerError,
    pub(in crate::channel) accepted: Option<Expression>,
    pub(in crate::channel) references: Expression,
    pub(in crate::channel) segments: Option<Expression>,
    pub(in crate::channel) code: Option<Expression>,
    pub(in crate::channel) detail: Option<Expression>,
    pub(in crate::channel) retry_after: Option<Expression>,
    pub(in crate::channel) errors: BTreeMap<String, ErrorRow>,
}

/// Compiles a profile.
pub(super) fn compile(file: &str, source: &str) -> Result<Profile, ProfileFault> {
    let place = Place { file, source };
    let parsed: File = toml::from_str(source).map_err(|error| {
        let reason = error.message().trim().replace('\n', ", ");
        place.fault(error.span().unwrap_or(0..0), reason)
    })?;
    let place = Compiler {
        place,
        settings: &parsed.settings,
    };
    for setting in parsed.verify.as_ref().settings() {
        if !parsed.settings.contains_key(setting) {
            let reason = format!("the scheme needs a setting {setting:?}, which [settings] lacks");
            return Err(place.place.fault(parsed.verify.span(), reason));
        }
    }
    let receipts = parsed
        .capabilities
        .receipts
        .iter()
        .map(|name| place.status(name));
    let capabilities = Capabilities {
        mms: parsed.capabilities.mms,
        receipts: receipts.collect::<Result<_, _>>()?,
        max_segments: parsed.capabilities.max_segments.get(),
    };
    let answer = Answer {
        status: parsed.answer.status,
        content_type: parsed.answer.content_type.clone(),
        body: parsed.answer.body.clone(),
    };
    Ok(Profile {
        concurrency: parsed.concurrency.max(1),
        capabilities,
        scheme: parsed.verify.as_ref().clone(),
        answer,
        format: parsed.callback.format,
        kind: place.leaf(&parsed.callback.kind, &OF_CALLBACK)?,
        messages: place.messages(&parsed.callback.message)?,
        fetches: place.fetches(&parsed.media)?,
        reports: place.reports(&parsed.callback.report, &parsed.errors)?,
        sends: place.sends(&parsed.send, &parsed.errors)?,
        settings: parsed.settings.clone(),
    })
}

/// A file, to point into.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    source: &'a str,
}

impl Place<'_> {
    fn fault(&self, span: Range<usize>, reason: String) -> ProfileFault {
        let before = self.source.get(..span.start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        ProfileFault {
            file: self.file.to_owned(),
            line,
            reason,
        }
    }
}

struct Compiler<'a> {
    place: Place<'a>,
    settings: &'a BTreeMap<String, Rule>,
}

impl Compiler<'_> {
    fn leaf(&self, leaf: &Leaf, names: &[&str]) -> Result<Expression, ProfileFault> {
        let fault = |reason| self.place.fault(leaf.span(), reason);
        let expression = Expression::compile(leaf.as_ref(), names).map_err(fault)?;
        let unknown = expression
            .members("settings")
            .find(|name| !self.settings.contains_key(name));
        if let Some(name) = unknown {
            return Err(fault(format!("[settings] declares no {name:?}")));
        }
        let unknown = expression
            .members("msg")
            .find(|name| !MESSAGE.contains(&name.as_str()));
        if let Some(name) = unknown {
            let names = MESSAGE.join(", ");
            return Err(fault(format!("msg has no {name:?}; it has {names}")));
        }
        Ok(expression)
    }

    fn maybe(
        &self,
        leaf: Option<&Leaf>,
        names: &[&str],
    ) -> Result<Option<Expression>, ProfileFault> {
        leaf.map(|leaf| self.leaf(leaf, names)).transpose()
    }

    fn status(&self, name: &Spanned<String>) -> Result<Status, ProfileFault> {
        let known = [
            Status::Sent,
            Status::Canceled,
            Status::Expired,
            Status::Failed,
            Status::Delivered,
            Status::Read,
        ];
        let status = known
            .into_iter()
            .find(|status| status.as_str() == name.as_ref());
        status.ok_or_else(|| {
            let names = known.map(Status::as_str).join(", ");
            let reason = format!(
                "{:?} is no status of a report; there are {names}",
                name.as_ref()
            );
            self.place.fault(name.span(), reason)
        })
    }

    fn messages(&self, table: &MessageTable) -> Result<Messages, ProfileFault> {
        Ok(Messages {
            reference: self.leaf(&table.reference, &OF_CALLBACK)?,
            without_reference: table.without_reference,
            numbers: table.numbers,
            from: self.leaf(&table.from, &OF_CALLBACK)?,
            to: self.leaf(&table.to, &OF_CALLBACK)?,
            text: self.leaf(&table.text, &OF_CALLBACK)?,
            segments: self.maybe(table.segments.as_ref(), &OF_CALLBACK)?,
            sent_at: self.maybe(table.sent_at.as_ref(), &OF_CALLBACK)?,
            keyword: self.maybe(table.keyword.as_ref(), &OF_CALLBACK)?,
            media: self.maybe(table.media.as_ref(), &OF_CALLBACK)?,
            media_url: self.maybe(table.media_url.as_ref(), &OF_FILE)?,
            media_type: self.maybe(table.media_type.as_ref(), &OF_FILE)?,
            media_name: self.maybe(table.media_name.as_ref(), &OF_FILE)?,
            part_key: self.maybe(table.part_key.as_ref(), &OF_CALLBACK)?,
            part_number: self.maybe(table.part_number.as_ref(), &OF_CALLBACK)?,
            part_total: self.maybe(table.part_total.as_ref(), &OF_CALLBACK)?,
        })
    }

    fn fetches(&self, table: &MediaTable) -> Result<Fetches, ProfileFault> {
        let user = self.maybe(table.basic_user.as_ref(), &OF_FETCH)?;
        let password = self.maybe(table.basic_password.as_ref(), &OF_FETCH)?;
        Ok(Fetches {
            hosts: table.hosts.clone(),
            basic: user.zip(password),
            bearer: self.maybe(table.bearer.as_ref(), &OF_FETCH)?,
        })
    }

    fn reports(
        &self,
        table: &ReportTable,
        errors: &BTreeMap<String, ErrorRow>,
    ) -> Result<Reports, ProfileFault> {
        let mut statuses = BTreeMap::new();
        for (theirs, ours) in &table.statuses {
            statuses.insert(theirs.clone(), self.status(ours)?);
        }
        Ok(Reports {
            reference: self.leaf(&table.reference, &OF_CALLBACK)?,
            ours: self.maybe(table.ours.as_ref(), &OF_CALLBACK)?,
            parts_have_ids: table.parts_have_ids,
            status: self.leaf(&table.status, &OF_CALLBACK)?,
            code: self.maybe(table.code.as_ref(), &OF_CALLBACK)?,
            detail: self.maybe(table.detail.as_ref(), &OF_CALLBACK)?,
            at: self.maybe(table.at.as_ref(), &OF_CALLBACK)?,
            part_number: self.maybe(table.part_number.as_ref(), &OF_CALLBACK)?,
            part_total: self.maybe(table.part_total.as_ref(), &OF_CALLBACK)?,
            statuses,
            without_receipt: table.without_receipt.clone(),
            errors: merged(errors, &table.errors),
        })
    }

    fn sends(
        &self,
        table: &SendTable,
        errors: &BTreeMap<String, ErrorRow>,
    ) -> Result<Sends, ProfileFault> {
        let user = self.maybe(table.basic_user.as_ref(), &OF_SEND)?;
        let password = self.maybe(table.basic_password.as_ref(), &OF_SEND)?;
        let mut fields = Vec::new();
        for (name, leaf) in &table.fields {
            fields.push((name.clone(), self.leaf(leaf, &OF_SEND)?));
        }
        let result = &table.result;
        Ok(Sends {
            budget: Duration::from_secs(table.timeout_seconds.max(1)),
            method: table.method,
            url: self.leaf(&table.url, &OF_SEND)?,
            format: table.format,
            basic: user.zip(password),
            bearer: self.maybe(table.bearer.as_ref(), &OF_SEND)?,
            fields,
            results: Results {
                format: result.format,
                server_error: table.server_error,
                accepted: self.maybe(result.accepted.as_ref(), &OF_RESULT)?,
                references: self.leaf(&result.references, &OF_RESULT)?,
                segments: self.maybe(result.segments.as_ref(), &OF_RESULT)?,
                code: self.maybe(result.code.as_ref(), &OF_RESULT)?,
                detail: self.maybe(result.detail.as_ref(), &OF_RESULT)?,
                retry_after: self.maybe(result.retry_after.as_ref(), &OF_RESULT)?,
                errors: merged(errors, &table.errors),
            },
        })
    }
}

fn merged(
    common: &BTreeMap<String, ErrorRow>,
    own: &BTreeMap<String, ErrorRow>,
) -> BTreeMap<String, ErrorRow> {
    let mut rows = common.clone();
    rows.extend(own.clone());
    rows
}
