//! The subcommands and what is common to them.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::error::Error;
use super::form::{self, Form};
use super::signals::Signals;
use super::spread::Gathered;
use super::talk::{Manner, Watch, say};
use super::visible::Visible;
use super::{
    check, compare, completions, explain, licences, merge, names, new, plan, run, schema, sensitivity, sweep,
    verify,
};
use crate::results::RESULTS;
use crate::store::FORMAT;

/// Simulates client access to a multi-site Exchange organisation.
#[derive(Debug, Parser)]
#[command(name = "casim", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = "Exit codes:\n  \
    0    the command worked\n  \
    1    it worked and the answer is no: errors found by check, a folder that verify cannot make again,\n       \
         objectives missed (run --enforce-slo) or not known as precisely as --precision asks\n  \
    2    bad usage, or faults in a scenario\n  \
    3    the system failed, or a check inside a run\n  \
    130  interrupted (SIGINT); 143 terminated (SIGTERM), 129 the terminal hung up (SIGHUP), 152 out of\n       \
         processor time (SIGXCPU); a run writes nothing then\n\n\
    A scenario named - is read from standard input.\n\n\
    A first run: casim new my.toml && casim run my.toml")]
pub struct Cli {
    #[command(flatten)]
    manner: Manner,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Reads the words of a command line; the first is the program's name.
///
/// # Errors
/// What clap says of them, help and version among it.
pub fn words(all: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let all: Vec<OsString> = all.into_iter().collect();
    let said = |option: &str, letter: char| {
        all.iter().take_while(|word| *word != "--").any(|word| {
            let word = word.to_string_lossy();
            word == option || word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
        })
    };
    let mut cli = Cli::command();
    // A version is told where clap meets it, before it knows what else was said.
    if said("--verbose", 'v') {
        cli = cli.version(told()).long_version(told());
    }
    Cli::from_arg_matches(&cli.try_get_matches_from(all)?)
}

/// The version, and what was built.
fn told() -> String {
    let features: Vec<&str> = [
        ("cli", cfg!(feature = "cli")),
        ("charts", cfg!(feature = "charts")),
        ("png", cfg!(feature = "png")),
        ("cluster", cfg!(feature = "cluster")),
    ]
    .into_iter()
    .filter_map(|(name, built)| built.then_some(name))
    .collect();
    let checks = if cfg!(debug_assertions) { "with debug assertions" } else { "optimised" };
    format!(
        "{}\ncommit    {}\ntarget    {}, {checks}\nfeatures  {}\nresults   {RESULTS}, format of what is kept {FORMAT}",
        env!("CARGO_PKG_VERSION"),
        option_env!("CASIM_COMMIT")
            .unwrap_or("unknown: not built from a repository, or without optimisation"),
        option_env!("CASIM_TARGET").unwrap_or("unknown"),
        features.join(", "),
    )
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario and write CSV, charts and a summary.
    Run(run::Args),
    /// Compare scenarios, or output folders, run by run: who gains, who loses, who notices.
    Compare(compare::Args),
    /// Play a scenario with some values varied: how many users fit, what a line has to carry.
    Sweep(sweep::Args),
    /// Find the cheapest servers, cores and lines that meet every goal, also when something is lost.
    Plan(plan::Args),
    /// Move every figure that nobody measured, and tell which one matters and which one flips a verdict.
    Sensitivity(sensitivity::Args),
    /// Write what the shards of a run, a comparison, a sweep, a plan or a study of sensitivity have played.
    Merge(merge::Args),
    /// Run again what made an output folder and compare, byte for byte.
    Verify(verify::Args),
    /// Make the page of output folders again, or one page of several, without simulating.
    #[cfg(feature = "charts")]
    Report(super::report::Args),
    /// Draw a picture of an output folder again: of one protocol, some hours, other percentiles, another size.
    #[cfg(feature = "charts")]
    Chart(super::chart::Args),
    /// Tell who serves a client, by which rule, and what would change that.
    Explain(explain::Args),
    /// Look for misconfigurations and overload, with users touched and fixes.
    Check(check::Args),
    /// List DNS records, certificate names and ports to publish, and who needs them.
    Names(names::Args),
    /// Write a commented starter scenario.
    New(new::Args),
    /// Print the JSON Schema of the scenario file, for editors.
    Schema(schema::Args),
    /// Print the completions of a shell.
    Completions(completions::Args),
    /// Print a manual page.
    Man(completions::ManArgs),
    /// Print the licences of all that is built in.
    Licences(licences::Args),
}

/// Runs the command.
///
/// # Errors
/// See [`Error`].
pub fn exec(cli: Cli, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    cli.manner.take();
    let watch = Watch::start();
    Signals::outlive_limits();
    let form = cli.command.form();
    let mut unheard = io::sink();
    let err = if cli.manner.quiet && cli.command.is_question() { &mut unheard } else { err };
    let mut shown = Visible(out);
    let out: &mut dyn Write = if cli.command.is_for_people(form) { &mut shown } else { shown.0 };
    let done = match cli.command {
        Command::Run(args) => run::exec(&args, out, err),
        Command::Compare(args) => compare::exec(&args, out, err),
        Command::Sweep(args) => sweep::exec(&args, out, err),
        Command::Sensitivity(args) => sensitivity::exec(&args, out, err),
        Command::Plan(args) => plan::exec(&args, out, err),
        Command::Merge(args) => return merged(&args, cli.manner, out, err),
        Command::Verify(args) => verify::exec(&args, out),
        #[cfg(feature = "charts")]
        Command::Report(args) => super::report::exec(&args, out),
        #[cfg(feature = "charts")]
        Command::Chart(args) => super::chart::exec(&args, out),
        Command::Explain(args) => explain::exec(&args, out, err),
        Command::Check(args) => check::exec(&args, out, err),
        Command::Names(args) => names::exec(&args, out, err),
        Command::New(args) => new::exec(&args, out),
        Command::Schema(args) => schema::exec(&args, out),
        Command::Completions(args) => completions::exec(&args, Cli::command(), out),
        Command::Man(args) => completions::man(&args, Cli::command(), out),
        Command::Licences(args) => licences::exec(&args, out),
    };
    if let (Err(Error::Scenario(found)), Some(Form::Json)) = (&done, form) {
        writeln!(out, "{:#}", form::faults(found))?;
    }
    say(err, || format!("{watch} in all"));
    done
}

/// Runs the command of shards over what they have played.
fn merged(args: &merge::Args, manner: Manner, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    let (gathered, words) = args.command()?;
    let mut cli = Cli::try_parse_from(words)
        .map_err(|error| Error::question(format!("the shards' command cannot be read: {error}")))?;
    // How it is told is a matter of this command, not of theirs.
    cli.manner = manner;
    match cli.command.gathered() {
        Some(place) => *place = Some(gathered),
        None => return Err(Error::question("the shards' command has no shards")),
    }
    exec(cli, out, err)
}

impl Command {
    /// The form that was asked for, of a command that prints data.
    fn form(&self) -> Option<Form> {
        match self {
            Self::Run(args) => args.printed.asked(),
            Self::Compare(args) => args.printed.asked(),
            Self::Sweep(args) => args.printed.asked(),
            Self::Sensitivity(args) => args.printed.asked(),
            Self::Plan(args) => args.printed.asked(),
            Self::Explain(args) => args.printed.asked(),
            Self::Check(args) => args.printed.asked(),
            Self::Names(args) => args.printed.asked(),
            #[cfg(feature = "charts")]
            Self::Report(_) | Self::Chart(_) => None,
            Self::Merge(_)
            | Self::Verify(_)
            | Self::New(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Licences(_) => None,
        }
    }

    /// Whether what it prints is read by people, and by no program.
    fn is_for_people(&self, form: Option<Form>) -> bool {
        let verbatim = matches!(
            self,
            Self::New(_)
                | Self::Schema(_)
                | Self::Completions(_)
                | Self::Man(_)
                | Self::Licences(_)
                | Self::Names(_)
        );
        !verbatim && matches!(form, None | Some(Form::Text))
    }

    /// Whether it answers about an organisation and plays nothing: then what it says on standard error are notes.
    fn is_question(&self) -> bool {
        matches!(self, Self::Explain(_) | Self::Check(_) | Self::Names(_))
    }

    /// Where a command takes what shards have played; `None` where it has none.
    fn gathered(&mut self) -> Option<&mut Option<Gathered>> {
        match self {
            Self::Run(args) => Some(&mut args.spread.gathered),
            Self::Compare(args) => Some(&mut args.spread.gathered),
            Self::Sweep(args) => Some(&mut args.spread.gathered),
            Self::Sensitivity(args) => Some(&mut args.spread.gathered),
            Self::Plan(args) => Some(&mut args.spread.gathered),
            _ => None,
        }
    }
}
