//! `postern openapi`: prints the description of the API, as it is served.

use super::{CliFault, output};
use crate::app;

pub(super) fn run() -> Result<(), CliFault> {
    output::print(app::openapi().trim_end())
}
