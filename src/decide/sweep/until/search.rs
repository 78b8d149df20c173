//! Which values are to be tried next, from what was found alone: first those that were given, each
//! with more and more runs until it is decided; then between the last that holds and the first
//! that does not, halving.
//!
//! A round follows from finished rounds and from nothing else: not from threads, nor from who
//! ended first.

use crate::results::swept::Holds;

/// Two ends that are this share apart are one.
const NEAR: f64 = 0.02;
/// What is `met` and what is `missed` are farther apart than this: the answer is rough.
const ROUGH: f64 = 0.04;

/// How a condition stands at a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stand {
    /// Shown to hold.
    Met,
    /// Shown not to.
    Missed,
    /// Not shown; whether it holds by value.
    Open(bool),
}

impl Stand {
    /// Whether it holds, where it is open by value.
    #[must_use]
    pub fn holds(self) -> bool {
        matches!(self, Self::Met | Self::Open(true))
    }
}

/// What was found at a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seen {
    /// The value.
    pub number: f64,
    /// Runs behind it.
    pub runs: u32,
    /// How the condition stands.
    pub stand: Stand,
}

/// What is looked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Search {
    /// Values that are tried first, upwards.
    pub coarse: Vec<f64>,
    /// Only whole numbers can be tried.
    pub whole: bool,
    /// Ends that are so far apart, or less, are near enough; else 2 %, or 1 of whole numbers.
    pub step: Option<f64>,
    /// Runs of a value at its first look.
    pub first: u32,
    /// Runs of a value at most.
    pub most: u32,
}

/// What comes next.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// Values to be played, each until there are so many runs of it.
    Play(Vec<(f64, u32)>),
    /// There is an answer.
    Done(Found),
}

/// The answer, by places among what was seen, upwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where it holds.
    pub holds: Holds,
    /// The nearest `Met` on the holding side, the nearest `Missed` on the other.
    pub shown: (Option<usize>, Option<usize>),
    /// These are too far apart, or one of them is not there.
    pub rough: bool,
    /// Beyond the answer the condition holds again somewhere.
    pub alternates: bool,
}

impl Search {
    /// What comes next; `seen` is sorted upwards, each value once.
    #[must_use]
    pub fn next(&self, seen: &[Seen]) -> Next {
        let known = |number: f64| seen.iter().any(|one| one.number == number);
        let new: Vec<(f64, u32)> = self
            .coarse
            .iter()
            .filter(|number| !known(**number))
            .map(|&number| (number, self.first))
            .collect();
        if !new.is_empty() {
            return Next::Play(new);
        }
        let open = |one: &&Seen| matches!(one.stand, Stand::Open(_)) && one.runs < self.most;
        let again = |one: &Seen| (one.number, one.runs.saturating_mul(2).min(self.most));
        let again: Vec<(f64, u32)> = seen.iter().filter(open).map(again).collect();
        if !again.is_empty() {
            return Next::Play(again);
        }
        let found = self.found(seen);
        let (inside, outside) = match found.holds {
            Holds::UpTo(at) => (at, at + 1),
            Holds::From(at) => (at, at - 1),
            Holds::Everywhere | Holds::Nowhere | Holds::Between => return Next::Done(found),
        };
        let (low, high) = (seen[inside.min(outside)].number, seen[inside.max(outside)].number);
        match self.middle(low, high) {
            Some(middle) => Next::Play(vec![(middle, self.first)]),
            None => Next::Done(found),
        }
    }

    /// The answer as far as it is known.
    fn found(&self, seen: &[Seen]) -> Found {
        let holds: Vec<bool> = seen.iter().map(|one| one.stand.holds()).collect();
        let (first, last) = (holds.first() == Some(&true), holds.last() == Some(&true));
        let answer = match (holds.iter().all(|holds| *holds), first, last) {
            (true, ..) => Holds::Everywhere,
            (false, true, _) => Holds::UpTo(holds.iter().take_while(|holds| **holds).count() - 1),
            (false, false, true) => {
                Holds::From(holds.len() - holds.iter().rev().take_while(|holds| **holds).count())
            }
            (false, false, false) if holds.contains(&true) => Holds::Between,
            (false, false, false) => Holds::Nowhere,
        };
        let met = |one: &Seen| one.stand == Stand::Met;
        let missed = |one: &Seen| one.stand == Stand::Missed;
        let (shown, alternates) = match answer {
            Holds::UpTo(at) => {
                let beyond = seen[at + 1..].iter().position(missed).map(|place| at + 1 + place);
                ((seen[..=at].iter().rposition(met), beyond), holds[at + 1..].contains(&true))
            }
            Holds::From(at) => {
                let inside = seen[at..].iter().position(met).map(|place| at + place);
                ((inside, seen[..at].iter().rposition(missed)), holds[..at].contains(&true))
            }
            Holds::Between => ((None, None), true),
            Holds::Everywhere | Holds::Nowhere => ((None, None), false),
        };
        let rough = match (answer, shown) {
            (Holds::UpTo(_) | Holds::From(_), (Some(a), Some(b))) => {
                let apart = (seen[a].number - seen[b].number).abs();
                let unit = if self.whole { 1.0 } else { 0.0 };
                apart > ROUGH * seen[a].number.abs().max(seen[b].number.abs())
                    && apart > self.step.unwrap_or(unit).max(unit) * (1.0 + 1e-9)
            }
            (Holds::UpTo(_) | Holds::From(_), _) => true,
            _ => false,
        };
        Found { holds: answer, shown, rough, alternates }
    }

    /// A value between two, or nothing where these are near enough.
    fn middle(&self, low: f64, high: f64) -> Option<f64> {
        let apart = high - low;
        let near = match self.step {
            Some(step) => step,
            None if self.whole => (NEAR * high.abs().max(low.abs())).max(1.0),
            None => NEAR * high.abs().max(low.abs()),
        };
        if apart <= near * (1.0 + 1e-9) {
            return None;
        }
        let middle = match self.step {
            Some(step) => low + step * libm::round(apart / step / 2.0).max(1.0),
            None if low > 0.0 && high > 4.0 * low => libm::sqrt(low * high),
            None => low + apart / 2.0,
        };
        let middle = match (self.whole, self.step) {
            (true, _) => libm::round(middle),
            (false, Some(_)) => middle,
            // Four digits are finer than 2 %.
            (false, None) => format!("{middle:.3e}").parse().unwrap_or(middle),
        };
        (middle > low && middle < high).then_some(middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(coarse: &[f64]) -> Search {
        Search { coarse: coarse.to_vec(), whole: true, step: None, first: 10, most: 40 }
    }

    /// Plays a condition that is known, and counts the rounds.
    fn played(search: &Search, stand: impl Fn(f64, u32) -> Stand) -> (Vec<Seen>, Found, usize) {
        let mut seen: Vec<Seen> = Vec::new();
        for rounds in 0..100 {
            match search.next(&seen) {
                Next::Done(found) => return (seen, found, rounds),
                Next::Play(wanted) => {
                    for (number, runs) in wanted {
                        seen.retain(|one| one.number != number);
                        seen.push(Seen { number, runs, stand: stand(number, runs) });
                    }
                    seen.sort_by(|a, b| a.number.total_cmp(&b.number));
                }
            }
        }
        panic!("no end");
    }

    fn below(limit: f64) -> impl Fn(f64, u32) -> Stand {
        move |number, _| if number <= limit { Stand::Met } else { Stand::Missed }
    }

    #[test]
    fn the_last_value_that_holds_is_found_to_one_unit_or_two_per_cent() {
        let (seen, found, _) = played(&search(&[10.0, 20.0, 30.0, 40.0]), below(23.0));
        let Holds::UpTo(at) = found.holds else { panic!("{found:?}") };
        assert_eq!((seen[at].number, seen[at + 1].number), (23.0, 24.0));
        assert_eq!((found.shown, found.rough, found.alternates), ((Some(at), Some(at + 1)), false, false));
        let (seen, found, rounds) = played(&search(&[1000.0, 5000.0]), below(1234.0));
        let Holds::UpTo(at) = found.holds else { panic!("{found:?}") };
        assert!(seen[at].number <= 1234.0 && seen[at].number > 1234.0 * 0.98, "{}", seen[at].number);
        assert!(rounds < 10, "{rounds}");
        // As many servers or more: it holds from a value on.
        let (seen, found, _) =
            played(
                &search(&[1.0, 4.0, 16.0]),
                |number, _| {
                    if number >= 7.0 { Stand::Met } else { Stand::Missed }
                },
            );
        let Holds::From(at) = found.holds else { panic!("{found:?}") };
        assert_eq!((seen[at].number, seen[at - 1].number), (7.0, 6.0));
    }

    #[test]
    fn steps_are_kept() {
        let search = Search { whole: false, step: Some(0.5), ..search(&[1.0, 9.0]) };
        let (seen, found, _) = played(&search, below(4.3));
        let Holds::UpTo(at) = found.holds else { panic!("{found:?}") };
        assert_eq!((seen[at].number, seen[at + 1].number), (4.0, 4.5));
    }

    #[test]
    fn what_holds_everywhere_nowhere_or_between_is_told_at_once() {
        let of = |stand: fn(f64) -> Stand| {
            let (_, found, rounds) = played(&search(&[1.0, 2.0, 3.0]), move |number, _| stand(number));
            (found.holds, found.alternates, rounds)
        };
        assert_eq!(of(|_| Stand::Met), (Holds::Everywhere, false, 1));
        assert_eq!(of(|_| Stand::Missed), (Holds::Nowhere, false, 1));
        let between = |number: f64| if number == 2.0 { Stand::Met } else { Stand::Missed };
        assert_eq!(of(between), (Holds::Between, true, 1));
        // Below which all hold.
        let twice = |number: f64| if number == 2.0 { Stand::Missed } else { Stand::Met };
        assert_eq!(of(twice), (Holds::UpTo(0), true, 1));
    }

    /// An open value is looked at 10, 20 and 40 times, and at last goes by value; then what is
    /// shown lies far apart.
    #[test]
    fn open_values_are_looked_at_again_and_then_go_by_value() {
        let stand = |number: f64, runs: u32| match number {
            n if n <= 100.0 => Stand::Met,
            n if n >= 200.0 => Stand::Missed,
            n if runs >= 20 && n > 180.0 => Stand::Missed,
            n => Stand::Open(n <= 150.0),
        };
        let (seen, found, _) = played(&search(&[100.0, 200.0]), stand);
        let Holds::UpTo(at) = found.holds else { panic!("{found:?}") };
        assert!(seen[at].number <= 150.0 && seen[at].number > 146.0, "{seen:?}");
        assert_eq!(seen[at].runs, 40);
        assert!(found.rough && seen[found.shown.0.unwrap()].number == 100.0, "{found:?}");
    }
}
