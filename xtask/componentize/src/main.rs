//! xtask/componentize

fn main() {}
