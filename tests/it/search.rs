//! Finding: the language of queries, the index behind it, the API in front.

mod find;
mod language;
