//! What is understood of mail, case by case.

mod reply;
