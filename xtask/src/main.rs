//! `cargo xtask serve | test | build | check-dist`.

fn main() {}
