//! By what factor the load could grow until the first objective falls, by simulation.
//!
//! The whole experiment is run again and again with its load multiplied
//! ([`crate::model::workload::Workload::scale`]), the same named draws each time, until
//! the factor at which all objectives are met and the one at which one is missed are
//! close together. Deterministic: the factors depend on verdicts alone.

use crate::results::Headroom;
use crate::results::objectives::{Finding, Measure, Subject, Verdict};
use crate::stats::verdict::Word;

/// The factors that are tried lie between this and its inverse.
const MOST: f64 = 64.0;
/// How close the two factors come: their ratio is at most this.
const CLOSE: f64 = 1.05;

/// What was found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Search {
    /// Highest factor at which no objective is missed; `None` when none was found.
    pub met: Option<f64>,
    /// Highest factor at which nothing is missed but a goal that is missed at a higher
    /// load saw too few requests: whether it is met there nobody can say. `None` where
    /// there is a factor at which all are met.
    pub unclear: Option<f64>,
    /// Lowest factor at which one is missed; `None` when none was found.
    pub missed: Option<f64>,
    /// What is missed there, the farthest first.
    pub falls: Vec<Finding>,
    /// Goals that saw too few requests to be judged at `met`, and so count as met.
    pub unjudged: usize,
    /// Goals that are not missed at `met` and not shown to be met either.
    pub open: usize,
    /// What is missed at every load that can be judged; the rest of this is about the other goals.
    pub at_any_load: Vec<Finding>,
    /// Of `unclear`, the goals that nobody can judge there.
    hidden: Vec<Goal>,
    /// Runs that it took, the one at the load as stated included.
    pub runs: u32,
}

/// A run that is to be made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Look {
    /// By what the load is multiplied.
    pub(super) factor: f64,
    /// Its number, from 1; the first is that at the load as stated.
    pub(super) run: u32,
    /// Runs at most, as far as is known by now.
    pub(super) most: u32,
}

impl From<Search> for Headroom {
    fn from(found: Search) -> Self {
        Self {
            met: found.met,
            unclear: found.unclear.is_some(),
            missed: found.missed,
            falls: found.falls.first().copied(),
            unjudged: found.unjudged,
            open: found.open,
            others: found.falls.len().saturating_sub(1),
            at_any_load: found.at_any_load,
            runs: found.runs,
        }
    }
}

/// A goal, whatever was seen.
type Goal = (Subject, Measure);

fn goal(finding: &Finding) -> Goal {
    (finding.subject, finding.measure)
}

/// What is known between two looks.
#[derive(Default)]
struct State {
    search: Search,
    /// Goals that were missed at a higher load, and not judged at a lower one since.
    fallen: Vec<Goal>,
    /// Goals that were not judged at the highest factor without a miss.
    open: Vec<Goal>,
}

impl State {
    fn note(&mut self, factor: f64, findings: Vec<Finding>) {
        let verdict = Verdict { findings };
        let falls = verdict.missed();
        self.search.runs += 1;
        if falls.is_empty() {
            self.search.met = Some(factor);
            self.search.open =
                verdict.findings.iter().filter(|finding| finding.verdict == Word::Open).count();
            let open = verdict.findings.iter().filter(|finding| !finding.is_judged());
            self.open = open.map(goal).collect();
        } else {
            let judged: Vec<Goal> = verdict.findings.iter().filter(|f| f.is_judged()).map(goal).collect();
            self.fallen.retain(|fallen| !judged.contains(fallen));
            self.fallen.extend(falls.iter().map(goal));
            self.search.missed = Some(factor);
            self.search.falls = falls;
        }
    }

    /// What was missed above counts as met below only where it was judged there.
    fn end(mut self) -> Search {
        self.search.unjudged = self.open.len();
        self.search.hidden = self.open.iter().filter(|open| self.fallen.contains(open)).copied().collect();
        if !self.search.hidden.is_empty() {
            self.search.unclear = self.search.met.take();
            self.search.open = 0;
        }
        self.search
    }
}

/// Searches from `first`, what is found at the load as stated. `guess` is where the first
/// objective may fall, such as the utilisation law's figure; it saves runs and decides
/// nothing. `look` tells what is found at a factor.
///
/// What is missed at the lowest load that is tried, or wherever it can be judged below the load
/// as stated, is told apart, and the others are searched for.
///
/// # Errors
/// Those of `look`.
pub(super) fn bracket<E>(
    first: Vec<Finding>,
    guess: Option<f64>,
    mut look: impl FnMut(Look) -> Result<Vec<Finding>, E>,
) -> Result<Search, E> {
    let mut looks = Looks { seen: vec![(1.0, first)] };
    let mut at_any_load: Vec<Finding> = Vec::new();
    loop {
        let gone: Vec<Goal> = at_any_load.iter().map(goal).collect();
        let mut found = search(&mut looks, &gone, guess, &mut look)?;
        let lowest = found.met.is_none() && found.missed.is_some_and(|missed| missed <= 1.0 / MOST);
        // Missed at the load as stated and below, and then not to be judged: it hides the others.
        let hides = found.missed.is_some_and(|missed| missed <= 1.0);
        let before = at_any_load.len();
        if lowest {
            at_any_load.extend(found.falls.iter().copied());
        } else if hides {
            let hidden = |fall: &&Finding| found.hidden.contains(&goal(fall));
            at_any_load.extend(found.falls.iter().filter(hidden).copied());
        }
        if at_any_load.len() > before && looks.judge(&at_any_load.iter().map(goal).collect::<Vec<_>>()) {
            continue;
        }
        found.at_any_load = at_any_load;
        found.runs = looks.seen.len() as u32;
        return Ok(found);
    }
}

/// What was found at each factor so far.
struct Looks {
    seen: Vec<(f64, Vec<Finding>)>,
}

impl Looks {
    /// What is found at a factor, but for goals that are given up.
    fn at<E>(
        &mut self,
        factor: f64,
        more: u32,
        gone: &[Goal],
        look: &mut impl FnMut(Look) -> Result<Vec<Finding>, E>,
    ) -> Result<Vec<Finding>, E> {
        let known = self.seen.iter().position(|(seen, _)| *seen == factor);
        let place = match known {
            Some(place) => place,
            None => {
                let run = self.seen.len() as u32 + 1;
                let found = look(Look { factor, run, most: run + more })?;
                self.seen.push((factor, found));
                self.seen.len() - 1
            }
        };
        Ok(self.seen[place].1.iter().filter(|finding| !gone.contains(&goal(finding))).copied().collect())
    }

    /// Whether any goal is judged that is not given up.
    fn judge(&self, gone: &[Goal]) -> bool {
        let left = |finding: &&Finding| !gone.contains(&goal(finding)) && finding.is_judged();
        self.seen.iter().any(|(_, findings)| findings.iter().find(left).is_some())
    }
}

/// Halvings of the ratio of two factors until they are close.
fn halvings(ratio: f64) -> u32 {
    libm::ceil(libm::log2((libm::log(ratio) / libm::log(CLOSE)).max(1.0))) as u32
}

fn search<E>(
    looks: &mut Looks,
    gone: &[Goal],
    guess: Option<f64>,
    look: &mut impl FnMut(Look) -> Result<Vec<Finding>, E>,
) -> Result<Search, E> {
    let mut state = State::default();
    state.note(1.0, looks.at(1.0, 0, gone, look)?);
    let up = state.search.met.is_some();
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
        match (state.search.met, state.search.missed) {
            (Some(met), Some(missed)) if missed / met <= CLOSE => return Ok(state.end()),
            (Some(met), Some(missed)) => next = (met * missed).sqrt(),
            (Some(met), None) if met >= MOST => return Ok(state.end()),
            (None, Some(missed)) if missed <= 1.0 / MOST => return Ok(state.end()),
            _ => {}
        }
        let more = match (state.search.met, state.search.missed) {
            (Some(met), Some(missed)) => halvings(missed / met).saturating_sub(1),
            // To the end of the range by doubling, then within the last doubling.
            _ => {
                let far = if up { MOST / next } else { next * MOST };
                libm::ceil(libm::log2(far.max(1.0))) as u32 + halvings(2.0)
            }
        };
        state.note(next, looks.at(next, more, gone, look)?);
        next = if up { (next * 2.0).min(MOST) } else { (next / 2.0).max(1.0 / MOST) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::interval::Interval;

    fn finding(link: u32, goal: f64, seen: Option<f64>) -> Finding {
        let value = seen.map(|estimate| Interval { estimate, half_width: None });
        Finding::of_value(Subject::Link(link), Measure::Utilisation, goal, value)
    }

    /// A world in which an objective falls beyond `at`, and three are never judged.
    fn found(at: f64, guess: Option<f64>) -> Search {
        searched(guess, |factor| {
            let never = (1..4).map(|link| finding(link, 1.0, None));
            std::iter::once(finding(0, at, Some(factor))).chain(never).collect()
        })
    }

    fn searched(guess: Option<f64>, look: impl Fn(f64) -> Vec<Finding>) -> Search {
        let result: Result<Search, ()> = bracket(look(1.0), guess, |next| Ok(look(next.factor)));
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

    /// A goal that no load meets, and that sees too few requests below 0.04 of it: below
    /// that nothing is known, and no load is said to be met.
    #[test]
    fn what_is_not_judged_below_a_miss_is_not_met() {
        let round_trips = |factor: f64| vec![finding(0, 1.0, (factor >= 0.04).then_some(9.0))];
        let found = searched(None, round_trips);
        let (unclear, missed) = (found.unclear.unwrap(), found.missed.unwrap());
        assert!(unclear < 0.04 && 0.04 <= missed && missed / unclear <= CLOSE, "{found:?}");
        assert_eq!((found.met, found.falls.len(), found.unjudged), (None, 1, 1));

        // Upwards too: what is not judged at the load as stated, and missed where it is.
        let found = searched(None, |factor| vec![finding(0, 1.0, (factor >= 2.0).then_some(9.0))]);
        assert!(found.met.is_none() && found.unclear.is_some_and(|factor| factor < 2.0), "{found:?}");
    }

    /// A second goal that is met, and judged, wherever the first falls stays met where
    /// it is not judged.
    #[test]
    fn what_was_met_above_is_met_below() {
        let found = searched(None, |factor| {
            vec![finding(0, 0.3, Some(factor)), finding(1, 0.5, (factor >= 0.3).then_some(factor))]
        });
        assert!(found.met.is_some_and(|met| met <= 0.3) && found.unclear.is_none(), "{found:?}");
    }

    /// An objective that never falls, and one that is missed with next to no load.
    #[test]
    fn the_search_ends() {
        let never = found(1e9, None);
        assert_eq!((never.met, never.missed), (Some(MOST), None));
        let always = found(0.0, None);
        assert_eq!((always.met, always.missed), (None, Some(1.0 / MOST)));
    }

    /// A goal whose interval holds it up to twice its load is not missed there, and not met: it is counted.
    #[test]
    fn what_is_open_is_told() {
        let found = searched(None, |factor| {
            let half_width = Some(factor * 0.5);
            let value = Some(Interval { estimate: factor, half_width });
            vec![
                Finding::of_value(Subject::Link(0), Measure::Utilisation, 1.0, value),
                finding(1, 9.0, Some(factor)),
            ]
        });
        let (met, missed) = (found.met.unwrap(), found.missed.unwrap());
        assert!(met < 2.0 && 2.0 <= missed && missed / met <= CLOSE, "{found:?}");
        assert_eq!((found.open, found.unjudged), (1, 0), "{found:?}");
    }

    /// A goal that no load meets hides no other: it is told apart, and the load at which the
    /// other falls is found all the same. No run is told to be beyond the last.
    #[test]
    fn what_is_missed_at_any_load_is_told_apart() {
        let both = |factor: f64| vec![finding(0, 1.0, Some(9.0)), finding(1, 3.3, Some(factor))];
        let mut looked = Vec::new();
        let result: Result<Search, ()> = bracket(both(1.0), None, |next| {
            assert!(next.run <= next.most, "{next:?}");
            looked.push(next);
            Ok(both(next.factor))
        });
        let found = result.unwrap();
        assert_eq!(found.at_any_load.len(), 1);
        assert_eq!(found.at_any_load[0].subject, Subject::Link(0));
        let (met, missed) = (found.met.unwrap(), found.missed.unwrap());
        assert!(met <= 3.3 && 3.3 < missed && missed / met <= CLOSE, "{found:?}");
        assert_eq!(found.falls[0].subject, Subject::Link(1));
        assert_eq!(found.runs as usize, looked.len() + 1);
        let last = looked.last().unwrap();
        assert!(last.run <= last.most && last.most <= last.run + 1, "{last:?}");
    }

    /// The same where that goal sees too few requests below half the load to be judged.
    #[test]
    fn what_cannot_be_judged_below_hides_no_other() {
        let found = searched(None, |factor| {
            vec![finding(0, 1.0, (factor >= 0.5).then_some(9.0)), finding(1, 0.9, Some(factor))]
        });
        assert_eq!(found.at_any_load.iter().map(|f| f.subject).collect::<Vec<_>>(), [Subject::Link(0)]);
        let (met, missed) = (found.met.unwrap(), found.missed.unwrap());
        assert!(met <= 0.9 && 0.9 < missed && missed / met <= CLOSE, "{found:?}");
    }
}
