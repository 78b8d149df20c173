//! `casim chart`: a picture of an output folder drawn again, without simulating: of one protocol, of
//! some hours, with other percentiles, in another size.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::report::{Pictured, pictured};
use crate::diagnostics::nearest;
use crate::kernel::NANOS_PER_SEC;
use crate::output::charts::chart::{Drawn, Entry};
use crate::output::charts::scene::Scene;
use crate::output::charts::theme::{Theme, on_sheet};
use crate::output::charts::view::{self, By, Only};
use crate::output::charts::{self, others, percentiles, render};
use crate::output::lookup::local_time;
use crate::output::{Decision, Inputs, NewFile};
use crate::results::RunResult;

/// Arguments of `casim chart`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "With no option but --kind and -o: the bytes of the file that the command wrote there. --where, --from, --to and\n\
    --percentiles are for pictures of casim run.\n\n\
    Exit codes:\n  \
    0  the picture is written\n  \
    2  the folder does not hold what is asked for, or the file is there and --force is not\n  \
    3  the system failed"
)]
pub struct Args {
    /// Output folder of `casim run`, `compare`, `sweep`, `plan` or `sensitivity`.
    folder: PathBuf,
    /// Which picture: a file of `charts/` without its ending.
    #[arg(long)]
    kind: String,
    /// Only of this: protocol=owa, population=NAME, entry_site=, mailbox_site=, server= or link=, as in
    /// the tables. Several of one kind: any of them.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    only: Vec<String>,
    /// From this time of day on, HH:MM on the scenario's clock: the first one in the window.
    #[arg(long, value_name = "HH:MM")]
    from: Option<String>,
    /// To this time of day, the first one after --from.
    #[arg(long, value_name = "HH:MM")]
    to: Option<String>,
    /// Of `latency`: three percentiles, ascending, of the whole window.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    percentiles: Vec<f64>,
    /// Pixels, as in 1600x900: the picture stands in the middle of a sheet of that shape.
    #[arg(long, value_name = "WxH")]
    size: Option<String>,
    /// light, dark or print.
    #[arg(long, default_value = "light", value_parser = theme)]
    theme: Theme,
    /// File to write; its ending, svg, png or csv, says what [default: KIND.svg].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
    /// Say nothing.
    #[arg(short, long)]
    quiet: bool,
}

/// What draws a picture of a result.
type Drawing = Box<dyn Fn(&RunResult) -> Drawn>;

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
    Csv,
}

fn theme(word: &str) -> Result<Theme, String> {
    let found = Theme::ALL.into_iter().find(|(_, of)| *of == word);
    found.map(|(theme, _)| theme).ok_or_else(|| format!("`{word}` is none of: light, dark, print"))
}

pub(super) fn exec(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let target = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.svg", args.kind)));
    let format = format_of(&target)?;
    let size = args.size.as_deref().map(size_of).transpose()?;
    let pictured = pictured(&args.folder)?;
    if is_inside(&target, &args.folder) {
        return Err(Error::question(format!(
            "`{}` is in the folder that is drawn: nothing there is replaced",
            target.display()
        )));
    }
    let file = NewFile::at(&target, args.force, &Inputs::default())?;
    let drawn = match pictured {
        Pictured::Run(run) => args.of_run(*run, format)?,
        Pictured::Decided(whole) => args.of_decision(whole.decision(), format)?,
    };
    file.save(&bytes(drawn, format, args.theme, size)?)?;
    if !args.quiet {
        writeln!(out, "wrote {}", target.display())?;
    }
    Ok(())
}

/// The file of a picture.
fn bytes(drawn: Drawn, format: Format, theme: Theme, size: Option<(u32, u32)>) -> Result<Vec<u8>, Error> {
    let mut scene = drawn.scene;
    if format == Format::Csv {
        return Ok(drawn.data);
    }
    theme.paint(&mut scene);
    if let Some((wide, high)) = size {
        on_sheet(&mut scene, f64::from(wide), f64::from(high));
    }
    let bytes = match (format, size) {
        (Format::Png, size) => return png(&scene, size),
        (_, Some(size)) => render::sheet(&scene, size),
        (_, None) => render::svg(&scene),
    };
    bytes.map(String::into_bytes).map_err(not_drawn)
}

fn not_drawn(why: impl std::fmt::Display) -> Error {
    Error::question(format!("it cannot be drawn: {why}"))
}

#[cfg(feature = "png")]
fn png(scene: &Scene, size: Option<(u32, u32)>) -> Result<Vec<u8>, Error> {
    let bytes = match size {
        Some(size) => charts::png::sheet(scene, size),
        None => charts::png::png(scene),
    };
    bytes.map_err(not_drawn)
}

#[cfg(not(feature = "png"))]
fn png(_: &Scene, _: Option<(u32, u32)>) -> Result<Vec<u8>, Error> {
    Err(Error::question("this casim was built without the feature that draws PNG"))
}

/// What an ending says.
fn format_of(target: &Path) -> Result<Format, Error> {
    match target.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        Some("csv") => Ok(Format::Csv),
        _ => Err(Error::question(format!("`{}` ends neither in .svg nor .png nor .csv", target.display()))),
    }
}

/// A file in the folder, or below it.
fn is_inside(target: &Path, folder: &Path) -> bool {
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (parent.canonicalize(), folder.canonicalize()) {
        (Ok(parent), Ok(folder)) => parent.starts_with(folder),
        _ => false,
    }
}

/// Largest side of a picture, pixels: a PNG of it has 400 MB in memory.
const SIDE: u32 = 10_000;

fn size_of(text: &str) -> Result<(u32, u32), Error> {
    let sides = text.split_once('x').and_then(|(wide, high)| Some((wide.parse().ok()?, high.parse().ok()?)));
    sides.filter(|(wide, high)| (100..=SIDE).contains(wide) && (100..=SIDE).contains(high)).ok_or_else(|| {
        Error::question(format!("--size `{text}`: two numbers of pixels from 100 to {SIDE}, as in 1600x900"))
    })
}

impl Args {
    /// A picture of a run.
    fn of_run(&self, mut run: RunResult, format: Format) -> Result<Drawn, Error> {
        let entry = charts::ALL
            .iter()
            .find(|entry| entry.name == self.kind)
            .ok_or_else(|| self.unknown(charts::ALL.iter().map(|entry| entry.name)))?;
        if !(entry.is_drawn)(&run) {
            return Err(Error::question(format!(
                "`{}` has no `{}`: {}",
                self.folder.display(),
                entry.name,
                entry.lacks
            )));
        }
        self.narrow(entry, &mut run)?;
        self.cut(entry, &mut run)?;
        let draw = self.drawing(entry)?;
        Ok(match format {
            #[cfg(feature = "png")]
            Format::Png => charts::one_for_png(&run, &*draw),
            _ => draw(&run),
        })
    }

    /// A picture of another command's folder.
    fn of_decision(&self, decision: Decision<'_>, format: Format) -> Result<Drawn, Error> {
        let mut drawn = charts::of_decision(decision);
        let at = drawn
            .iter()
            .position(|one| one.name == self.kind)
            .ok_or_else(|| self.unknown(drawn.iter().map(|one| &*one.name)))?;
        let hours = "run it again with `--set run.window=` and those hours";
        let narrowed = [
            ("--where", !self.only.is_empty(), "the table behind it (-o FILE.csv) has a column for each"),
            ("--from", self.from.is_some(), hours),
            ("--to", self.to.is_some(), hours),
            (
                "--percentiles",
                !self.percentiles.is_empty(),
                "`[slo]` of the scenario says which one is judged",
            ),
        ];
        if let Some((option, _, instead)) = narrowed.into_iter().find(|(_, asked, _)| *asked) {
            return Err(Error::question(format!(
                "{option} is for pictures of casim run, and `{}` shows what was decided as a whole: {instead}",
                self.kind
            )));
        }
        #[cfg(feature = "png")]
        if format == Format::Png {
            drawn = charts::decision_for_png(decision, drawn);
        }
        let _ = format;
        Ok(drawn.swap_remove(at))
    }

    /// There is no such picture; `names` are those that there are.
    fn unknown<'n>(&self, names: impl Iterator<Item = &'n str>) -> Error {
        let names: Vec<&str> = names.collect();
        let near = nearest(&self.kind, names.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        Error::question(format!("there is no picture `{}`: {near}there are {}", self.kind, names.join(", ")))
    }

    /// Leaves what `--where` asks for.
    fn narrow(&self, entry: &Entry, run: &mut RunResult) -> Result<(), Error> {
        let mut only = Vec::new();
        for asked in &self.only {
            let (column, value) = asked
                .split_once('=')
                .ok_or_else(|| Error::question(format!("--where `{asked}`: expected COLUMN=VALUE")))?;
            let by = entry.by.iter().find(|by| by.token() == column).ok_or_else(|| {
                let words: Vec<&str> = entry.by.iter().map(|by| by.token()).collect();
                Error::question(match (By::ALL.iter().any(|by| by.token() == column), words.is_empty()) {
                    (_, true) => {
                        format!("`{}` shows all together: nothing of it is kept by {column}", self.kind)
                    }
                    (true, _) => format!(
                        "`{}` is not kept by {column}: it can be narrowed by {}",
                        self.kind,
                        words.join(", ")
                    ),
                    (false, _) => format!("--where `{column}`: expected one of {}", words.join(", ")),
                })
            })?;
            let values = by.values(run);
            let place = values.iter().position(|of| *of == value).ok_or_else(|| {
                let near = nearest(value, values.iter().copied());
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                Error::question(format!("`{}` has no {column} `{value}`{near}", self.folder.display()))
            })?;
            only.push(Only { by: *by, place });
        }
        view::narrow(run, &only);
        Ok(())
    }

    /// Leaves the intervals from `--from` to `--to`.
    fn cut(&self, entry: &Entry, run: &mut RunResult) -> Result<(), Error> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(());
        }
        let [begin, end] = [0, run.window.0].map(|at| local_time(run, crate::kernel::SimSpan(at)));
        if !entry.over_time {
            let [from, to] =
                [(&self.from, &begin), (&self.to, &end)].map(|(at, or)| at.as_ref().unwrap_or(or));
            return Err(Error::question(format!(
                "`{}` has no time axis, and its figures are kept of the whole window alone: \
                 casim run --set run.window={from}-{to} plays that part",
                self.kind
            )));
        }
        let outside = |at: &str| {
            Error::question(format!("{at} is not in the window, which goes from {begin} to {end}"))
        };
        let from = match &self.from {
            Some(at) => after(run, at, 0)?.filter(|from| *from < run.window.0).ok_or_else(|| outside(at))?,
            None => 0,
        };
        let to = match &self.to {
            // The end of the window is in it, also where it is the time of day of its beginning.
            Some(at) => {
                after(run, at, from + 1)?.filter(|to| *to <= run.window.0).ok_or_else(|| outside(at))?
            }
            None => run.window.0,
        };
        view::between(run, from, to);
        Ok(())
    }

    /// What draws it.
    fn drawing(&self, entry: &'static Entry) -> Result<Drawing, Error> {
        if self.percentiles.is_empty() || self.percentiles == percentiles::USUAL {
            return Ok(Box::new(|run| (entry.lay_out)(run)));
        }
        if !entry.has_percentiles {
            return Err(Error::question(format!(
                "`{}` has no other percentiles: those of `latency` alone are kept",
                self.kind
            )));
        }
        match *self.percentiles.as_slice() {
            [a, b, c] if 0.0 < a && a < b && b < c && c < 100.0 => {
                Ok(Box::new(move |run| others::drawn(run, [a, b, c])))
            }
            _ => Err(Error::question("--percentiles: three between 0 and 100, ascending, as in 50,90,99.9")),
        }
    }
}

/// The first instant at a time of day, `least` ns after the window began or later; ns since then.
fn after(run: &RunResult, time: &str, least: u64) -> Result<Option<u64>, Error> {
    const DAY: u64 = 86_400;
    let of_day = time.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 24 && minutes < 60).then_some((hours * 60 + minutes) * 60 % DAY)
    });
    let Some(of_day) = of_day else {
        return Err(Error::question(format!("`{time}` is no time of day: expected HH:MM")));
    };
    let offset = i64::from(run.clock_offset_minutes) * 60;
    let begin = (run.window_starts_at_utc.0 / NANOS_PER_SEC) as i64 + offset;
    let first = (of_day as i64 - begin).rem_euclid(DAY as i64) as u64 * NANOS_PER_SEC;
    let days = least.saturating_sub(first).div_ceil(DAY * NANOS_PER_SEC);
    Ok(Some(first + days * DAY * NANOS_PER_SEC))
}
