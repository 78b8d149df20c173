//! `casim licences`: under which licences stands what is built in.

use std::io::Write;

use super::error::Error;

/// Arguments of `casim licences`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Made by `cargo run --example licences`.
const LICENCES: &str = include_str!("../../LICENCES.txt");

pub(super) fn exec(_: &Args, out: &mut dyn Write) -> Result<(), Error> {
    Ok(out.write_all(LICENCES.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions, so that a change of Cargo.lock asks for the file anew.
    #[test]
    fn every_crate_that_is_named_is_the_one_of_the_lock() {
        let lock = include_str!("../../Cargo.lock");
        let mut named = 0;
        let head = LICENCES.split("\n====").next().unwrap_or_default();
        for line in head.lines().skip(2).filter(|line| !line.contains('(') || line.contains("AND")) {
            let Some((name, version)) = line.split_once(": ").and_then(|(own, _)| own.split_once(' ')) else {
                continue;
            };
            if version.contains(' ') {
                continue;
            }
            let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&locked), "{name} {version}: renew it, `cargo run --example licences`");
            named += 1;
        }
        assert!(named > 80, "{named}");
        let needed = include_str!("../../Cargo.toml").split("[dependencies]").nth(1).unwrap_or_default();
        let needed = needed.split("\n[").next().unwrap_or_default();
        for name in
            needed.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(" = ").next())
        {
            assert!(
                name == "mpi" || name.is_empty() || head.contains(&format!("\n{name} ")),
                "{name} is missing"
            );
        }
    }
}
