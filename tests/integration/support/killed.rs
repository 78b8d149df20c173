//! Commands that are killed while they are running, and gone on with.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use super::{Sandbox, assert_code, tree};
use casim::kernel::random::Key;

/// Finished items of a command or of a shard of it, wherever they lie, with the time at which they were written.
pub(crate) fn stamps(sandbox: &Sandbox, out: &str) -> BTreeMap<String, SystemTime> {
    let folders =
        [sandbox.path().join(out).join("items"), sandbox.path().join(format!(".{out}.casim-items"))];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().map(Result::unwrap);
    let all = entries
        .map(|e| (e.file_name().to_string_lossy().into_owned(), e.metadata().unwrap().modified().unwrap()));
    all.filter(|(name, _)| name.ends_with(".item")).collect()
}

/// What was finished before is there, and was not played again.
#[track_caller]
pub(crate) fn stay(before: &BTreeMap<String, SystemTime>, now: &BTreeMap<String, SystemTime>) {
    for (name, stamp) in before {
        assert_eq!(now.get(name), Some(stamp), "{name} was lost or played again");
    }
}

/// Begins the command, or goes on with it, and kills it after so many ms; whether it was still running.
/// No item that was finished before is lost or played again.
pub(crate) fn killed_after(sandbox: &Sandbox, args: &[&str], out: &str, wait: u64) -> bool {
    let before = stamps(sandbox, out);
    let mut child = sandbox.casim().args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(wait));
    let running = child.try_wait().unwrap().is_none();
    // SIGKILL where there are signals; nothing is left of what it was doing.
    child.kill().unwrap();
    child.wait().unwrap();
    stay(&before, &stamps(sandbox, out));
    running
}

/// Moments drawn at random (`CASIM_SEED`).
pub(crate) fn moments() -> Key {
    let seed = std::env::var("CASIM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    Key(seed).named("moments")
}

/// Runs a command to its end, and then kills it at 50 moments drawn at random, up to `longest` ms after it began, and goes on
/// with it; begins anew whenever it came to its end before. The bytes are those of the first, and no
/// finished item is played again. `command` with an output folder behind it.
#[allow(clippy::print_stdout)]
pub(crate) fn killed_at_fifty_random_moments(sandbox: &Sandbox, command: &str, longest: u64) {
    let all = |out: &str| -> Vec<String> {
        command.split_whitespace().chain(["-o", out]).map(str::to_owned).collect()
    };
    let run = |out: &str| sandbox.run(&all(out).iter().map(String::as_str).collect::<Vec<_>>());
    assert_code(&run("whole"), 0);
    let whole = tree(&sandbox.path().join("whole"));
    let items = whole.iter().filter(|(name, _)| name.ends_with(".item")).count();
    let (key, mut kills, mut begun, mut finished) = (moments(), 0, 0, 0);
    let mut out = "killed-0".to_owned();
    while kills < 50 {
        let args = all(&out);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let running = killed_after(sandbox, &args, &out, key.child(begun).0 % longest);
        begun += 1;
        kills += u32::from(running);
        if sandbox.path().join(&out).exists() {
            assert!(tree(&sandbox.path().join(&out)) == whole, "{out}");
            finished += 1;
            out = format!("killed-{finished}");
        }
    }
    let before = stamps(sandbox, &out);
    assert_code(&run(&out), 0);
    stay(&before, &stamps(sandbox, &out));
    assert!(tree(&sandbox.path().join(&out)) == whole, "{out}");
    println!("{items} items; {kills} kills while it was running, {} brought to their end", finished + 1);
}
