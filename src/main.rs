//! The `postern` program: everything is in the library.

use std::process::ExitCode;

/// Many small, short-lived allocations on every core are what a gateway does all day.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    postern::cli::main()
}
