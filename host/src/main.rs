//! The `vezne` binary.

fn main() {}
