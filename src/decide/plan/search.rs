//! Which candidates are to be played next, from finished rounds alone, until the cheapest that
//! meets every goal is known.
//!
//! First the largest is tried: where that is refused, nothing that can be bought is enough. Then the
//! cheapest that the law expects to hold; then, below the best so far, whoever dominates most:
//! where it is refused, so is everything that it is at least as able as. Before there is an answer,
//! every cheaper candidate to which nothing can be added without costing as much as the winner was
//! refused by a bound or by its own runs. At last the winner is confirmed with runs of its own; one
//! that is refused by these is followed by the next.
//!
//! A round follows from finished rounds and from nothing else: not from threads, nor from who
//! ended first. Must not know scenarios, goals or runs.

use super::candidate::Candidate;
use crate::stats::feasibility::Looks;

/// Candidates of one round at most, where nearly all of them will be refused.
const ABREAST: usize = 4;
/// The law is asked again, more strictly, where who it expected to hold is refused.
const STRICTER: f64 = 0.85;
/// So often; from then on it is not believed.
const BELIEVED: u32 = 6;

/// How a candidate stands in a case at a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stand {
    /// Every goal is kept, as far as it can be judged.
    Accepted,
    /// A goal is not.
    Refused,
    /// Neither is shown; whether all hold by value, which decides after the last look.
    Open(bool),
}

/// A candidate that is to be played in a case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Look {
    /// Which candidate.
    pub candidate: usize,
    /// In which case.
    pub case: usize,
    /// Runs that there are of it.
    pub from: u32,
    /// Runs that there are to be.
    pub runs: u32,
}

/// What comes next.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// These are to be played and found out, by [`Search::found`].
    Play(Vec<Look>),
    /// This candidate is to be played afresh in every case, and told by [`Search::confirmed`].
    Confirm(usize),
    /// This candidate is the answer; `None` where all are refused.
    Done(Option<usize>),
}

/// How a candidate stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Nothing was asked of it: it costs more than the answer, or its turn has not come.
    Unasked,
    /// A bound refuses it.
    Bound,
    /// This one, which is at least as able in everything, was refused.
    Dominated(usize),
    /// Its runs refuse it, in this case.
    Refused(usize),
    /// It meets every goal.
    Accepted,
    /// It did by the runs of the search, and not by those of the confirmation.
    Unconfirmed,
}

/// A candidate whose runs were asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Trial {
    /// Which.
    pub candidate: usize,
    /// By case: how many runs there are, and what they say.
    pub cases: Vec<(u32, Option<Stand>)>,
    /// The case that was asked first.
    first: usize,
    why: Why,
}

/// Why a candidate has its turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Nothing can be added to it: where it is refused, all are.
    Largest,
    /// It is the cheapest that the law expects to hold.
    Hoped,
    /// It is cheaper than the best so far, and nothing refuses it yet.
    Below,
    /// A goal of it lies in its zone, or near: there are to be more runs.
    Open,
    /// It is the cheapest that is accepted: fresh runs are to confirm it.
    Confirmation,
}

/// A search over candidates.
#[derive(Clone, Debug)]
pub struct Search<'g> {
    grid: &'g [Candidate],
    looks: Looks,
    cases: usize,
    /// Candidates as they are told: the cheapest first.
    order: Vec<usize>,
    /// Place of each in `order`.
    rank: Vec<usize>,
    status: Vec<Status>,
    trials: Vec<Trial>,
    /// Whose runs of the confirmation were sound.
    confirmed: Option<usize>,
    /// Hoped for, and refused.
    disappointed: u32,
    /// How much of what is below is left out, in halvings: more with everyone accepted there.
    halvings: u32,
    /// Nothing can be added to these without costing as much as the best; and that one.
    front: (Option<usize>, Vec<usize>),
    why: Why,
}

impl<'g> Search<'g> {
    /// Over `grid`, in so many cases.
    ///
    /// # Panics
    /// Without a case.
    #[must_use]
    pub fn of(grid: &'g [Candidate], cases: usize, looks: Looks) -> Self {
        assert!(cases > 0, "a plan is judged in some case");
        let mut order: Vec<usize> = (0..grid.len()).collect();
        order.sort_by(|&a, &b| grid[a].in_order(&grid[b]));
        let mut rank = vec![0; grid.len()];
        order.iter().enumerate().for_each(|(place, &candidate)| rank[candidate] = place);
        let status = |one: &Candidate| if one.bound.is_some() { Status::Bound } else { Status::Unasked };
        Self {
            grid,
            looks,
            cases,
            order,
            rank,
            status: grid.iter().map(status).collect(),
            trials: Vec::new(),
            confirmed: None,
            disappointed: 0,
            halvings: 0,
            front: (None, Vec::new()),
            why: Why::Largest,
        }
    }

    /// The cheapest that no bound refuses and that the law expects to hold: the answer without a run.
    #[must_use]
    pub fn by_law(&self) -> Option<usize> {
        self.unasked().into_iter().find(|&one| self.grid[one].expected <= 1.0)
    }

    /// Candidates that no bound refuses.
    #[must_use]
    pub fn contenders(&self) -> usize {
        self.grid.iter().filter(|one| one.bound.is_none()).count()
    }

    /// How each candidate stands, by its place in the grid.
    #[must_use]
    pub fn status(&self) -> &[Status] {
        &self.status
    }

    /// Who was played, in the order in which their turns came.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The order in which candidates are told: by cost, headroom and name.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The cheapest that is accepted so far.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        let accepted = self.order.iter().copied().filter(|&one| self.status[one] == Status::Accepted);
        accepted.min_by_key(|&one| self.rank[one])
    }

    /// The most expensive that is cheaper than `winner`, of those that a bound or their own runs refuse: what is
    /// broken by who pays less. Of several at one cost the one that is told first.
    #[must_use]
    pub fn next_cheaper(&self, winner: usize) -> Option<usize> {
        let cost = |one: usize| self.grid[one].cost.amount();
        let asked = |one: &usize| !matches!(self.status[*one], Status::Unasked | Status::Dominated(_));
        let cheaper = || self.order.iter().copied().filter(|&one| cost(one) < cost(winner)).filter(asked);
        let most = cheaper().next_back()?;
        cheaper().find(|&one| cost(one) == cost(most))
    }

    /// Why those have their turn that came last.
    #[must_use]
    pub fn why(&self) -> Why {
        self.why
    }

    /// What comes next; `worst` says in which case the law expects a candidate to be worst: it is
    /// asked there first, so that it fails early.
    pub fn step(&mut self, worst: impl Fn(usize) -> usize) -> Next {
        let begun = self.looks();
        if !begun.is_empty() {
            if begun.iter().all(|look| look.from > 0) {
                self.why = Why::Open;
            }
            return Next::Play(begun);
        }
        let best = self.best();
        let cheaper = self.unasked();
        if cheaper.is_empty() {
            return match best {
                Some(best) if self.confirmed != Some(best) => {
                    self.why = Why::Confirmation;
                    Next::Confirm(best)
                }
                best => Next::Done(best),
            };
        }
        let (chosen, why) = self.choose(best, &cheaper);
        self.why = why;
        for candidate in chosen {
            let first = worst(candidate).min(self.cases - 1);
            self.trials.push(Trial { candidate, cases: vec![(0, None); self.cases], first, why });
        }
        Next::Play(self.looks())
    }

    /// What all trials want next that are not decided.
    fn looks(&self) -> Vec<Look> {
        self.trials.iter().flat_map(|trial| self.looks_of(trial)).collect()
    }

    /// What a look found.
    pub fn found(&mut self, look: Look, stand: Stand) {
        let last = look.runs >= self.looks.most();
        let stand = match stand {
            Stand::Open(true) if last => Stand::Accepted,
            Stand::Open(false) if last => Stand::Refused,
            stand => stand,
        };
        let Some(trial) = self.trials.iter_mut().find(|trial| trial.candidate == look.candidate) else {
            return;
        };
        trial.cases[look.case] = (look.runs, Some(stand));
        let (why, all) = (trial.why, trial.cases.iter().all(|case| case.1 == Some(Stand::Accepted)));
        if self.status[look.candidate] != Status::Unasked {
            return;
        }
        if stand == Stand::Refused {
            self.refuse(look.candidate, Status::Refused(look.case));
            match why {
                Why::Hoped => self.disappointed += 1,
                Why::Below => self.halvings = self.halvings.saturating_sub(1),
                Why::Largest | Why::Open | Why::Confirmation => {}
            }
        } else if all {
            self.status[look.candidate] = Status::Accepted;
            if why == Why::Below {
                self.halvings += 1;
            }
        }
    }

    /// Whether fresh runs left the candidate that was to be confirmed sound.
    pub fn confirmed(&mut self, candidate: usize, sound: bool) {
        if sound {
            self.confirmed = Some(candidate);
        } else {
            self.refuse(candidate, Status::Unconfirmed);
        }
    }

    /// It is refused, and with it all that it is at least as able as.
    fn refuse(&mut self, candidate: usize, status: Status) {
        self.status[candidate] = status;
        for other in 0..self.grid.len() {
            if self.status[other] == Status::Unasked && self.grid[candidate].dominates(&self.grid[other]) {
                self.status[other] = Status::Dominated(candidate);
            }
        }
    }

    /// The looks that a trial wants next: the case that is expected to be worst alone, then
    /// all others, then all that are open with twice as many runs. None once it is decided.
    fn looks_of(&self, trial: &Trial) -> Vec<Look> {
        if self.status[trial.candidate] != Status::Unasked {
            return Vec::new();
        }
        let look = |case: usize| {
            let from = trial.cases[case].0;
            let runs = self.looks.after(from)?;
            Some(Look { candidate: trial.candidate, case, from, runs })
        };
        if trial.cases[trial.first].0 == 0 {
            return look(trial.first).into_iter().collect();
        }
        let open = |case: &usize| !matches!(trial.cases[*case].1, Some(Stand::Accepted));
        let open: Vec<usize> = (0..trial.cases.len()).filter(open).collect();
        let fewest = open.iter().map(|&case| trial.cases[case].0).min();
        let next = open.into_iter().filter(|&case| Some(trial.cases[case].0) == fewest);
        next.filter_map(look).collect()
    }

    /// Cheaper than the best so far, unrefused and not yet tried, the cheapest first.
    fn unasked(&self) -> Vec<usize> {
        let below = self.best().map_or(self.order.len(), |best| self.rank[best]);
        let unasked = |one: &usize| self.status[*one] == Status::Unasked;
        self.order[..below].iter().copied().filter(unasked).collect()
    }

    /// Whose turn it is among the `cheaper`, and why.
    fn choose(&mut self, best: Option<usize>, cheaper: &[usize]) -> (Vec<usize>, Why) {
        let Some(best) = best else {
            let largest = self.undominated(cheaper);
            return (largest.into_iter().take(1).collect(), Why::Largest);
        };
        let beyond_the_largest = self
            .trials
            .iter()
            .any(|one| one.why != Why::Largest && self.status[one.candidate] == Status::Accepted);
        if !beyond_the_largest && self.disappointed < BELIEVED {
            let holds = libm::pow(STRICTER, f64::from(self.disappointed));
            if let Some(&hoped) = cheaper.iter().find(|&&one| self.grid[one].expected <= holds) {
                return (vec![hoped], Why::Hoped);
            }
        }
        // Who is not believed to know where it ends is asked in the middle first.
        if !beyond_the_largest && self.trials.iter().all(|one| one.why != Why::Below) {
            self.halvings = 1;
        }
        if self.halvings > 0 {
            let halvings = self.halvings.min(usize::BITS - 1);
            let some = (cheaper.len() >> halvings).max(1);
            return (self.undominated(&cheaper[..some]).into_iter().take(1).collect(), Why::Below);
        }
        if self.front.0 != Some(best) {
            self.front = (Some(best), self.undominated(cheaper));
        }
        let status = &self.status;
        self.front.1.retain(|&one| status[one] == Status::Unasked);
        let few = |one: &&usize| self.grid[**one].expected > 1.0;
        let mut chosen: Vec<usize> = self.front.1.iter().take(1).copied().collect();
        if self.front.1.first().as_ref().is_some_and(few) {
            chosen.extend(self.front.1[1..].iter().filter(few).take(ABREAST - 1));
        }
        (chosen, Why::Below)
    }

    /// Those of `some` to which nothing can be added without leaving these, the one first that dominates most of
    /// them; then by headroom, and as they are told.
    fn undominated(&self, some: &[usize]) -> Vec<usize> {
        let able = |one: &usize| self.grid[*one].choices.iter().map(|&choice| u64::from(choice)).sum::<u64>();
        let mut by_ability = some.to_vec();
        // Who dominates another is abler, so that it stands before it.
        by_ability.sort_by_key(|one| (std::cmp::Reverse(able(one)), self.rank[*one]));
        let mut front: Vec<(usize, usize)> = Vec::new();
        for one in by_ability {
            let mut alone = true;
            for (dominated, other) in &mut front {
                if self.grid[*other].dominates(&self.grid[one]) {
                    *dominated += 1;
                    alone = false;
                }
            }
            if alone {
                front.push((0, one));
            }
        }
        front.sort_by(|(a, one), (b, other)| {
            let headroom = self.grid[*one].expected.total_cmp(&self.grid[*other].expected);
            b.cmp(a).then(headroom).then(self.rank[*one].cmp(&self.rank[*other]))
        });
        front.into_iter().map(|(_, one)| one).collect()
    }
}

#[cfg(test)]
mod tests;
