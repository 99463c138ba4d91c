//! tests/it
