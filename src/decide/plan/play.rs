//! Candidates that are played in rounds until the cheapest that meets every goal is known.
//!
//! [`super::search`] says what is to be played, [`super::goals`] what the runs say of it; here both are done in
//! turn. A round's list follows from finished rounds alone, so that any number of threads, machines or
//! interruptions yields the same: each run is an item that is kept ([`crate::decide::items`]).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use super::error::PlanError;
use super::field::Field;
use super::goals::{Family, Judged, judged, stand};
use super::search::{Look, Next, Search, Stand, Status, Why};
use crate::decide::items::{ItemError, Items, Missing, Share};
use crate::decide::list::List;
use crate::decide::sweep::rows::about;
use crate::kernel::random::Key;
use crate::model::workload::Zone;
use crate::results::RunResult;
use crate::results::objectives::Finding;
use crate::results::planned::PlannedGoal;
use crate::scenario::Scenario;
use crate::stats::feasibility::{Answer, Looks};
use crate::stats::verdict::Word;
use crate::store::StoreError;
use crate::study::{RunError, Workers};

/// Fresh runs of a winner, and those of each candidate that brute force would play.
pub const FRESH: u32 = 40;

/// How goals are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// When runs are looked at.
    pub looks: Looks,
    /// How far below a goal one may err.
    pub zone: Zone,
    /// Fresh runs that confirm the winner, at least 1.
    pub fresh: u32,
}

/// What a round plays of a candidate in a case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Piece {
    /// Which, with runs that are there before, and that are to be there.
    pub look: Look,
    /// Its draws are those of the confirmation, which the search has not seen.
    pub fresh: bool,
}

/// A round: what is played at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Round {
    /// From 1.
    pub number: usize,
    /// Why it is played.
    pub why: Why,
    /// The cheapest that is accepted so far.
    pub best: Option<usize>,
    /// What is played, in the order of its list.
    pub pieces: Vec<Piece>,
}

/// Why a search came to no end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// A candidate in a case is no scenario.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A run failed, or it was interrupted. What ended before is kept.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An item could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A round that was given does not belong to these candidates and cases.
    #[error("the round names candidate {candidate} in case {case}, and there are {candidates} in {cases}")]
    Foreign {
        /// Place of the candidate.
        candidate: usize,
        /// Place of the case.
        case: usize,
        /// Candidates that there are.
        candidates: usize,
        /// Cases that there are.
        cases: usize,
    },
    /// Nothing was to be played, and items of a share are missing.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The same of a whole round.
    #[error("{missing}")]
    Round {
        /// Which.
        round: Round,
        /// What is not there of its list.
        missing: Missing,
    },
}

impl From<ItemError> for PlayError {
    fn from(error: ItemError) -> Self {
        match error {
            ItemError::Run(error) => Self::Run(error),
            ItemError::Store(error) => Self::Store(error),
            ItemError::Missing(missing) => Self::Missing(missing),
        }
    }
}

/// What was seen of a candidate in a case by the runs of the search.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// Runs behind it; 0 where nobody has a way.
    pub runs: u32,
    /// What they say of all goals together; what is open at the last look goes by value.
    pub stand: Stand,
    /// Goal by goal.
    pub goals: Vec<PlannedGoal>,
    /// Of these, the one that is farthest on the wrong side, of a case that refuses.
    pub refused_by: Option<usize>,
    /// Goals that were open at the last look, and went by value.
    pub by_value: usize,
    /// Goals whose runs vary so much that a longer window is advised.
    pub wants_longer: usize,
    /// Events of these runs.
    pub events: u64,
}

/// What fresh runs say of the answer in a case.
#[derive(Clone, PartialEq, Debug)]
pub struct Fresh {
    /// The result of all of them, judged once at 95 %; `None` where nobody has a way.
    pub result: Option<RunResult>,
    /// Goal by goal.
    pub goals: Vec<PlannedGoal>,
}

/// A candidate of one of several designs in a case, by their places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Which design.
    pub design: usize,
    /// Which of its candidates.
    pub candidate: usize,
    /// Which case.
    pub case: usize,
}

/// What a search found.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The cheapest candidate that meets every goal; `None` where all are refused.
    pub answer: Option<usize>,
    /// The most expensive that is cheaper than the answer, of those that a bound or their own runs refuse.
    pub next_cheaper: Option<usize>,
    /// How each candidate stands, by its place.
    pub status: Vec<Status>,
    /// Who was played, in the order of their turns.
    pub tried: Vec<usize>,
    /// By candidate and case, what was seen.
    pub seen: BTreeMap<(usize, usize), Seen>,
    /// By case, what confirmed the answer; empty where there is none.
    pub fresh: Vec<Fresh>,
    /// Fresh runs of each case.
    pub fresh_runs: u32,
    /// Winners that fresh runs refused before the answer, each with the goals that they missed.
    pub unconfirmed: Vec<(usize, Vec<PlannedGoal>)>,
    /// Rounds that were played.
    pub rounds: usize,
    /// Runs that were looked at: of the search, and of confirmations. Some of two candidates are the same.
    pub runs: (u64, u64),
    /// Events of all these runs.
    pub events: u64,
    /// Events of brute force, [`FRESH`] runs of every candidate in every case, by the mean of the runs
    /// that were played in each case.
    pub events_of_brute_force: u64,
}

/// A search that plays.
#[derive(Debug)]
pub struct Planning<'f> {
    field: &'f dyn Field,
    asked: Asked,
}

/// What the rounds so far have yielded.
#[derive(Debug, Default)]
struct Book {
    seen: BTreeMap<(usize, usize), Seen>,
    fresh: Vec<Fresh>,
    unconfirmed: Vec<(usize, Vec<PlannedGoal>)>,
    rounds: usize,
    runs: (u64, u64),
    fresh_events: u64,
}

/// What came of a piece.
enum Came {
    Nobody,
    Searched(Seen),
    Fresh(Box<Fresh>),
}

impl<'f> Planning<'f> {
    /// Over the candidates of `field`.
    #[must_use]
    pub fn of(field: &'f dyn Field, asked: Asked) -> Self {
        Self { field, asked: Asked { fresh: asked.fresh.max(1), ..asked } }
    }

    /// The cheapest that no bound refuses and that the law expects to hold: the answer without a run.
    #[must_use]
    pub fn by_law(&self) -> Option<usize> {
        self.search().by_law()
    }

    /// What the first round plays, which follows from nothing; nothing where every candidate is refused by a bound.
    #[must_use]
    pub fn first_round(&self) -> Vec<Piece> {
        match self.search().step(|candidate| self.field.worst(candidate)) {
            Next::Play(looks) => searched(&looks),
            Next::Confirm(_) | Next::Done(_) => Vec::new(),
        }
    }

    /// Plays what is not there yet of a share of the items of a round, and decides nothing; `told` hears
    /// how many are done of how many. Gives how many there are in the share.
    ///
    /// # Errors
    /// [`PlayError`]; the items that ended before are kept.
    pub fn play_share(
        &self,
        pieces: &[Piece],
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<usize, PlayError> {
        let (candidates, cases) = (self.field.candidates().len(), self.field.cases());
        let foreign = |piece: &&Piece| piece.look.candidate >= candidates || piece.look.case >= cases;
        if let Some(Piece { look: Look { candidate, case, .. }, .. }) = pieces.iter().find(foreign) {
            return Err(PlayError::Foreign { candidate: *candidate, case: *case, candidates, cases });
        }
        let scenario = |place: usize| self.scenario(&pieces[place]);
        List { runs: &runs(pieces), scenario: &scenario }.play_share(share, items, workers, told)
    }

    /// Plays what is not there yet; `begins` hears each round before it is played, `told` its number and how
    /// many of its items are done of all. Gives what was found, and the files of the items behind it.
    ///
    /// # Errors
    /// [`PlayError`], also that of `begins`; the items that ended before are kept. Where nothing is to be
    /// played, what is missing of a round is [`PlayError::Round`].
    pub fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        begins: &mut dyn FnMut(&Round) -> Result<(), PlayError>,
        told: &(dyn Fn(usize, usize, usize) + Sync),
    ) -> Result<(Found, BTreeSet<PathBuf>), PlayError> {
        let (mut search, mut book, mut files) = (self.search(), Book::default(), BTreeSet::new());
        let family = Family { candidates: search.contenders() as u64, cases: self.field.cases() as u64 };
        loop {
            let next = search.step(|candidate| self.field.worst(candidate));
            let pieces = match &next {
                Next::Play(looks) => searched(looks),
                Next::Confirm(candidate) => self.confirming(*candidate),
                Next::Done(answer) => return Ok((self.found(&search, book, *answer), files)),
            };
            book.rounds += 1;
            let round = Round { number: book.rounds, why: search.why(), best: search.best(), pieces };
            begins(&round)?;
            let count = |done: usize, all: usize| told(round.number, done, all);
            let came = self.round(&round, family, (items, workers), &count, &mut files)?;
            match next {
                Next::Confirm(candidate) => search.confirmed(candidate, book.confirmed(candidate, came)),
                _ => book.searched(&round.pieces, came, &mut search),
            }
        }
    }

    fn search(&self) -> Search<'f> {
        Search::of(self.field.candidates(), self.field.cases(), self.asked.looks)
    }

    fn confirming(&self, candidate: usize) -> Vec<Piece> {
        let look = |case| Look { candidate, case, from: 0, runs: self.asked.fresh };
        (0..self.field.cases()).map(|case| Piece { look: look(case), fresh: true }).collect()
    }

    /// What comes of each piece of a round.
    fn round(
        &self,
        round: &Round,
        family: Family,
        (items, workers): (&Items, &Workers<'_>),
        told: &(dyn Fn(usize, usize) + Sync),
        files: &mut BTreeSet<PathBuf>,
    ) -> Result<Vec<Came>, PlayError> {
        let pieces = &round.pieces;
        let mut came: Vec<Came> = pieces.iter().map(|_| Came::Nobody).collect();
        let scenario = |place: usize| self.scenario(&pieces[place]);
        let list = List { runs: &runs(pieces), scenario: &scenario };
        let played = list.each(items, workers, told, files, |place, scenario, result| {
            came[place] = if pieces[place].fresh {
                let goals = result
                    .objectives
                    .iter()
                    .map(|finding| goal(result, finding, finding.verdict, pieces[place].look.case));
                Came::Fresh(Box::new(Fresh { goals: goals.collect(), result: Some(result.clone()) }))
            } else {
                let Asked { looks, zone, .. } = self.asked;
                let judged = judged(result, &scenario.model.workload.slo, zone, looks, family);
                Came::Searched(seen(result, &judged, pieces[place].look, looks))
            };
        });
        played.map(|()| came).map_err(|error| match error {
            PlayError::Missing(missing) => PlayError::Round { round: round.clone(), missing },
            error => error,
        })
    }

    /// The scenario of a piece, counted by both edges; with the seed of the confirmation where it is fresh.
    fn scenario(&self, piece: &Piece) -> Result<Option<Scenario>, PlayError> {
        let scenario = self.field.scenario(piece.look.candidate, piece.look.case)?;
        Ok(scenario.map(|mut scenario| {
            if piece.fresh {
                let seed = &mut scenario.experiment.seed;
                *seed = Key::root(*seed, 0).named("confirmation of a plan").0;
            } else {
                scenario.model.workload.slo.zone = Some(self.asked.zone);
            }
            scenario
        }))
    }

    fn found(&self, search: &Search<'_>, book: Book, answer: Option<usize>) -> Found {
        let Book { seen, fresh, unconfirmed, rounds, runs, fresh_events } = book;
        let events: u64 = seen.values().map(|seen| seen.events).sum();
        let of_case = |case: usize| {
            let own = || seen.iter().filter(|((_, of), _)| *of == case).map(|(_, seen)| seen);
            let runs: u64 = own().map(|seen| u64::from(seen.runs)).sum();
            let events: u64 = own().map(|seen| seen.events).sum();
            if runs == 0 { 0.0 } else { events as f64 / runs as f64 }
        };
        let a_run: f64 = (0..self.field.cases()).map(of_case).sum();
        let brute = a_run * f64::from(FRESH) * self.field.candidates().len() as f64;
        Found {
            answer,
            next_cheaper: answer.and_then(|answer| search.next_cheaper(answer)),
            status: search.status().to_vec(),
            tried: search.trials().iter().map(|trial| trial.candidate).collect(),
            fresh: if answer.is_some() { fresh } else { Vec::new() },
            fresh_runs: self.asked.fresh,
            seen,
            unconfirmed,
            rounds,
            runs,
            events: events + fresh_events,
            events_of_brute_force: brute as u64,
        }
    }
}

impl Book {
    /// Enters what came of the pieces of a round, and tells the search.
    fn searched(&mut self, pieces: &[Piece], came: Vec<Came>, search: &mut Search<'_>) {
        for (Piece { look, .. }, came) in pieces.iter().zip(came) {
            let seen = match came {
                Came::Searched(seen) => {
                    self.runs.0 += u64::from(look.runs - look.from);
                    seen
                }
                Came::Nobody | Came::Fresh(_) => Seen {
                    runs: 0,
                    stand: Stand::Accepted,
                    goals: Vec::new(),
                    refused_by: None,
                    by_value: 0,
                    wants_longer: 0,
                    events: 0,
                },
            };
            search.found(*look, seen.stand);
            self.seen.insert((look.candidate, look.case), seen);
        }
    }

    /// Enters the fresh runs of a winner. Whether they leave it sound: only what is missed refuses it.
    fn confirmed(&mut self, candidate: usize, came: Vec<Came>) -> bool {
        self.fresh = came
            .into_iter()
            .map(|came| match came {
                Came::Fresh(fresh) => *fresh,
                Came::Nobody | Came::Searched(_) => Fresh { result: None, goals: Vec::new() },
            })
            .collect();
        for result in self.fresh.iter().filter_map(|fresh| fresh.result.as_ref()) {
            self.runs.1 += u64::from(result.replications);
            self.fresh_events += result.events;
        }
        let goals = self.fresh.iter().flat_map(|fresh| &fresh.goals);
        let missed: Vec<PlannedGoal> = goals.filter(|goal| goal.verdict.is_missed()).cloned().collect();
        if missed.is_empty() {
            return true;
        }
        self.unconfirmed.push((candidate, missed));
        false
    }
}

fn searched(looks: &[Look]) -> Vec<Piece> {
    looks.iter().map(|&look| Piece { look, fresh: false }).collect()
}

fn runs(pieces: &[Piece]) -> Vec<Range<u32>> {
    pieces.iter().map(|piece| piece.look.from..piece.look.runs).collect()
}

/// What the goals of a candidate in a case say at a look.
fn seen(result: &RunResult, judged: &[Judged], look: Look, looks: Looks) -> Seen {
    let last = look.runs >= looks.most();
    let stand = match stand(judged) {
        Stand::Open(true) if last => Stand::Accepted,
        Stand::Open(false) if last => Stand::Refused,
        stand => stand,
    };
    let goals: Vec<PlannedGoal> = judged
        .iter()
        .map(|Judged { finding, judgement }| {
            let word = match judgement.answer {
                Answer::Accepted => Word::Met,
                Answer::Refused if finding.verdict == Word::Never => Word::Never,
                Answer::Refused => Word::Missed,
                Answer::Open => Word::Open,
                Answer::Unjudged => Word::Unjudged,
            };
            goal(result, finding, word, look.case)
        })
        .collect();
    // By value those count that are open and not kept.
    let against = |at: &usize| {
        let judgement = &judged[*at].judgement;
        judgement.answer == Answer::Refused || (judgement.answer == Answer::Open && last && !judgement.holds)
    };
    let excess = |at: &usize| goals[*at].excess().unwrap_or(0.0);
    let refused = (0..goals.len()).filter(against).max_by(|a, b| excess(a).total_cmp(&excess(b)));
    let open = |goal: &&Judged| goal.judgement.answer == Answer::Open;
    Seen {
        runs: result.replications,
        stand,
        refused_by: refused.filter(|_| stand == Stand::Refused),
        by_value: if last { judged.iter().filter(open).count() } else { 0 },
        wants_longer: judged.iter().filter(open).filter(|goal| goal.judgement.wants_longer()).count(),
        events: result.events,
        goals,
    }
}

fn goal(result: &RunResult, finding: &Finding, verdict: Word, case: usize) -> PlannedGoal {
    PlannedGoal {
        case,
        about: about(result, finding.subject),
        measure: finding.measure,
        goal: finding.goal,
        value: finding.seen,
        half_width: finding.half_width,
        failed: finding.failed,
        verdict,
        runs: result.replications,
    }
}

#[cfg(test)]
mod brute;
#[cfg(test)]
mod tests;
