//! Places at which a test may have the process die, as a power cut would.

#[cfg(debug_assertions)]
use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

/// Ends the process at once when `POSTERN_CRASH_AT` names this place: `commit`, or `commit:3` for
/// the third time it is passed. A release build does nothing here.
pub fn crash_point(place: &str) {
    #[cfg(debug_assertions)]
    {
        static CHOSEN: OnceLock<Option<(String, AtomicU32)>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| {
            let text = std::env::var("POSTERN_CRASH_AT").ok()?;
            let (place, times) = text.rsplit_once(':').unwrap_or((&text, "1"));
            Some((place.to_owned(), AtomicU32::new(times.parse().ok()?)))
        });
        if let Some((_, left)) = chosen.as_ref().filter(|(name, _)| name == place)
            && left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            std::process::abort();
        }
    }
    #[cfg(not(debug_assertions))]
    let _ = place;
}
