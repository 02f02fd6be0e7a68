//! What was promised and how it stands: the calculation, and the daemon's part of it.

mod daemon;
mod hours;
