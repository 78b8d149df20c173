//! `casim verify`: run again what made an output folder, and compare.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::comparing;
use super::error::{Answer, Error, Usage};
use super::recorded::Recorded;
use super::stage::{Origin, Stage, Wanted};
use super::{plan, sensitivity, sweep};
use crate::output::folder::MANIFEST;
use crate::output::{Inputs, Pictures, RunFolder, SessionPolicy, manifest};
use crate::results::RESULTS;
use crate::scenario::{self, Scenario};

/// Name of the resolved scenario in a folder.
const SCENARIO: &str = "scenario.toml";

/// Differences that are listed.
const LISTED: usize = 40;

/// Arguments of `casim verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Output folder of `casim run`, `compare`, `sweep`, `plan` or `sensitivity`.
    folder: PathBuf,
    /// Threads [default: one a core]; the results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// No progress bar; say only what differs.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let record = Record::read(&args.folder)?;
    let mut differences = Differences::default();
    if !record.intact {
        differences.add(MANIFEST, "was changed after it was written: its checksum is of another text");
    }
    for name in record.changed_scenarios(&args.folder) {
        differences.add(&name, "was changed after it was written: run.json has another digest of it");
    }
    if differences.lines.is_empty() {
        replay(args, &record, &mut differences)?;
    } else {
        differences.stopped = true;
    }
    differences.tell(args, out)
}

/// What a folder says of itself.
struct Record {
    kind: Kind,
    written: Option<Written>,
    intact: bool,
    manifest: Value,
}

/// The scenario of a folder.
struct Written {
    /// Of what it means.
    digest: String,
    /// Of its file, when it was written.
    file: String,
    /// The file as it is.
    text: Vec<u8>,
}

/// Which command wrote it.
enum Kind {
    Run(Run),
    Sweep,
    Sensitivity,
    Compare,
    Plan,
}

/// What a folder of `casim run` says of itself.
struct Run {
    arguments: Vec<String>,
    assumed: Vec<String>,
    charts: Pictures,
    sessions: SessionPolicy,
    headroom: bool,
    twins: bool,
}

impl Record {
    /// Reads a folder; what cannot be run again is bad input.
    fn read(folder: &Path) -> Result<Self, Error> {
        let bad = |why: String| Usage::NotVerifiable { folder: folder.to_owned(), why };
        if !folder.is_dir() {
            return Err(bad("it is no folder".to_owned()).into());
        }
        let bytes = fs::read(folder.join(MANIFEST)).map_err(|e| {
            bad(format!("its {MANIFEST} cannot be read ({e}); casim run writes one into every folder"))
        })?;
        let text = String::from_utf8(bytes).map_err(|_| bad(format!("its {MANIFEST} is not UTF-8")))?;
        let json: Value = serde_json::from_str(&text)
            .map_err(|e| bad(format!("its {MANIFEST} is not what casim wrote ({e})")))?;
        let word = |key: &str| -> Result<String, Usage> {
            json.get(key)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| bad(format!("its {MANIFEST} has no `{key}`")))
        };
        let version = word("casim_version")?;
        if version != env!("CARGO_PKG_VERSION") {
            return Err(bad(format!(
                "casim {version} wrote it and this is casim {}; only the same version gives the same bytes",
                env!("CARGO_PKG_VERSION")
            ))
            .into());
        }
        let number = |key: &str| -> Result<u64, Usage> {
            let number = json.get(key).and_then(Value::as_u64);
            number.ok_or_else(|| bad(format!("its {MANIFEST} has no number `{key}`")))
        };
        let (format, results) = (number("format")?, number("results")?);
        if format != u64::from(manifest::FORMAT) {
            return Err(bad(format!(
                "its files have format {format}, and this casim writes format {}",
                manifest::FORMAT
            ))
            .into());
        }
        if results != u64::from(RESULTS) {
            return Err(bad(format!(
                "its results have number {results}, and this casim gives those of number {RESULTS}: sampled values have changed between them"
            ))
            .into());
        }
        let command = word("command")?;
        let kind = match command.as_str() {
            "run" => Kind::Run(Run::read(&json, &bad)?),
            "sweep" => Kind::Sweep,
            "sensitivity" => Kind::Sensitivity,
            "compare" => Kind::Compare,
            "plan" => Kind::Plan,
            _ => {
                let why = format!("casim {command} wrote it, and its folders are not made again");
                return Err(bad(why).into());
            }
        };
        let written = match kind {
            // Several; each has its digest.
            Kind::Compare | Kind::Plan => None,
            Kind::Run(_) | Kind::Sweep | Kind::Sensitivity => {
                let text = fs::read(folder.join(SCENARIO))
                    .map_err(|e| bad(format!("its {SCENARIO} cannot be read ({e})")))?;
                Some(Written { digest: word("scenario_digest")?, file: word("scenario_file")?, text })
            }
        };
        Ok(Self { kind, written, intact: manifest::is_intact(&text) == Some(true), manifest: json })
    }
}

impl Record {
    /// Scenarios that are not as they were written.
    fn changed_scenarios(&self, folder: &Path) -> Vec<String> {
        let changed = match &self.written {
            Some(written) if manifest::sha256(&written.text) == written.file => None,
            Some(_) => Some(SCENARIO.to_owned()),
            None => Recorded::changed_file(&self.manifest, |name| fs::read(folder.join(name)).ok()),
        };
        changed.into_iter().collect()
    }
}

impl Run {
    fn read(json: &Value, bad: &dyn Fn(String) -> Usage) -> Result<Self, Error> {
        let word = |key: &str| -> Result<String, Usage> {
            let word = json.get(key).and_then(Value::as_str).map(str::to_owned);
            word.ok_or_else(|| bad(format!("its {MANIFEST} has no `{key}`")))
        };
        let list = |key: &str| -> Result<Vec<String>, Usage> {
            let items = json.get(key).and_then(Value::as_array);
            let texts = items.and_then(|all| all.iter().map(|v| v.as_str().map(str::to_owned)).collect());
            texts.ok_or_else(|| bad(format!("its {MANIFEST} has no list `{key}`")))
        };
        Ok(Self {
            arguments: list("arguments")?,
            assumed: list("assumed_defaults")?,
            charts: Pictures::parse(&word("charts")?).map_err(bad)?,
            sessions: SessionPolicy::parse(&word("sessions")?).map_err(bad)?,
            // Present only where `--headroom` searched.
            headroom: json.get("headroom").is_some_and(|found| found.get("runs").is_some()),
            twins: json.get("twins").is_some_and(|twins| twins == true),
        })
    }
}

/// Makes a folder again, in a hidden place, and compares.
fn replay(args: &Args, record: &Record, differences: &mut Differences) -> Result<(), Error> {
    // Removed when dropped, whatever happens.
    let place = tempfile::Builder::new()
        .prefix("casim-verify-")
        .tempdir()
        .map_err(Error::file("create a folder in", std::env::temp_dir()))?;
    let again = place.path().join("again");
    let how = (args.jobs.map_or(0, usize::from), args.quiet);
    let scenario = match &record.written {
        Some(written) => Some(args.scenario(written, differences)?),
        None => None,
    };
    let said = match (&record.kind, &scenario) {
        (Kind::Run(run), Some(scenario)) => {
            return play(scenario, run, &again, how, |part| differences.between(&args.folder, part));
        }
        (Kind::Sweep, Some(scenario)) => {
            let folder = RunFolder::create(&again, false, &Inputs::default())?;
            let said = sweep::again(scenario, &record.manifest, &folder, how)?;
            said.map(|()| differences.between(&args.folder, folder.part()))
        }
        (Kind::Sensitivity, Some(scenario)) => {
            let folder = RunFolder::create(&again, false, &Inputs::default())?;
            let said = sensitivity::again(scenario, &record.manifest, &folder, how)?;
            said.map(|()| differences.between(&args.folder, folder.part()))
        }
        (Kind::Plan, _) => {
            let folder = RunFolder::create(&again, false, &Inputs::default())?;
            let said = plan::again(&args.folder, &record.manifest, &folder, how)?;
            said.map(|()| differences.between(&args.folder, folder.part()))
        }
        _ => {
            let folder = RunFolder::create(&again, false, &Inputs::default())?;
            let said = comparing::again(&args.folder, &record.manifest, &folder, how)?;
            said.map(|()| differences.between(&args.folder, folder.part()))
        }
    };
    said.unwrap_or_else(|| {
        let why = format!("its {MANIFEST} does not say what was asked for");
        Err(Usage::NotVerifiable { folder: args.folder.clone(), why }.into())
    })
}

impl Args {
    /// The scenario of the folder, with the text that it has there.
    fn scenario(&self, written: &Written, differences: &mut Differences) -> Result<Scenario, Error> {
        let mut scenario = scenario::load(&self.folder.join(SCENARIO), &[])
            .map_err(|faults| Error::Scenario(Box::new(faults)))?;
        if scenario.digest != written.digest {
            differences.add(SCENARIO, "reads as another scenario than the one that was run");
        }
        // It was written with the origin of each value, which it does not have itself.
        scenario.resolved = String::from_utf8_lossy(&written.text).into_owned();
        Ok(scenario)
    }
}

/// Plays a run again, and compares.
fn play(
    scenario: &Scenario,
    run: &Run,
    again: &Path,
    (jobs, quiet): (usize, bool),
    compare: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let wanted = Wanted {
        jobs,
        sessions: run.sessions,
        charts: run.charts,
        headroom: run.headroom,
        twins: run.twins,
        quiet,
    };
    // Overload was told when the folder was made.
    let mut unheard = std::io::sink();
    let stage = Stage::open(scenario, again, false, wanted, &mut unheard)?;
    let played = stage.play(&mut unheard)?;
    let origin = Origin { arguments: run.arguments.clone(), assumed: run.assumed.clone() };
    stage.write(&played, origin)?;
    compare(stage.part())
}

/// What is not the same.
#[derive(Default)]
struct Differences {
    lines: Vec<String>,
    compared: usize,
    bytes: u64,
    stopped: bool,
}

impl Differences {
    fn add(&mut self, name: &str, what: &str) {
        self.lines.push(format!("{name}: {what}"));
    }

    /// Compares every file of the two folders.
    fn between(&mut self, folder: &Path, again: &Path) -> Result<(), Error> {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        names(folder, "", &mut theirs)?;
        names(again, "", &mut ours)?;
        for name in theirs.iter().filter(|name| !ours.contains(name)) {
            self.add(name, "is not written by this run");
        }
        for name in &ours {
            if !theirs.contains(name) {
                self.add(name, "is missing");
                continue;
            }
            let (old, new) = (read(&folder.join(name))?, read(&again.join(name))?);
            self.compared += 1;
            self.bytes += new.len() as u64;
            if let Some(what) = first_difference(&old, &new) {
                self.add(name, &what);
            }
        }
        Ok(())
    }

    fn tell(&self, args: &Args, out: &mut dyn Write) -> Result<(), Error> {
        let shown = args.folder.display();
        if self.lines.is_empty() {
            if !args.quiet {
                writeln!(
                    out,
                    "{shown}: the same, byte for byte ({} files, {} bytes)",
                    self.compared, self.bytes
                )?;
            }
            return Ok(());
        }
        for line in self.lines.iter().take(LISTED) {
            writeln!(out, "{line}")?;
        }
        if self.lines.len() > LISTED {
            writeln!(out, "... and {} more", self.lines.len() - LISTED)?;
        }
        let (folder, again) = (args.folder.clone(), !self.stopped);
        Err(Answer::Differs { folder, files: self.lines.len(), again }.into())
    }
}

/// Where two texts part, in words.
fn first_difference(old: &[u8], new: &[u8]) -> Option<String> {
    if old == new {
        return None;
    }
    let common = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let line = old[..common].iter().filter(|byte| **byte == b'\n').count() + 1;
    let cut = |text: &[u8]| {
        let begin =
            text[..common.min(text.len())].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line: String = String::from_utf8_lossy(&text[begin..]).lines().next().unwrap_or("").to_owned();
        crate::output::words::shorten(&line, 70)
    };
    let text = [old, new].iter().all(|bytes| std::str::from_utf8(bytes).is_ok());
    Some(match text {
        true => format!(
            "differs from byte {common} on (line {line}); the folder has `{}`, the run gives `{}`",
            cut(old),
            cut(new)
        ),
        false => format!("differs from byte {common} on; {} bytes, the run gives {}", old.len(), new.len()),
    })
}

/// Every file below a folder, by relative name, sorted.
fn names(folder: &Path, prefix: &str, into: &mut Vec<String>) -> Result<(), Error> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<_, _>>)
        .map_err(Error::file("read", folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            names(&entry.path(), &format!("{name}/"), into)?;
        } else {
            into.push(name);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::file("read", path))
}
