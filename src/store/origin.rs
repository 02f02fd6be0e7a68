//! How the one came for whom something is written, without every use case handing it on.
//!
//! A request runs in a scope of its own; whoever lets it in notes the origin there, and what the
//! request writes is audited with it. What the program does by itself has none.

use std::sync::OnceLock;

use crate::domain::agent::Origin;

tokio::task_local! {
    static ORIGIN: OnceLock<Origin>;
}

/// Runs what serves one request.
pub async fn scope<T>(work: impl Future<Output = T>) -> T {
    ORIGIN.scope(OnceLock::new(), work).await
}

/// Notes how the one came whose request this is; the first note counts.
pub fn note(origin: Origin) {
    // Outside of a scope there is nothing to note it for.
    let _ = ORIGIN.try_with(|place| place.set(origin));
}

/// How the one came whose request this is.
pub fn current() -> Option<Origin> {
    ORIGIN.try_with(|place| place.get().copied()).ok().flatten()
}
