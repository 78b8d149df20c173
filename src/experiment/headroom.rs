//! By what factor the load could grow until the first objective falls, by simulation.
//!
//! The whole experiment is run again and again with its load multiplied
//! ([`crate::model::workload::Workload::scale`]), the same named draws each time, until
//! the factor at which all objectives are met and the one at which one is missed are
//! close together. Deterministic: the factors depend on verdicts alone.

use super::{Options, RunError, run};
use crate::model::workload::Slo;
use crate::model::{Experiment, Model};
use crate::results::NoSessions;
use crate::verdict::{Finding, Verdict};

/// The factors that are tried lie between this and its inverse.
const MOST: f64 = 64.0;
/// How close the two factors come: their ratio is at most this.
const CLOSE: f64 = 1.05;

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Search {
    /// Highest factor at which every objective is met; `None` when none was found.
    pub met: Option<f64>,
    /// Lowest factor at which one is missed; `None` when none was found.
    pub missed: Option<f64>,
    /// What is missed there, the farthest first.
    pub falls: Vec<Finding>,
    /// Goals that saw too few requests to be judged at `met`, and so count as met.
    pub unjudged: usize,
    /// Runs that it took, the one at the load as stated included.
    pub runs: u32,
}

/// Searches from `first`, the verdict at the load as stated. `guess` is where the first
/// objective may fall, such as the utilisation law's figure; it saves runs and decides
/// nothing. `hear` is told each factor before it is tried.
///
/// # Errors
/// As [`run`].
pub fn search(
    model: &Model,
    experiment: &Experiment,
    options: &Options<'_>,
    slo: &Slo,
    first: &Verdict,
    guess: Option<f64>,
    mut hear: impl FnMut(f64),
) -> Result<Search, RunError> {
    bracket(judged(first), guess, |factor| {
        hear(factor);
        let mut model = model.clone();
        model.workload.scale(factor);
        let result = run(&model, experiment, options, |_| NoSessions, |_, _| {})?;
        Ok(judged(&Verdict::of(&result, slo)))
    })
}

/// What is missed, and how many goals saw too little to be judged.
type Judged = (Vec<Finding>, usize);

fn judged(verdict: &Verdict) -> Judged {
    let unjudged = verdict.findings.iter().filter(|finding| finding.seen.is_none()).count();
    (verdict.missed(), unjudged)
}

/// The search itself; `missed` tells how a factor is judged.
fn bracket<E>(
    first: Judged,
    guess: Option<f64>,
    mut missed: impl FnMut(f64) -> Result<Judged, E>,
) -> Result<Search, E> {
    let mut search = Search { met: None, missed: None, falls: Vec::new(), unjudged: 0, runs: 1 };
    let note = |search: &mut Search, factor: f64, (falls, unjudged): Judged| {
        if falls.is_empty() {
            search.met = Some(factor);
            search.unjudged = unjudged;
        } else {
            search.missed = Some(factor);
            search.falls = falls;
        }
    };
    note(&mut search, 1.0, first);
    let up = search.met.is_some();
    let guess = guess.filter(|guess| guess.is_finite() && *guess > 0.0);
    let sensible = |guess: f64| if up { guess > CLOSE } else { guess < 1.0 / CLOSE };
    // Just beyond the guess, since that is where something should change.
    let beyond = if up { 1.02 } else { 1.0 / 1.02 };
    let mut next = match guess.filter(|guess| sensible(*guess)) {
        Some(guess) => (guess * beyond).clamp(1.0 / MOST, MOST),
        None if up => 1.5,
        None => 0.5,
    };
    loop {
        match (search.met, search.missed) {
            (Some(met), Some(missed)) if missed / met <= CLOSE => return Ok(search),
            (Some(met), Some(missed)) => next = (met * missed).sqrt(),
            (Some(met), None) if met >= MOST => return Ok(search),
            (None, Some(missed)) if missed <= 1.0 / MOST => return Ok(search),
            _ => {}
        }
        let judged = missed(next)?;
        search.runs += 1;
        note(&mut search, next, judged);
        next = if up { (next * 2.0).min(MOST) } else { (next / 2.0).max(1.0 / MOST) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Measure, Subject};

    /// A world in which an objective falls beyond `at`.
    fn falls(factor: f64, at: f64) -> Vec<Finding> {
        let finding = Finding {
            subject: Subject::Servers(0),
            measure: Measure::Utilisation,
            goal: at,
            seen: Some(factor),
        };
        if finding.is_missed() { vec![finding] } else { Vec::new() }
    }

    fn found(at: f64, guess: Option<f64>) -> Search {
        let judge = |factor| (falls(factor, at), 3);
        let result: Result<Search, ()> = bracket(judge(1.0), guess, |factor| Ok(judge(factor)));
        result.unwrap()
    }

    #[test]
    fn the_bracket_holds_the_factor_and_is_close() {
        for at in [0.02, 0.3, 0.97, 1.0, 1.02, 1.4, 3.3, 47.0] {
            for guess in [None, Some(at), Some(at * 1.3), Some(at / 2.0), Some(f64::NAN)] {
                let search = found(at, guess);
                let (met, missed) = (search.met.unwrap(), search.missed.unwrap());
                assert!(met <= at && at < missed && missed / met <= CLOSE, "{at} {guess:?}: {search:?}");
                assert_eq!((search.falls.len(), search.unjudged), (1, 3));
                assert!(search.runs <= 16, "{at} {guess:?}: {}", search.runs);
            }
        }
        assert!(found(3.3, Some(3.3)).runs < found(3.3, None).runs, "a good guess saves runs");
    }

    /// An objective that never falls, and one that is missed with next to no load.
    #[test]
    fn the_search_ends() {
        let never = found(1e9, None);
        assert_eq!((never.met, never.missed), (Some(MOST), None));
        let always = found(0.0, None);
        assert_eq!((always.met, always.missed), (None, Some(1.0 / MOST)));
    }
}
