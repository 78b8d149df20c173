//! Ranks of MPI that play one command together (cargo feature `cluster`; without it a process is
//! always alone).
//!
//! Every rank runs the same command and reads the same files. Rank 0 decides which runs are wanted,
//! takes the output folder, merges and writes, and is the only one that speaks; each plays its
//! share, then what others have not begun of theirs, and keeps every finished run in one folder, on a
//! file system that all of them see. MPI
//! ends the whole when a rank dies: what was finished is there, and the same command goes on.

use std::io::Write;

#[cfg(feature = "cluster")]
use mpi::{Threading, environment::Universe, traits::*};

use super::error::Error;
use super::spread::{Round, Spread};
use crate::decide::items::Share;

/// How many processes a launcher of MPI says that it started.
const SIZES: [&str; 2] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"];

/// This process among those that play the command.
pub(super) struct Ranks {
    #[cfg(feature = "cluster")]
    universe: Option<Universe>,
}

impl Ranks {
    /// Runs a command: `lead` at rank 0, or where there is one process alone, with what is printed; `follow` at
    /// the others. What one of them answers is the answer of all.
    pub(super) fn together(
        spread: &Spread,
        err: &mut dyn Write,
        lead: impl FnOnce(&Self, &mut dyn Write) -> Result<(), Error>,
        follow: impl FnOnce(&Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let ranks = Self::join(spread)?;
        let done = if ranks.leads() { lead(&ranks, err) } else { follow(&ranks) };
        ranks.leave(done, err)
    }

    /// Plays the rounds that rank 0 decides, with `play`, until it wants no more.
    pub(super) fn follow(
        &self,
        mut play: impl FnMut(Round, Share) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while let (Some(round), Some(share)) = (self.agree(None), self.share()) {
            play(round, share)?;
            self.wait();
        }
        Ok(())
    }

    /// Joins the others, where there are any and each is not told its shard.
    fn join(spread: &Spread) -> Result<Self, Error> {
        let many =
            |name: &str| std::env::var(name).is_ok_and(|size| size.parse().is_ok_and(|size: u32| size > 1));
        let joins = !spread.is_shard() && spread.gathered.is_none() && SIZES.into_iter().any(many);
        Self::new(joins)
    }

    #[cfg(not(feature = "cluster"))]
    fn new(joins: bool) -> Result<Self, Error> {
        if joins {
            return Err(Error::question(
                "several ranks were started, and this casim was built without the feature `cluster`: add \
                 --shard auto and merge, or build it with --features cluster",
            ));
        }
        Ok(Self {})
    }

    #[cfg(feature = "cluster")]
    fn new(joins: bool) -> Result<Self, Error> {
        if !joins {
            return Ok(Self { universe: None });
        }
        // Threads play; the first alone speaks to other ranks.
        match mpi::initialize_with_threading(Threading::Funneled) {
            Some((universe, _)) => Ok(Self { universe: Some(universe) }),
            None => Err(Error::question("MPI cannot be initialised")),
        }
    }

    /// What this rank plays; `None` where it is alone.
    #[cfg(not(feature = "cluster"))]
    pub(super) fn share(&self) -> Option<Share> {
        None
    }

    /// What this rank plays; `None` where it is alone.
    #[cfg(feature = "cluster")]
    pub(super) fn share(&self) -> Option<Share> {
        let world = self.universe.as_ref()?.world();
        let share = Share::of(usize::try_from(world.rank()).ok()? + 1, usize::try_from(world.size()).ok()?)?;
        Some(share.taking_over())
    }

    /// Whether it decides and writes.
    fn leads(&self) -> bool {
        self.share().is_none_or(|share| share.number() == 1)
    }

    /// Waits until all ranks are here.
    #[cfg(not(feature = "cluster"))]
    pub(super) fn wait(&self) {}

    /// Waits until all ranks are here.
    #[cfg(feature = "cluster")]
    pub(super) fn wait(&self) {
        if let Some(universe) = &self.universe {
            universe.world().barrier();
        }
    }

    /// The next round as rank 0 says it, the same for all; `None` where there is none.
    #[cfg(not(feature = "cluster"))]
    pub(super) fn agree(&self, next: Option<&Round>) -> Option<Round> {
        next.cloned()
    }

    /// The next round as rank 0 says it, the same for all; `None` where there is none.
    #[cfg(feature = "cluster")]
    pub(super) fn agree(&self, next: Option<&Round>) -> Option<Round> {
        let Some(universe) = &self.universe else { return next.cloned() };
        let (world, mut said) = (universe.world(), Vec::new());
        if let Some(round) = next {
            said = round.to_json().to_string().into_bytes();
        }
        let mut length = said.len() as u64;
        world.process_at_rank(0).broadcast_into(&mut length);
        // Where nothing is has an address that Open MPI takes for a word of its own (MPI_IN_PLACE).
        if length == 0 {
            return None;
        }
        said.resize(usize::try_from(length).ok()?, 0);
        world.process_at_rank(0).broadcast_into(&mut said[..]);
        Round::of_json(&serde_json::from_slice(&said).ok()?)
    }

    /// What the command answers. A failure of one rank ends all of them: nobody waits for who is gone.
    fn leave(self, done: Result<(), Error>, err: &mut dyn Write) -> Result<(), Error> {
        match done {
            Err(error) if self.share().is_some() && !matches!(error, Error::Answer(_)) => {
                if self.leads() {
                    let _ = error.report(err);
                }
                self.abort(error)
            }
            done => done,
        }
    }

    #[cfg(not(feature = "cluster"))]
    fn abort(self, error: Error) -> Result<(), Error> {
        Err(error)
    }

    #[cfg(feature = "cluster")]
    fn abort(self, error: Error) -> Result<(), Error> {
        match &self.universe {
            Some(universe) => universe.world().abort(i32::from(error.code())),
            None => Err(error),
        }
    }
}
