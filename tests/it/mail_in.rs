//! Mail in: kept, known again, filed rightly, and never dropped.

mod acknowledge;
mod filing;
mod forged;
mod notices;
mod once;
mod packs;
mod post;
mod quarantine;
mod threads;
