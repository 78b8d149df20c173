//! `casim merge`: the whole that shards have played.

use std::path::PathBuf;

use super::error::Error;
use super::spread::Gathered;

/// Arguments of `casim merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Run it where the shards were played: their scenario files are read again.\n\n\
    Exit codes:\n  \
    0    the folder is written, byte for byte as one machine writes it\n  \
    1    runs are missing: the commands that play them are printed (a command that decides as it goes\n       \
         wants several rounds; their list is NAME.round.json beside the output folder as long as there is\n       \
         one more); or what the command itself says by 1\n  \
    2    the folders do not belong together, or their scenarios have changed\n  \
    3    the system failed")]
pub struct Args {
    /// The folders of all shards (NAME.shard-1-of-4 ...).
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Replace an output folder that casim did not write.
    #[arg(long)]
    force: bool,
    /// Threads [default: one a core]; the results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// No progress bar and no summary.
    #[arg(short, long)]
    quiet: bool,
}

impl Args {
    /// What was gathered, and the command over it.
    pub(super) fn command(&self) -> Result<(Gathered, Vec<String>), Error> {
        let gathered = Gathered::read(&self.folders)?;
        let mut words = vec!["casim".to_owned()];
        words.extend(gathered.words.iter().cloned());
        words.extend(self.force.then(|| "--force".to_owned()));
        words.extend(self.quiet.then(|| "--quiet".to_owned()));
        words.extend(self.jobs.map(|jobs| format!("--jobs={jobs}")));
        Ok((gathered, words))
    }
}
