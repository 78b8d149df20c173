//! Arguments that run, compare and sweep have in common.

use std::path::PathBuf;

use crate::output::Pictures;
use crate::scenario::Override;

/// What is played, where it is written, and how it is told.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Seed of every draw, instead of the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change one value of every scenario, as in site.Boston.cas.servers=3.
    #[arg(long, value_name = "PATH=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    /// Output folder [default: one in output/, named by what is played].
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Charts: none, svg (and the values of each as CSV) or png (PNG too).
    #[arg(long, value_name = "WHICH", default_value = Pictures::MOST.token(), value_parser = Pictures::parse)]
    pub(super) charts: Pictures,
    /// Replace a folder that casim did not write, and forget what was not finished there.
    #[arg(long)]
    pub(super) force: bool,
    /// Threads [default: one a core]; the results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// No progress bar and no summary.
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl Common {
    /// What is laid on every scenario: `--set`, then `own`, keys with options of their own.
    pub(super) fn overrides<'p>(
        &self,
        own: impl IntoIterator<Item = (&'p str, Option<String>)>,
    ) -> Vec<Override> {
        let seed = ("run.seed", self.seed.map(|seed| seed.to_string()));
        let own = std::iter::once(seed)
            .chain(own)
            .filter_map(|(path, value)| Some(Override { path: path.to_owned(), value: value? }));
        self.set.iter().cloned().chain(own).collect()
    }

    /// Threads, 0 for one a core.
    pub(super) fn threads(&self) -> usize {
        self.jobs.map_or(0, usize::from)
    }

    /// Options that change what is played, and whether they were given.
    pub(super) fn of_play(&self) -> [(&'static str, bool); 2] {
        [("--seed", self.seed.is_some()), ("--set", !self.set.is_empty())]
    }
}
