//! `casim report`: the page of output folders made again, or one page of several, without
//! simulating.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::decided::{self, DECIDED};
use super::error::Error;
use super::stage::{Origin, RESULT};
use crate::output::about::{About, Basis};
use crate::output::charts::{self, chart::Drawn};
use crate::output::folder::MANIFEST;
use crate::output::report::{self, Decided, Piece, Shown};
use crate::output::{Decision, Inputs, NewFile};
use crate::results::compared::Comparison;
use crate::results::planned::Plans;
use crate::results::sensitive::Sensitivity;
use crate::results::setup::Setup;
use crate::results::swept::Swept;
use crate::results::{Identity, RunResult};
use crate::scenario;
use crate::store::{self, Keep};

/// Arguments of `casim report`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "One folder and no option but -o: the bytes of the report.html that the command wrote there.\n\n\
    Exit codes:\n  \
    0  the page is written\n  \
    2  a folder keeps no result, or the file is there and --force is not\n  \
    3  the system failed"
)]
pub struct Args {
    /// Output folders of `casim run`, `compare`, `sweep`, `plan` and `sensitivity`: this variant, that variant, what
    /// tells them apart.
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
    let drawn: Vec<Vec<Drawn>> = kept.par_iter().map(Kept::draw).collect();
    let pieces: Vec<Piece<'_>> = kept.iter().zip(&drawn).map(|(one, pictures)| one.shown(pictures)).collect();
    let title =
        || args.title.clone().unwrap_or_else(|| kept.iter().map(Kept::title).collect::<Vec<_>>().join("; "));
    let mut files = args.fragment_files(&pieces)?;
    files.extend(args.pages(target, &pieces, (&title, notes.as_deref())));
    for (path, text) in files {
        store::save(&path, text.as_bytes()).map_err(Error::file("write", &path))?;
        if !args.quiet {
            writeln!(out, "wrote {}", path.display())?;
        }
    }
    Ok(())
}

impl Args {
    /// Files of the page: those that a command writes beside its tables, of one folder without `-o`.
    fn pages(
        &self,
        target: Option<PathBuf>,
        pieces: &[Piece<'_>],
        (title, notes): (&dyn Fn() -> String, Option<&str>),
    ) -> Vec<(PathBuf, String)> {
        match (target, pieces) {
            (None, _) => Vec::new(),
            (Some(target), [one]) if self.output.is_none() => {
                let files = one.files().into_iter();
                files.map(|(name, text)| (target.with_file_name(name), text)).collect()
            }
            (Some(target), [one]) => vec![(target, one.page())],
            (Some(target), all) => vec![(target, report::of_several(&title(), notes, all))],
        }
    }

    /// Files of `--fragments`, in a folder that is made where it is not there.
    fn fragment_files(&self, pieces: &[Piece<'_>]) -> Result<Vec<(PathBuf, String)>, Error> {
        let Some(folder) = &self.fragments else { return Ok(Vec::new()) };
        let [one] = pieces else {
            return Err(Error::question(
                "--fragments takes one output folder: the tables of several have one name",
            ));
        };
        let files: Vec<(PathBuf, String)> =
            one.fragments().into_iter().map(|(name, text)| (folder.join(name), text)).collect();
        for (path, _) in files.iter().filter(|(path, _)| path.exists()) {
            NewFile::at(path, self.force, &self.read())?;
        }
        if folder.is_file() {
            return Err(Error::question(format!(
                "`{}` is a file: --fragments wants a folder",
                folder.display()
            )));
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
        NewFile::at(&target, self.force, &self.read())?;
        Ok(Some(target))
    }

    /// What is read: the notes, and what stands in the folders but their pages.
    fn read(&self) -> Inputs {
        let files =
            self.folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let files = files.filter(|file| file.file_name() != report::NAME).map(|file| file.path());
        Inputs::of(files.chain(self.notes.clone()))
    }
}

/// What a folder keeps.
enum Kept {
    Run(Box<Played>),
    Decided(Box<Told>),
}

/// Of a run.
struct Played {
    run: RunResult,
    setup: Setup,
    about: About,
}

/// What is drawn of a folder.
pub(super) enum Pictured {
    Run(Box<RunResult>),
    Decided(Box<Whole>),
}

/// What a folder keeps that can be drawn again.
pub(super) fn pictured(folder: &Path) -> Result<Pictured, Error> {
    let reader = Reader::of(folder)?;
    if reader.command()? == "run" {
        return Ok(Pictured::Run(Box::new(reader.kept(RESULT)?.1)));
    }
    match reader.whole()? {
        Kept::Decided(told) => Ok(Pictured::Decided(Box::new(told.whole))),
        Kept::Run(played) => Ok(Pictured::Run(Box::new(played.run))),
    }
}

/// Of another command.
struct Told {
    whole: Whole,
    basis: Basis,
}

/// What it decided.
pub(super) enum Whole {
    Comparison(Comparison),
    Sweep(Swept),
    Plans(Plans),
    Sensitivity(Sensitivity),
}

impl Told {
    fn shown<'k>(&'k self, pictures: &'k [Drawn]) -> Decided<'k> {
        Decided { decision: self.whole.decision(), pictures, basis: &self.basis }
    }
}

impl Whole {
    pub(super) fn decision(&self) -> Decision<'_> {
        match self {
            Self::Comparison(comparison) => Decision::Comparison(comparison),
            Self::Sweep(swept) => Decision::Sweep(swept),
            Self::Plans(plans) => Decision::Plans(plans),
            Self::Sensitivity(found) => Decision::Sensitivity(found),
        }
    }
}

/// Reads a folder; what cannot be shown is bad input, with the reason.
struct Reader<'f> {
    folder: &'f Path,
    manifest: Value,
}

impl<'f> Reader<'f> {
    fn of(folder: &'f Path) -> Result<Self, Error> {
        let mut reader = Self { folder, manifest: Value::Null };
        let text = fs::read(folder.join(MANIFEST))
            .map_err(|error| reader.bad(&format!("its {MANIFEST} cannot be read ({error})")))?;
        reader.manifest = serde_json::from_slice(&text)
            .map_err(|_| reader.bad(&format!("its {MANIFEST} is not what casim wrote")))?;
        Ok(reader)
    }

    fn bad(&self, why: &str) -> Error {
        Error::question(format!("`{}` has no result to show: {why}", self.folder.display()))
    }

    /// Which command wrote it.
    fn command(&self) -> Result<&str, Error> {
        let command = self.manifest.get("command").and_then(Value::as_str);
        command.ok_or_else(|| self.bad(&format!("its {MANIFEST} does not say who wrote it")))
    }

    fn kept<T: Keep>(&self, name: &str) -> Result<(Identity, T), Error> {
        let bytes = fs::read(self.folder.join(name))
            .map_err(|error| self.bad(&format!("its {name} cannot be read ({error})")))?;
        store::from_bytes(&bytes).map_err(|fault| self.bad(&format!("its {name} cannot be used: {fault}")))
    }

    fn decided<T: Keep>(&self, whole: fn(T) -> Whole) -> Result<Kept, Error> {
        let (identity, kept) = self.kept::<T>(DECIDED)?;
        let basis = decided::basis(&self.manifest, identity.results);
        Ok(Kept::Decided(Box::new(Told { whole: whole(kept), basis })))
    }

    fn whole(&self) -> Result<Kept, Error> {
        match self.command()? {
            "run" => self.run(),
            "compare" => self.decided(Whole::Comparison),
            "sweep" => self.decided(Whole::Sweep),
            "plan" => self.decided(Whole::Plans),
            "sensitivity" => self.decided(Whole::Sensitivity),
            other => Err(self.bad(&format!("casim {other} wrote it, which has no page"))),
        }
    }

    fn run(&self) -> Result<Kept, Error> {
        let (identity, run): (_, RunResult) = self.kept(RESULT)?;
        let scenario = scenario::load(&self.folder.join("scenario.toml"), &[])
            .map_err(|faults| Error::Scenario(Box::new(faults)))?;
        let list = |key: &str| -> Vec<String> {
            let items = self.manifest.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let origin = Origin { arguments: list("arguments"), assumed: list("assumed_defaults") };
        let mut about = origin.about(&scenario);
        // Another casim may have played it.
        let version = self.manifest.get("casim_version").and_then(Value::as_str).unwrap_or_default();
        about.played_by = (version.to_owned(), u64::from(identity.results));
        Ok(Kept::Run(Box::new(Played { run, setup: super::setup::of(&scenario), about })))
    }
}

impl Kept {
    fn read(folder: &Path) -> Result<Self, Error> {
        Reader::of(folder)?.whole()
    }

    fn draw(&self) -> Vec<Drawn> {
        match self {
            Self::Run(played) => charts::all(&played.run),
            Self::Decided(told) => charts::of_decision(told.whole.decision()),
        }
    }

    fn shown<'k>(&'k self, pictures: &'k [Drawn]) -> Piece<'k> {
        match self {
            Self::Run(played) => {
                let Played { run, setup, about } = &**played;
                Piece::Run(Shown { run, pictures, setup, about })
            }
            Self::Decided(told) => Piece::Decided(told.shown(pictures)),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Run(played) => played.about.title.clone(),
            Self::Decided(told) => report::title_of(&told.shown(&[])),
        }
    }

    fn call(&mut self, title: String) {
        match self {
            Self::Run(played) => played.about.title = title,
            Self::Decided(told) => told.basis.title = Some(title),
        }
    }
}

/// With the title and the text that were asked for, of one folder; of several those that have one name
/// are told apart by their folders.
fn titled(mut kept: Vec<Kept>, args: &Args, notes: Option<&str>) -> Vec<Kept> {
    if let [one] = kept.as_mut_slice() {
        if let Some(title) = &args.title {
            one.call(title.clone());
        }
        let of = match one {
            Kept::Run(played) => &mut played.about.notes,
            Kept::Decided(told) => &mut told.basis.notes,
        };
        *of = notes.map(str::to_owned);
        return kept;
    }
    let names: Vec<String> = kept.iter().map(Kept::title).collect();
    for ((one, name), folder) in kept.iter_mut().zip(&names).zip(&args.folders) {
        if names.iter().filter(|other| *other == name).count() > 1 {
            one.call(format!("{name} ({})", folder.display()));
        }
    }
    kept
}
