//! tests/sandbox
