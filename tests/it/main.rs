//! One integration binary: every test of the public surface.
