//! A study of sensitivity that is played round by round, with other ranks where there are any, and told on the way.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::error::Error;
use super::super::progress::Bar;
use super::super::ranks::Ranks;
use super::super::signals::Signals;
use super::super::spread::Round;
use crate::decide::items::{ItemError, Items, Missing};
use crate::decide::sensitivity::{SensitivityError, Study, Wanted};
use crate::results::sensitive::Sensitivity;
use crate::study::Workers;

/// Who plays, and to whom it is told.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Rounds<'r> {
    pub(in crate::commands) workers: &'r Workers<'static>,
    pub(in crate::commands) bar: &'r Bar,
    pub(in crate::commands) signals: &'static Signals,
    /// Rounds of the same command before.
    pub(in crate::commands) before: usize,
    /// What they are for, behind their number; nothing where the command is for nothing else.
    pub(in crate::commands) what: &'static str,
}

impl Rounds<'_> {
    /// Plays what is missing among `items`; `round` makes of what is wanted what other ranks and shards are told,
    /// `missing` an error of what nobody is to play here.
    pub(in crate::commands) fn play(
        self,
        study: &Study,
        (items, ranks): (&Items, Option<&Ranks>),
        round: impl Fn(Wanted) -> Round,
        missing: &mut dyn FnMut(&Missing, usize, &Round) -> Error,
    ) -> Result<(Sensitivity, BTreeSet<PathBuf>), Error> {
        let (done, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // Why it goes on.
        let why = Mutex::new("");
        let count = |number: usize, now: usize, of: usize| {
            done.store(now, Ordering::Relaxed);
            all.store(of, Ordering::Relaxed);
            let why = why.lock().map_or("", |why| *why);
            let (number, what) = (self.before + number, self.what);
            self.bar.say(&format!("round {number}, {what}{why}: {now} of {of} items"));
        };
        let begins = &mut |wanted: &Wanted| {
            if let Ok(mut why) = why.lock() {
                *why = reason(wanted);
            }
            if let Some((ranks, share)) = ranks.and_then(|ranks| Some((ranks, ranks.share()?))) {
                ranks.agree(Some(&round(wanted.clone())));
                let told = |now: usize, of: usize| {
                    done.fetch_max(now, Ordering::Relaxed);
                    all.store(of, Ordering::Relaxed);
                    self.bar.say(&format!("{now} of {of} items"));
                };
                study.play_share(wanted, share, items, self.workers, &told)?;
                ranks.wait();
            }
            Ok(())
        };
        study.play(items, self.workers, begins, &count).map_err(|error| match error {
            SensitivityError::Missing { round: number, wanted, missing: of } => {
                missing(&of, self.before + number, &round(wanted))
            }
            error => told(error, self.signals, (done.load(Ordering::Relaxed), all.load(Ordering::Relaxed))),
        })
    }
}

/// What a round is for.
fn reason(wanted: &Wanted) -> &'static str {
    let moved =
        |least: usize, most: usize| wanted.iter().any(|(variant, _)| (least..=most).contains(&variant.len()));
    let base = wanted.iter().any(|(variant, _)| variant.is_empty());
    match () {
        () if base && moved(2, usize::MAX) => "as it is, all good and all bad",
        () if moved(2, usize::MAX) => "groups that matter are halved",
        () if base => "more runs of the figures that matter most",
        () => "figures by themselves",
    }
}

pub(in crate::commands) fn told(
    error: SensitivityError,
    signals: &'static Signals,
    done: (usize, usize),
) -> Error {
    match error {
        SensitivityError::Asked(why) => Error::question(why),
        SensitivityError::Run(error) => signals.paused(ItemError::Run(error), done),
        SensitivityError::Store(error) => error.into(),
        SensitivityError::Missing { missing, .. } => signals.paused(ItemError::Missing(missing), done),
    }
}
