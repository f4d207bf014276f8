//! The command `overlay`: the scenes of Overlay Lab in a terminal.

fn main() {}
