//! What is understood of mail, case by case.

mod automatic;
mod notice;
mod reply;
