//! Golden files (`CASIM_BLESS=1 cargo test` writes them anew, the diff is then
//! read by the reviewer) and the promises of the run folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::is_casim_folder;
use super::tables::columns::Table;
use super::tables::csv_table;
use super::tables::sessions::{Fields, Sessions};
use super::terminal::Look;
use super::*;
use crate::results::objectives::Verdict;
use crate::results::{NONE, SessionRecord, SessionSink};

/// A folder of this test's own, empty, below the target folder.
fn place(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-output").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn golden(name: &str, got: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/output").join(name);
    if std::env::var_os("CASIM_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, got).unwrap();
    }
    let expected = fs::read(&path).unwrap_or_default();
    assert!(
        expected == got,
        "{name} differs from tests/golden/output; now it is\n{}",
        String::from_utf8_lossy(got)
    );
}

fn manifest() -> Manifest {
    Manifest {
        command: "run".into(),
        scenario: "Small".into(),
        scenario_digest: "00ff".into(),
        arguments: vec!["--set site.Boston.cas.servers=3".into()],
        seed: 1,
        charts: Pictures::Svg,
        sessions: SessionPolicy::All,
        session_rows: 2,
        assumed_defaults: vec!["run.warmup = 30 min".into()],
        scenario_file: "name = \"Small\"\n".into(),
    }
}

#[test]
fn tables_are_the_golden_ones() {
    let result = sample::small();
    for (name, bytes) in tables::all(&result) {
        golden(&name, &bytes);
    }
    let verdict = Verdict::of(&result, &sample::slo());
    golden("run.json", manifest().to_json(&result, Some(&verdict)).as_bytes());
}

#[test]
fn terminal_text_is_the_golden_one() {
    let result = sample::small();
    let mut text = Vec::new();
    assert!(!terminal::summary(&mut text, &result, &sample::slo(), Look::PLAIN).unwrap());
    golden("terminal.txt", &text);
    let text = String::from_utf8(text).unwrap();
    assert!(text.lines().all(|line| words::columns(line) <= 100), "{text}");
    assert!(!text.contains('\u{1b}'));
    let mut colourful = Vec::new();
    terminal::summary(&mut colourful, &result, &sample::slo(), Look { colour: true, ..Look::PLAIN }).unwrap();
    assert!(colourful.contains(&0x1b));
    let mut met = Vec::new();
    assert!(terminal::summary(&mut met, &result, &Default::default(), Look::PLAIN).unwrap());
    assert!(String::from_utf8(met).unwrap().ends_with("SLO: none stated\n"));
}

/// A comparison in every form: tables, terminal, Markdown, JSON.
#[test]
fn comparisons_are_the_golden_ones() {
    let comparison = sample::decided::comparison_of("usual");
    for (name, bytes) in compared::tables::all(&comparison) {
        golden(&format!("compare/{name}"), &bytes);
    }
    let mut text = Vec::new();
    compared::text::summary(&mut text, &comparison, 100).unwrap();
    golden("compare/terminal.txt", &text);
    let mut text = Vec::new();
    compared::text::markdown(&mut text, &comparison).unwrap();
    golden("compare/comparison.md", &text);
    golden("compare/comparison.json", format!("{:#}\n", compared::json::object(&comparison)).as_bytes());
    for (shape, comparison) in sample::decided::comparisons() {
        let mut text = Vec::new();
        compared::text::summary(&mut text, &comparison, 80).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().all(|line| words::columns(line) <= 100), "{shape}: {text}");
    }
}

/// Plans in every form: with prices and without, by the law, not feasible, of two designs.
#[test]
fn plans_are_the_golden_ones() {
    for (name, plans) in sample::planned::plans() {
        let mut text = Vec::new();
        planned::text::summary(&mut text, &plans, 100).unwrap();
        let lines = String::from_utf8(text.clone()).unwrap();
        assert!(lines.lines().all(|line| words::columns(line) <= 120), "{name}: {lines}");
        if name == "long" {
            continue;
        }
        golden(&format!("plan/{name}.txt"), &text);
        let mut text = Vec::new();
        planned::text::markdown(&mut text, &plans).unwrap();
        golden(&format!("plan/{name}.md"), &text);
        if name == "plain" || name == "servers" {
            golden(&format!("plan/{name}.csv"), &planned::tables::file(&plans[0]));
            golden(&format!("plan/{name}.json"), format!("{:#}\n", planned::json::object(&plans)).as_bytes());
        }
        if name == "plain" {
            golden("plan/groups.csv", &planned::tables::groups(&plans[0]));
            golden("plan/damages.csv", &planned::tables::damages(&plans[0]));
        }
    }
}

/// Sweeps in every form: along a line, over a grid, and up to where a condition holds.
#[test]
fn sweeps_are_the_golden_ones() {
    let grid = sample::decided::sweep_of("grid");
    for (name, swept) in
        [("line", sample::decided::sweep_of("one")), ("grid", grid), ("until", sample::decided::searched())]
    {
        golden(&format!("sweep/{name}.csv"), &swept::tables::file(&swept));
        let mut text = Vec::new();
        swept::text::summary(&mut text, &swept, 100).unwrap();
        golden(&format!("sweep/{name}.txt"), &text);
        let mut text = Vec::new();
        swept::text::markdown(&mut text, &swept).unwrap();
        golden(&format!("sweep/{name}.md"), &text);
        golden(&format!("sweep/{name}.json"), format!("{:#}\n", swept::json::object(&swept)).as_bytes());
    }
}

#[test]
fn the_terminal_table_fits_with_the_longest_names() {
    let result = sample::day(sample::Day {
        sites: 30,
        protocols: &crate::model::protocol::Protocol::ALL.map(Some),
        intervals: 4,
        interval: crate::kernel::SimSpan::from_secs(900),
        failures: 3,
        long_names: true,
        load: 20,
    });
    for width in [80, 100, 140] {
        let mut text = Vec::new();
        terminal::summary(&mut text, &result, &sample::slo(), Look { width, ..Look::PLAIN }).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().all(|line| words::columns(line) <= width), "{width}: {text}");
        assert!(text.contains("more rows in summary.csv"));
    }
}

fn rows() -> Vec<SessionRecord> {
    let first = sample::session();
    let carried = SessionRecord {
        session_id: 1,
        protocol: None,
        start: crate::kernel::SimTime::ZERO,
        before_run: crate::kernel::SimSpan(90_250_000_000),
        carried_in: true,
        entry_site: NONE,
        serving_site: NONE,
        entry_server: NONE,
        serving_server: NONE,
        namespace: NONE,
        logon_latency: None,
        logon_human: crate::kernel::SimSpan::ZERO,
        latency_count: 0,
        rule: "",
        failure: None,
        outcome: crate::results::SessionOutcome::Open,
        ..first
    };
    vec![first, carried]
}

#[test]
fn sessions_are_written_in_replication_order_whoever_ends_first() {
    let folder = RunFolder::create(&place("sessions").join("run"), false, &Inputs::default()).unwrap();
    let names = sample::small().names;
    let mut writers: Vec<_> =
        (0..2).map(|r| folder.sessions(r, SessionPolicy::All, &names, Clock::default()).unwrap()).collect();
    for (r, writer) in writers.iter_mut().enumerate().rev() {
        for row in rows() {
            writer.session(&SessionRecord { replication: r as u32, ..row });
        }
    }
    // The second ends first, on another thread.
    let second = writers.pop().unwrap();
    std::thread::spawn(move || drop(second)).join().unwrap();
    drop(writers);
    assert_eq!(folder.join_sessions(2).unwrap(), 4);
    golden("sessions.csv", &fs::read(folder.part().join("sessions.csv")).unwrap());
    assert_eq!(fs::read_dir(folder.part()).unwrap().count(), 1, "no part is left");
}

/// The streaming writer and the csv crate agree on what a row is.
#[test]
fn rows_have_a_field_for_every_column() {
    let mut text = csv_table::header::<Sessions>().into_bytes();
    let fields = Fields::new(&sample::small().names, Clock::default());
    rows().iter().for_each(|row| fields.push_row(&mut text, row));
    let mut reader = csv::Reader::from_reader(&text[..]);
    assert_eq!(reader.headers().unwrap().len(), Sessions::columns().count());
    let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(&read[0][3], "Branch, \"west\"");
    assert_eq!(&read[0][5], "'=Boston");
    assert_eq!(&read[0][16], "250.000003", "the mean is rounded to the nearest nanosecond");
    assert_eq!(&read[1][13], "-90.250");
    assert_eq!(&read[1][2], "custom");
}

/// Of 10,000 ids a sample of 0.3 takes 3,000 +- 4.9 standard errors (45.8 each):
/// false alarm below 1e-6, ids fixed. The choice does not look at the order.
#[test]
fn a_sample_is_a_property_of_the_session() {
    let folder = RunFolder::create(&place("sample").join("run"), false, &Inputs::default()).unwrap();
    let mut writer =
        folder.sessions(0, SessionPolicy::Sample(0.3), &sample::small().names, Clock::default()).unwrap();
    for session_id in 0..10_000 {
        writer.session(&SessionRecord { session_id, ..sample::session() });
    }
    drop(writer);
    let rows = folder.join_sessions(1).unwrap();
    assert!((2776..=3224).contains(&rows), "{rows}");
}

#[test]
fn policies_are_read_and_said() {
    for text in ["all", "none", "sample=0.25"] {
        assert_eq!(SessionPolicy::parse(text).unwrap().token(), text);
    }
    for text in ["", "some", "sample=0", "sample=1.5", "sample=nan", "sample=-1"] {
        assert!(SessionPolicy::parse(text).is_err(), "{text}");
    }
}

fn fill(folder: &RunFolder) -> Result<(), OutputError> {
    let result = sample::small();
    let mut writer = folder.sessions(0, SessionPolicy::All, &result.names, Clock::default())?;
    rows().iter().for_each(|row| writer.session(row));
    drop(writer);
    let mut second = folder.sessions(1, SessionPolicy::All, &result.names, Clock::default())?;
    rows().iter().for_each(|row| second.session(row));
    drop(second);
    folder.join_sessions(2)?;
    for (name, bytes) in tables::all(&result) {
        folder.write(name, &bytes)?;
    }
    folder.write("charts/none.csv", b"a\n")?;
    folder.write(folder::MANIFEST, manifest().to_json(&result, None).as_bytes())
}

/// Nothing but what the name says: no hidden siblings.
fn listing(parent: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(parent).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_is_whole_or_not_there() {
    let parent = place("whole");
    let target = parent.join("deep/run");
    let folder = RunFolder::create(&target, false, &Inputs::default()).unwrap();
    fill(&folder).unwrap();
    assert!(!target.exists(), "nothing under the final name before the end");
    assert_eq!(folder.finish().unwrap(), target);
    assert!(is_casim_folder(&target));
    assert_eq!(listing(target.parent().unwrap()), ["run"]);

    // Replaced as a whole: a file of the old one is gone.
    fs::write(target.join("stale.csv"), "old").unwrap();
    let again = RunFolder::create(&target, false, &Inputs::default()).unwrap();
    fill(&again).unwrap();
    again.finish().unwrap();
    assert!(!target.join("stale.csv").exists());
    assert_eq!(listing(target.parent().unwrap()), ["run"]);

    // Dropped without an end: the old one stands, nothing else does.
    let dropped = RunFolder::create(&target, false, &Inputs::default()).unwrap();
    fill(&dropped).unwrap();
    drop(dropped);
    assert!(is_casim_folder(&target));
    assert_eq!(listing(target.parent().unwrap()), ["run"]);
}

#[test]
fn what_is_not_ours_is_refused_before_anything_is_written() {
    let parent = place("refused");
    let target = parent.join("letters");
    fs::create_dir_all(&target).unwrap();
    drop(RunFolder::create(&target, false, &Inputs::default()).expect("an empty folder may be used"));
    fs::write(target.join("run.json"), "{\"name\": \"not casim's\"}").unwrap();
    let error = RunFolder::create(&target, false, &Inputs::default()).unwrap_err();
    assert!(matches!(error, OutputError::NotOurs { .. }) && error.is_usage(), "{error}");
    drop(RunFolder::create(&target, true, &Inputs::default()).expect("--force allows it"));
    assert_eq!(listing(&target), ["run.json"], "and a run that does not end changes nothing");

    let file = parent.join("file");
    fs::write(&file, "").unwrap();
    let error = RunFolder::create(&file, true, &Inputs::default()).unwrap_err();
    assert!(matches!(error, OutputError::IsAFile { .. }) && error.is_usage(), "{error}");
    let below = RunFolder::create(&file.join("run"), false, &Inputs::default()).unwrap_err();
    assert!(matches!(below, OutputError::System { .. }), "{below}");
    let nameless = RunFolder::create(&parent.join("missing/.."), false, &Inputs::default()).unwrap_err();
    assert!(nameless.is_usage(), "{nameless}");
    assert_eq!(listing(&parent), ["file", "letters"]);
}

#[test]
fn a_second_run_is_kept_out_and_told_by_whom() {
    let parent = place("lock");
    let first = RunFolder::create(&parent.join("run"), false, &Inputs::default()).unwrap();
    let error = RunFolder::create(&parent.join("run"), false, &Inputs::default()).unwrap_err();
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(first);
    drop(RunFolder::create(&parent.join("run"), false, &Inputs::default()).unwrap());
    assert!(listing(&parent).is_empty());
}

#[test]
fn what_a_killed_run_left_is_put_right() {
    let parent = place("killed");
    // Killed while writing.
    fs::create_dir_all(parent.join(".run.casim-part/charts")).unwrap();
    fs::write(parent.join(".run.casim-lock"), "4194305\n").unwrap();
    let folder = RunFolder::create(&parent.join("run"), false, &Inputs::default()).unwrap();
    assert_eq!(folder.notes().len(), 1);
    fill(&folder).unwrap();
    folder.finish().unwrap();
    // Killed between the two renames.
    fs::rename(parent.join("run"), parent.join(".run.casim-old")).unwrap();
    drop(RunFolder::create(&parent.join("run"), false, &Inputs::default()).unwrap());
    assert!(is_casim_folder(&parent.join("run")));
    assert_eq!(listing(&parent), ["run"]);
}

/// The n-th operation on the disk fails, for every n until none does: an error with
/// a path each time, and the folder is either the old one or the new one, whole.
#[test]
fn every_failing_operation_leaves_a_whole_folder() {
    let parent = place("faults");
    let target = parent.join("run");
    let old = RunFolder::create(&target, false, &Inputs::default()).unwrap();
    fill(&old).unwrap();
    old.write("old", b"").unwrap();
    old.finish().unwrap();
    for n in 0.. {
        let attempt = RunFolder::failing_at(&target, n)
            .and_then(|folder| fill(&folder).map(|()| folder))
            .and_then(RunFolder::finish);
        let is_last = attempt.is_ok();
        if let Err(error) = attempt {
            assert!(error.to_string().contains("test-output/faults"), "{error}");
            assert!(error.to_string().contains("a fault of the test"), "{error}");
        }
        assert!(is_casim_folder(&target), "operation {n}");
        let names = listing(&target);
        let is_old = names.contains(&"old".to_owned());
        // The tables, and sessions.csv, run.json and the folder of charts.
        let whole = tables::all(&sample::small()).len() + 3;
        assert_eq!(names.len(), whole + usize::from(is_old), "operation {n}: {names:?}");
        assert!(n < 200, "it must come to an end");
        if is_last {
            assert!(!is_old && n > 30, "{n} operations");
            break;
        }
    }
    assert_eq!(listing(&parent), ["run"]);
}
