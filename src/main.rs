//! The `casim` command.

fn main() {}
