//! `--shard` and `casim merge` from outside: the bytes of one machine, however many play.

use std::fs;

use crate::support::{QUEUE, Ran, Sandbox, assert_code, tree};

/// One core for a minute.
fn queue() -> String {
    QUEUE.replace("200 s", "60 s").replace("20 s", "5 s")
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("one.toml", queue());
    sandbox.write("two.toml", queue().replace("seed = 7", "seed = 8"));
    sandbox
}

/// Runs a command with more words.
fn with(sandbox: &Sandbox, command: &[&str], more: &[&str]) -> Ran {
    sandbox.run(&[command, more].concat())
}

/// The command lines that were printed, each run as it stands; how many there were.
fn run_printed(sandbox: &Sandbox, ran: &Ran) -> usize {
    let lines = ran.stdout.lines().filter(|line| line.starts_with("casim "));
    // No word of them has a blank.
    let words = |line: &'_ str| -> Vec<String> {
        line.split(' ').skip(1).map(|word| word.trim_matches('\'').to_owned()).collect()
    };
    let run = |line: &str| sandbox.run(&words(line).iter().map(String::as_str).collect::<Vec<_>>());
    lines.map(|line| assert_code(&run(line), 0)).count()
}

fn shards(out: &str, of: usize) -> Vec<String> {
    (1..=of).map(|number| format!("{out}.shard-{number}-of-{of}")).collect()
}

fn merge(sandbox: &Sandbox, folders: &[String]) -> Ran {
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    with(sandbox, &["merge"], &folders)
}

/// One thread, three threads, three shards of which one comes late: the same bytes, the items
/// too. What a shard has finished it does not play again.
#[test]
fn a_sweep_on_several_machines_is_that_of_one() {
    let sandbox = sandbox();
    // What is asked of a plan is not played: pairs of points are one model, whose items are played once, by one shard.
    let vary = ["--vary", "plan.years=1,2", "--vary", "station.cas.cores=1,2,3"];
    let sweep = [&["sweep", "one.toml", "--replications", "3", "-o"][..], &["out"], &vary].concat();
    let one = [&["sweep", "one.toml", "--replications", "3", "-o"][..], &["whole"], &vary].concat();
    assert_code(&with(&sandbox, &one, &["--jobs", "1", "-q"]), 0);
    let whole = tree(&sandbox.path().join("whole"));
    assert_eq!(whole.iter().filter(|(name, _)| name.ends_with(".item")).count(), 9);
    for shard in ["1/3", "3/3"] {
        let ran = with(&sandbox, &sweep, &["--jobs", "2", "--shard", shard]);
        assert_code(&ran, 0);
        assert!(ran.stdout.contains("3 items are in out.shard-"), "{}", ran.stdout);
        assert!(ran.stdout.contains("casim merge out.shard-*-of-3"), "{}", ran.stdout);
    }
    let folders = shards("out", 3);
    let two = [folders[0].clone(), folders[2].clone()];
    let ran = merge(&sandbox, &two);
    assert_code(&ran, 1);
    assert!(ran.stderr.contains("3 of 9 items are missing"), "{}", ran.stderr);
    assert!(!sandbox.path().join("out").exists());
    assert_eq!(run_printed(&sandbox, &ran), 1, "{}", ran.stdout);
    let stamps = |folder: &str| -> Vec<_> {
        let items = fs::read_dir(sandbox.path().join(folder).join("items")).unwrap();
        items.map(|item| item.unwrap().metadata().unwrap().modified().unwrap()).collect()
    };
    let before = stamps(&folders[1]);
    assert_code(&with(&sandbox, &sweep, &["--shard=2/3", "-q"]), 0);
    assert_eq!(stamps(&folders[1]), before, "a finished item was played again");
    assert_code(&merge(&sandbox, &folders), 0);
    assert!(tree(&sandbox.path().join("out")) == whole);
}

/// How many pairs are wanted follows from those that are there: round after round, until `merge` wants
/// no more. The answer, its exit code too, is that of one machine.
#[test]
fn a_comparison_that_decides_as_it_goes_goes_in_rounds() {
    let sandbox = sandbox();
    let compare = |out| {
        let precise = ["--precision", "0.0001%", "--floor", "0.0001%", "--max-replications", "40"];
        [&["compare", "one.toml", "two.toml", "--unpaired", "-o", out][..], &precise].concat()
    };
    let alone = with(&sandbox, &compare("whole"), &["--json"]);
    assert_code(&alone, 1);
    let whole = tree(&sandbox.path().join("whole"));
    let folders = shards("out", 2);
    for shard in ["1/2", "2/2"] {
        assert_code(&with(&sandbox, &compare("out"), &["--json", "--shard", shard]), 0);
    }
    let mut rounds = 1;
    let merged = loop {
        let ran = merge(&sandbox, &folders);
        assert_code(&ran, 1);
        if !sandbox.path().join("out.round.json").exists() {
            break ran;
        }
        rounds += 1;
        assert!(ran.stderr.contains("items are missing"), "{}", ran.stderr);
        assert!(ran.stdout.contains("--round out.round.json"), "{}", ran.stdout);
        assert_eq!(run_printed(&sandbox, &ran), 2, "{}", ran.stdout);
    };
    assert_eq!(rounds, 3, "10, 20 and 40 pairs");
    assert_eq!(merged.stdout, alone.stdout);
    assert!(tree(&sandbox.path().join("out")) == whole);
}

/// Which values are tried next, and how often, follows from those that were tried: `merge` gives round after
/// round, in which no shard plays what another has finished, until there is an answer.
#[test]
fn a_search_that_decides_as_it_goes_goes_in_rounds() {
    let sandbox = sandbox();
    let search = |out| {
        let vary = ["sweep", "one.toml", "--vary", "run.load=0.2..1.8:0.8", "--charts", "none", "-o", out];
        let until = ["--until", "server.cas<=70%", "--step", "0.4"];
        [&vary[..], &until, &["--replications", "2", "--max-replications", "4"]].concat()
    };
    let alone = with(&sandbox, &search("whole"), &["--json"]);
    assert_code(&alone, 0);
    let whole = tree(&sandbox.path().join("whole"));
    let folders = shards("out", 2);
    for shard in ["1/2", "2/2"] {
        assert_code(&with(&sandbox, &search("out"), &["--json", "--shard", shard]), 0);
    }
    let (mut lists, mut merged) = (Vec::new(), merge(&sandbox, &folders));
    let list = sandbox.path().join("out.round.json");
    while list.exists() {
        assert_code(&merged, 1);
        lists.push(fs::read_to_string(&list).unwrap());
        assert!(run_printed(&sandbox, &merged) > 0, "{}", merged.stdout);
        merged = merge(&sandbox, &folders);
    }
    assert_code(&merged, 0);
    assert!(lists.len() >= 3, "{lists:?}");
    assert!(lists.iter().any(|list| list.contains("\"runs\": 4")), "a value is looked at twice: {lists:?}");
    assert_eq!(merged.stdout, alone.stdout);
    assert!(tree(&sandbox.path().join("out")) == whole);
    let items = |folder: &str| fs::read_dir(sandbox.path().join(folder).join("items")).unwrap().count();
    assert_eq!(
        folders.iter().map(|folder| items(folder)).sum::<usize>(),
        items("out"),
        "one was played twice"
    );
    // A list is that of one kind of command, scenario and version.
    fs::write(&list, &lists[0]).unwrap();
    let run =
        ["run", "one.toml", "--sessions", "none", "-o", "x", "--shard", "1/2", "--round", "out.round.json"];
    let ran = sandbox.run(&run);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("is one of another command"), "{}", ran.stderr);
}

/// Replications of a run, stated or as many as a precision needs.
#[test]
fn a_run_on_several_machines_is_that_of_one() {
    let sandbox = sandbox();
    let run = |out, more: &[&'static str]| {
        [&["run", "one.toml", "-o", out, "--charts", "none", "--sessions", "none", "-q"][..], more].concat()
    };
    for (whole, out, more) in [("a", "b", ["--replications", "3"]), ("c", "d", ["--precision", "6%"])] {
        assert_code(&sandbox.run(&run(whole, &more)), 0);
        let folders = shards(out, 2);
        for shard in ["1/2", "2/2"] {
            assert_code(&with(&sandbox, &run(out, &more), &["--shard", shard]), 0);
        }
        let mut ran = merge(&sandbox, &folders);
        while run_printed(&sandbox, &ran) > 0 {
            ran = merge(&sandbox, &folders);
        }
        assert_code(&ran, 0);
        let runs = fs::read_dir(sandbox.path().join(&folders[0]).join("items")).unwrap().count();
        assert!(out == "b" || runs > 5, "more than one round: {runs}");
        assert!(tree(&sandbox.path().join(out)) == tree(&sandbox.path().join(whole)), "{more:?}");
    }
    let ran = sandbox.run(&["run", "one.toml", "--shard", "1/2"]);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("--sessions none"), "{}", ran.stderr);
}

/// Shards of other commands, other scenarios, or too many of one.
#[test]
fn what_does_not_belong_together_is_not_merged() {
    let sandbox = sandbox();
    let sweep = |scenario, out| ["sweep", scenario, "--vary", "station.cas.cores=1,2", "-q", "-o", out];
    for (scenario, out, shard) in [
        ("one.toml", "out", "1/2"),
        ("two.toml", "other", "2/2"),
        ("one.toml", "three", "2/3"),
        ("one.toml", "out", "2/2"),
    ] {
        assert_code(&with(&sandbox, &sweep(scenario, out), &["--shard", shard]), 0);
    }
    let (first, second) = ("out.shard-1-of-2", "out.shard-2-of-2");
    for (folders, word) in [
        (&[first, "other.shard-2-of-2"][..], "`scenarios` differ"),
        (&[first, "three.shard-2-of-3"], "`of` differ"),
        (&[first, first], "given twice"),
        (&[first, "one.toml"], "not the folder of a shard"),
    ] {
        let ran = with(&sandbox, &["merge"], folders);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word), "{folders:?}: {}", ran.stderr);
    }
    // The items of another scenario are not gone on with, and not merged once it has changed.
    sandbox.write("one.toml", queue().replace("100 ms", "99 ms"));
    let ran = with(&sandbox, &sweep("one.toml", "out"), &["--shard", "1/2"]);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("unfinished shard of another scenario"), "{}", ran.stderr);
    let ran = with(&sandbox, &["merge"], &[first, second]);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("other scenarios than these files are now"), "{}", ran.stderr);
    for bad in ["0/2", "3/2", "2", "auto"] {
        let ran = with(&sandbox, &sweep("two.toml", "x"), &["--shard", bad]);
        assert_code(&ran, 2);
    }
    assert!(!sandbox.path().join("out").exists() && !sandbox.path().join("x").exists());
}

/// A folder in the place of a shard's goes with `--force`, but for what is read from it, and no link.
#[test]
fn force_spares_what_is_read_and_links() {
    let sandbox = Sandbox::new();
    let scenario = "out.shard-1-of-2/one.toml";
    sandbox.write(scenario, queue());
    let sweep = |scenario| ["sweep", scenario, "--vary", "station.cas.cores=1,2", "-q", "-o", "out"];
    let forced = ["--shard", "1/2", "--force"];
    let ran = with(&sandbox, &sweep(scenario), &forced);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("is read by this command"), "{}", ran.stderr);
    assert!(sandbox.path().join(scenario).exists());
    sandbox.write("one.toml", queue());
    assert_code(&with(&sandbox, &sweep("one.toml"), &["--shard", "1/2"]), 2);
    assert_code(&with(&sandbox, &sweep("one.toml"), &forced), 0);
    assert!(!sandbox.path().join(scenario).exists());
    #[cfg(unix)]
    for to in ["elsewhere", "nowhere"] {
        let folder = sandbox.path().join("out.shard-1-of-2");
        fs::remove_dir_all(&folder).or_else(|_| fs::remove_file(&folder)).unwrap();
        sandbox.write("elsewhere/mine.txt", "years of work");
        std::os::unix::fs::symlink(to, &folder).unwrap();
        let ran = with(&sandbox, &sweep("one.toml"), &forced);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains("is a symbolic link"), "{}", ran.stderr);
        assert!(sandbox.path().join("elsewhere/mine.txt").exists());
        assert!(fs::symlink_metadata(&folder).unwrap().is_symlink());
    }
}
