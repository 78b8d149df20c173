//! `casim report`: the page of output folders made again, or one page of several, without
//! simulating.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::error::{Error, Usage};
use super::stage::{Origin, RESULT};
use crate::output::about::About;
use crate::output::charts::{self, chart::Drawn};
use crate::output::folder::MANIFEST;
use crate::output::report::{self, Shown};
use crate::results::setup::Setup;
use crate::results::{Identity, RunResult};
use crate::scenario;
use crate::store;

/// Arguments of `casim report`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "One folder and no option but -o: the bytes of the report.html that `casim run` wrote there.\n\n\
    Exit codes:\n  \
    0  the page is written\n  \
    2  a folder is none of casim run, or the file is there and --force is not\n  \
    3  the system failed"
)]
pub struct Args {
    /// Output folders of `casim run`: this variant, that variant, the outage.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// File to write [default: report.html in the folder, of one].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What the page is called [default: the name of the scenario].
    #[arg(long)]
    title: Option<String>,
    /// Text that is placed first, as it is written: paragraphs have an empty line between them.
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
    /// Write each table of the page as an HTML file of its own into this folder, to be opened and pasted
    /// into a document as a table; no page then, unless -o names one.
    #[arg(long, value_name = "FOLDER")]
    fragments: Option<PathBuf>,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
    /// Say nothing.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let target = args.target()?;
    let notes = match &args.notes {
        Some(path) => Some(fs::read_to_string(path).map_err(Error::file("read", path))?),
        None => None,
    };
    let kept: Vec<Kept> = args.folders.iter().map(|folder| Kept::read(folder)).collect::<Result<_, _>>()?;
    let kept = titled(kept, args, notes.as_deref());
    let drawn: Vec<Vec<Drawn>> = kept.par_iter().map(|one| charts::all(&one.run)).collect();
    let shown: Vec<Shown<'_>> = kept
        .iter()
        .zip(&drawn)
        .map(|(one, pictures)| Shown { run: &one.run, pictures, setup: &one.setup, about: &one.about })
        .collect();
    let mut files = args.fragment_files(&shown)?;
    files.extend(args.pages(target, &shown, notes.as_deref()));
    for (path, text) in files {
        store::save(&path, text.as_bytes()).map_err(Error::file("write", &path))?;
        if !args.quiet {
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    Ok(())
}

impl Args {
    /// Files of the page: those that a run writes beside its tables, of one folder without `-o`.
    fn pages(
        &self,
        target: Option<PathBuf>,
        shown: &[Shown<'_>],
        notes: Option<&str>,
    ) -> Vec<(PathBuf, String)> {
        match (target, shown) {
            (None, _) => Vec::new(),
            (Some(target), [one]) if self.output.is_none() => {
                let files = report::files(*one).into_iter();
                files.map(|(name, text)| (target.with_file_name(name), text)).collect()
            }
            (Some(target), [one]) => vec![(target, report::of_run(*one))],
            (Some(target), all) => {
                let title = self.title.clone().unwrap_or_else(|| {
                    all.iter().map(|one| one.about.title.as_str()).collect::<Vec<_>>().join("; ")
                });
                vec![(target, report::of_runs(&title, notes, all))]
            }
        }
    }

    /// Files of `--fragments`, in a folder that is made where it is not there.
    fn fragment_files(&self, shown: &[Shown<'_>]) -> Result<Vec<(PathBuf, String)>, Error> {
        let Some(folder) = &self.fragments else { return Ok(Vec::new()) };
        let [one] = shown else {
            return Err(Error::question(
                "--fragments takes one output folder: the tables of several have one name",
            ));
        };
        let files: Vec<(PathBuf, String)> =
            report::fragments(*one).into_iter().map(|(name, text)| (folder.join(name), text)).collect();
        if let Some((path, _)) = files.iter().find(|(path, _)| path.exists() && !self.force) {
            return Err(Usage::Exists(path.clone()).into());
        }
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        Ok(files)
    }

    /// Where the page goes. A file that casim did not write for this folder stays.
    fn target(&self) -> Result<Option<PathBuf>, Error> {
        let target = match (&self.output, self.folders.as_slice()) {
            (Some(output), _) => output.clone(),
            (None, _) if self.fragments.is_some() => return Ok(None),
            (None, [folder]) => return Ok(Some(folder.join(report::NAME))),
            (None, _) => {
                return Err(Error::question("one page of several folders wants a file: add -o FILE.html"));
            }
        };
        if target.is_dir() {
            return Err(Error::question(format!("`{}` is a folder: -o wants a file", target.display())));
        }
        if target.exists() && !self.force {
            return Err(Usage::Exists(target).into());
        }
        Ok(Some(target))
    }
}

/// What a folder keeps of a run.
struct Kept {
    run: RunResult,
    setup: Setup,
    about: About,
}

/// What a folder of `casim run` says of itself, and its result.
pub(super) fn result(folder: &Path) -> Result<(Value, Identity, RunResult), Error> {
    let bad = |why: &str| Error::question(format!("`{}` has no result to show: {why}", folder.display()));
    let text = fs::read(folder.join(MANIFEST))
        .map_err(|error| bad(&format!("its {MANIFEST} cannot be read ({error})")))?;
    let manifest: Value =
        serde_json::from_slice(&text).map_err(|_| bad(&format!("its {MANIFEST} is not what casim wrote")))?;
    match manifest.get("command").and_then(Value::as_str) {
        Some("run") => {}
        Some(other) => {
            return Err(bad(&format!(
                "casim {other} wrote it; pages and pictures are made of folders of casim run"
            )));
        }
        None => return Err(bad(&format!("its {MANIFEST} does not say who wrote it"))),
    }
    let bytes = fs::read(folder.join(RESULT))
        .map_err(|error| bad(&format!("its {RESULT} cannot be read ({error})")))?;
    let (identity, run) =
        store::from_bytes(&bytes).map_err(|fault| bad(&format!("its {RESULT} cannot be used: {fault}")))?;
    Ok((manifest, identity, run))
}

impl Kept {
    fn read(folder: &Path) -> Result<Self, Error> {
        let (manifest, identity, run) = result(folder)?;
        let scenario = scenario::load(&folder.join("scenario.toml"), &[])
            .map_err(|faults| Error::Scenario(Box::new(faults)))?;
        let list = |key: &str| -> Vec<String> {
            let items = manifest.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let origin = Origin { arguments: list("arguments"), assumed: list("assumed_defaults") };
        let mut about = origin.about(&scenario);
        // Another casim may have played it.
        let version = manifest.get("casim_version").and_then(Value::as_str).unwrap_or_default();
        about.played_by = (version.to_owned(), u64::from(identity.results));
        Ok(Self { run, setup: super::setup::of(&scenario), about })
    }
}

/// With the title and the text that were asked for, of one folder; of several those that have one name
/// are told apart by their folders.
fn titled(mut kept: Vec<Kept>, args: &Args, notes: Option<&str>) -> Vec<Kept> {
    if let [one] = kept.as_mut_slice() {
        one.about.title = args.title.clone().unwrap_or_else(|| one.about.title.clone());
        one.about.notes = notes.map(str::to_owned);
        return kept;
    }
    let names: Vec<String> = kept.iter().map(|one| one.about.title.clone()).collect();
    for (one, folder) in kept.iter_mut().zip(&args.folders) {
        if names.iter().filter(|name| **name == one.about.title).count() > 1 {
            one.about.title += &format!(" ({})", folder.display());
        }
    }
    kept
}
