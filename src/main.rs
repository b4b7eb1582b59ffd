//! Command line: serve | simulate | demo.

fn main() {}
