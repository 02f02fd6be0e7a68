//! The wires to providers. Only the signatures for now: the profile engine lands next.
#![allow(missing_docs, unused, clippy::all, clippy::pedantic)]
use crate::domain::{
    address::Address, clock::Timestamp, failure::Failure, id::MessageId, outcome::Outcome,
    status::Status,
};
use crate::sms::{Encoding, Keyword};
#[derive(Debug)]
pub struct Gateway;
#[derive(Debug)]
pub struct Capabilities {
    pub mms: bool,
    pub receipts: Vec<Status>,
    pub max_segments: u32,
}
#[derive(Debug)]
pub struct InboundPart {
    pub key: String,
    pub number: u32,
    pub total: u32,
}
#[derive(Debug)]
pub struct InboundText {
    pub reference: String,
    pub from: Address,
    pub to: Address,
    pub text: String,
    pub segments: Option<u32>,
    pub sent_at: Option<Timestamp>,
    pub keyword: Option<Keyword>,
    pub part: Option<InboundPart>,
    pub media: u32,
}
#[derive(Debug)]
pub struct InboundReport {
    pub reference: String,
    pub status: Status,
    pub failure: Option<Failure>,
    pub at: Option<Timestamp>,
    pub terminal_without_receipt: bool,
}
#[derive(Debug)]
pub struct OutboundText {
    pub id: MessageId,
    pub to: Address,
    pub text: String,
    pub encoding: Encoding,
    pub segments: u32,
    pub valid_for: std::time::Duration,
}
#[derive(Debug)]
pub enum Callback {
    Message(InboundText),
    Report(InboundReport),
    Ignored,
}
#[derive(Debug)]
pub struct Unreadable {
    pub reason: String,
}
#[derive(Debug)]
pub struct Refusal {
    pub reason: String,
}
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}
#[derive(Debug)]
pub struct CallbackRequest<'a> {
    pub method: &'a http::Method,
    pub path_and_query: &'a str,
    pub headers: &'a http::HeaderMap,
    pub body: &'a [u8],
    pub received_at: Timestamp,
}
impl Gateway {
    pub fn capabilities(&self) -> &Capabilities {
        unreachable!("the profile engine lands next")
    }
    pub async fn send(&self, _text: &OutboundText) -> Outcome {
        unreachable!("the profile engine lands next")
    }
    pub fn concurrency(&self) -> usize {
        1
    }
    pub fn verify(&self, _request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        unreachable!("the profile engine lands next")
    }
    pub fn read(&self, _request: &CallbackRequest<'_>) -> Result<Vec<Callback>, Unreadable> {
        unreachable!("the profile engine lands next")
    }
    pub fn answer(&self) -> Answer {
        unreachable!("the profile engine lands next")
    }
}
