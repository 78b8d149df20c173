//! What `casim --version -v` tells of the build: the commit, where it can be known.
//!
//! Only in builds with optimisation: a new commit builds a test's casim no second time.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CASIM_COMMIT");
    let commit = std::env::var("CASIM_COMMIT").ok().or_else(|| {
        let optimised = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
        let head = Path::new(".git/HEAD");
        // A package of a registry has none.
        if !optimised || !head.exists() {
            return None;
        }
        for file in [".git/HEAD", ".git/logs/HEAD"] {
            if Path::new(file).exists() {
                println!("cargo::rerun-if-changed={file}");
            }
        }
        let git = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
        git.status.success().then(|| String::from_utf8_lossy(&git.stdout).trim().to_owned())
    });
    if let Some(commit) = commit.filter(|commit| !commit.is_empty()) {
        println!("cargo::rustc-env=CASIM_COMMIT={commit}");
    }
    if let Ok(target) = std::env::var("TARGET") {
        println!("cargo::rustc-env=CASIM_TARGET={target}");
    }
}
