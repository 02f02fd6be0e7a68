//! Texts as the air interface sees them: alphabets, segments, look-alikes and opt-out words.
//!
//! Pure. Knows nothing of gateways, providers, contacts or suppression.

mod alphabet;
mod courtesy;
mod keyword;
mod segments;
mod smart;
mod wish;

pub use courtesy::is_courtesy;
pub use keyword::{Keyword, keyword};
pub use segments::{Segmentation, segment, split};
pub use smart::smart_encode;
pub use wish::may_opt_out;

pub use crate::domain::text::{Encoding, Replacement};
