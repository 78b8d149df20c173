//! Finished replications in files: what is kept, what is missing, who plays it.
//!
//! An item is one replication of one study ([`crate::study`]), a file of its own named by the
//! digest of all that it follows from; nobody has to be asked whose it is. What a command
//! wants is a list of items in an order that follows from the command alone: a [`Share`] of it
//! is played by one machine of several, and whoever has all files merges them in that order.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::results::Identity;
use crate::store::{self, StoreError};
use crate::study::{Replication, RunError, Study, Workers, play_items};

/// How the file of a claim ends. One that is left by whoever was killed is to be removed before others begin.
pub const CLAIM: &str = "taken";

/// The part of a list of items that one machine of several plays: every `of`-th.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    number: usize,
    of: usize,
    takes_over: bool,
}

impl Share {
    /// Share `number`, from 1, of `of`; `None` where there is no such share.
    #[must_use]
    pub fn of(number: usize, of: usize) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of, takes_over: false })
    }

    /// Whose the item at this place is, among so many shares.
    #[must_use]
    pub fn at(place: usize, of: usize) -> Self {
        Self { number: place % of + 1, of, takes_over: false }
    }

    /// Whether the item at this place of the list is in it.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        Self::at(place, self.of).number == self.number
    }

    /// The same among machines that play at the same time into one folder: who is through with its own
    /// takes what the others have not begun. Items differ in length, and the last would have all others wait.
    #[must_use]
    pub fn taking_over(self) -> Self {
        Self { takes_over: true, ..self }
    }

    /// Whether it goes on with what is others'.
    #[must_use]
    pub fn takes_over(self) -> bool {
        self.takes_over
    }

    /// What it plays of a list, in this order: its own, then, if it [takes over](Self::taking_over), the others',
    /// from the end, where they come last.
    #[must_use]
    pub fn own_first(self, list: Vec<Wanted>) -> (Vec<Wanted>, Vec<Wanted>) {
        let (own, mut others): (Vec<_>, Vec<_>) = list.into_iter().partition(|item| self.has(item.place));
        others.reverse();
        (own, if self.takes_over { others } else { Vec::new() })
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// Items of it in a list of so many.
    #[must_use]
    pub fn count(self, all: usize) -> usize {
        (all + self.of - self.number) / self.of
    }

    /// Shares in all.
    #[must_use]
    pub fn shares(self) -> usize {
        self.of
    }
}

/// An item that is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Which study.
    pub study: usize,
    /// Which of its replications.
    pub number: u32,
    /// Place in the command's list.
    pub place: usize,
}

/// Items that were to be there and are not: their places in the command's list.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} of {all} items are missing", places.len())]
pub struct Missing {
    /// Places in the list, ascending.
    pub places: Vec<usize>,
    /// Items of the list.
    pub all: usize,
}

/// Why items were not played, or not merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// A replication failed, or it was interrupted. What ended before is kept.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An item could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is to be played, and these are not there.
    #[error(transparent)]
    Missing(#[from] Missing),
}

/// What says of an item, before its study is compiled, that somebody plays it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Claim {
    scenario: String,
    seed: u64,
    number: u32,
}

impl Claim {
    /// Of a scenario's digest, its seed, and a replication.
    pub(super) fn new(scenario: &str, seed: u64, number: u32) -> Self {
        Self { scenario: scenario.to_owned(), seed, number }
    }

    fn of(identity: &Identity, number: u32) -> Self {
        Self::new(&identity.scenario, identity.seed, number)
    }

    fn file(&self) -> String {
        let whole = format!("{} {} {}", self.scenario, self.seed, self.number);
        format!("{}.{CLAIM}", &store::digest(whole.as_bytes())[..32])
    }
}

/// Finished items in a folder: one file each, named by the digest of the study's whole model, its
/// window and seed, and the replication.
#[derive(Debug)]
pub struct Items {
    folders: Vec<PathBuf>,
    complete: bool,
}

impl Items {
    /// Kept in the first of these folders, and looked for in all of them.
    ///
    /// # Panics
    /// Without a folder.
    #[must_use]
    pub fn of(folders: Vec<PathBuf>) -> Self {
        assert!(!folders.is_empty(), "items are kept somewhere");
        Self { folders, complete: false }
    }

    /// The same of folders that are to have all: nothing is played, what is missing is told.
    #[must_use]
    pub fn complete(self) -> Self {
        Self { complete: true, ..self }
    }

    fn name(identity: &Identity, number: u32) -> String {
        let Identity { results, scenario, seed, warmup, window, interval, zone } = identity;
        let (warmup, window, interval) = (warmup.0, window.0, interval.0);
        let zone = zone.map_or(String::new(), |zone| format!(" zone {}", zone.half()));
        let whole = format!("{results} {scenario} {seed} {warmup} {window} {interval} {number}{zone}");
        format!("{}.item", &store::digest(whole.as_bytes())[..32])
    }

    /// The item and its file, where a folder has it whole. One that is not whole is played again.
    fn find(&self, identity: &Identity, number: u32) -> Option<(PathBuf, Replication)> {
        let name = Self::name(identity, number);
        self.folders.iter().find_map(|folder| {
            let path = folder.join(&name);
            let (of, item) = store::read::<Replication>(&path).ok()?;
            (of == *identity && item.number == number).then_some((path, item))
        })
    }

    /// Whether a folder has the item whole, without making it.
    fn has(&self, identity: &Identity, number: u32) -> bool {
        let name = Self::name(identity, number);
        self.folders.iter().any(|folder| {
            store::peek::<Replication, u32>(&folder.join(&name))
                .is_ok_and(|(of, of_item)| of == *identity && of_item == number)
        })
    }

    fn keep(&self, identity: &Identity, item: &Replication) -> Result<(), StoreError> {
        store::write(&self.folders[0].join(Self::name(identity, item.number)), identity, item).map(|_| ())
    }

    /// What of these is not there, each once, though several studies of one model may want it.
    #[must_use]
    pub fn missing(&self, studies: &[&Study<'_>], wanted: &[Wanted]) -> Vec<Wanted> {
        let identities: Vec<Identity> = studies.iter().map(|study| study.identity()).collect();
        let (mut seen, mut missing) = (BTreeSet::new(), Vec::new());
        for item in wanted {
            let identity = &identities[item.study];
            let first = seen.insert(Self::name(identity, item.number));
            if first && !self.has(identity, item.number) {
                missing.push(*item);
            }
        }
        missing
    }

    /// Whether nobody else plays this item: from now on somebody does. Others that ask this folder at the
    /// same moment are told so; the file system decides who was first.
    ///
    /// # Errors
    /// [`StoreError::System`].
    pub(super) fn claim(&self, claim: &Claim) -> Result<bool, StoreError> {
        let path = self.folders[0].join(claim.file());
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(source) => Err(StoreError::System { doing: "create", path, source }),
        }
    }

    /// Plays what is missing of a share's own items, and, where it [takes over](Share::taking_over), of the others';
    /// `told` hears of each that is there. Gives how many of the list are its own.
    ///
    /// # Errors
    /// [`ItemError`]; those that ended before are kept.
    pub fn play_share(
        &self,
        studies: &[&Study<'_>],
        list: Vec<Wanted>,
        share: Share,
        workers: &Workers<'_>,
        told: &(dyn Fn() + Sync),
    ) -> Result<usize, ItemError> {
        let (own, others) = share.own_first(list);
        let missing = self.missing(studies, &own);
        (missing.len()..own.len()).for_each(|_| told());
        self.play_claimed(studies, &missing, share, workers, told)?;
        if !others.is_empty() {
            let missing = self.missing(studies, &others);
            self.play_claimed(studies, &missing, share, workers, &|| ())?;
        }
        Ok(own.len())
    }

    fn play_claimed(
        &self,
        studies: &[&Study<'_>],
        missing: &[Wanted],
        share: Share,
        workers: &Workers<'_>,
        told: &(dyn Fn() + Sync),
    ) -> Result<(), ItemError> {
        let claim = |at: usize, number: u32| -> Result<bool, ItemError> {
            Ok(!share.takes_over || self.claim(&Claim::of(&studies[at].identity(), number))?)
        };
        self.play_all(studies, missing, workers, claim, told)
    }

    /// Plays these of `all` that are wanted, of studies whose warm-up is found, and keeps each as it
    /// ends; `told` hears of each. Where nothing is to be played, they are missing.
    ///
    /// # Errors
    /// [`ItemError`]; those that ended before are kept.
    pub fn play(
        &self,
        studies: &[&Study<'_>],
        (missing, all): (&[Wanted], usize),
        workers: &Workers<'_>,
        told: &(dyn Fn() + Sync),
    ) -> Result<(), ItemError> {
        if self.complete && !missing.is_empty() {
            let places = missing.iter().map(|item| item.place).collect();
            return Err(Missing { places, all }.into());
        }
        self.play_all(studies, missing, workers, |_, _| Ok(true), told)
    }

    fn play_all(
        &self,
        studies: &[&Study<'_>],
        items: &[Wanted],
        workers: &Workers<'_>,
        begins: impl Fn(usize, u32) -> Result<bool, ItemError> + Sync,
        told: &(dyn Fn() + Sync),
    ) -> Result<(), ItemError> {
        let items: Vec<(usize, u32)> = items.iter().map(|item| (item.study, item.number)).collect();
        play_items(studies, &items, workers, begins, |at, item| -> Result<(), ItemError> {
            self.keep(&studies[at].identity(), &item)?;
            told();
            Ok(())
        })
    }

    /// Adds the next `replications` to a study, and gives their files.
    ///
    /// # Errors
    /// [`RunError::Interrupted`] where one is gone since it was looked for.
    pub fn add_to(&self, study: &mut Study<'_>, replications: u32) -> Result<Vec<PathBuf>, RunError> {
        let identity = study.identity();
        let first = study.replications();
        let one = |number| {
            let (path, item) = self.find(&identity, number).ok_or(RunError::Interrupted)?;
            study.merge(&identity, item)?;
            Ok(path)
        };
        (first..first.saturating_add(replications)).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place is in one share, and shares differ by one item at most.
    #[test]
    fn shares_are_a_partition() {
        let shares = [1, 2, 3].map(|number| Share::of(number, 3).unwrap());
        let of = |place| shares.iter().filter(|share| share.has(place)).copied().collect::<Vec<_>>();
        for place in 0..10 {
            assert_eq!(of(place), [Share::at(place, 3)], "{place}");
        }
        let counts = shares.map(|share| (0..10).filter(|place| share.has(*place)).count());
        assert_eq!((counts, shares.map(|share| share.count(10))), ([4, 3, 3], [4, 3, 3]));
        assert_eq!((Share::of(0, 3), Share::of(4, 3), Share::of(1, 0)), (None, None, None));
    }
}
