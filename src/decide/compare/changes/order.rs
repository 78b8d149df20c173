//! An order of steps after each of which everybody is served who was served before.
//!
//! Every step is tried on what the steps before it have made. A depth-first search over the sets
//! of steps that are done: a set from which no order leads on is not entered again, so that
//! the search ends either with an order or with the proof that there is none, unless it has
//! to stop before. Must not know what a step is.

use std::collections::{BTreeMap, BTreeSet};

use super::served::Served;
use crate::results::changes::{Order, Refused};

/// Organisations that are looked at most: a dead end in a large change has more ways out
/// than can be tried.
const MOST: usize = 2_000;

/// Numbers of the steps that are done.
pub(super) type Done = BTreeSet<usize>;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Steps in order, in one go what can only be done at once.
    pub(super) order: Vec<Vec<usize>>,
    /// Who is refused after each.
    pub(super) refused: Vec<Vec<Refused>>,
    /// What is known of it.
    pub(super) known: Order,
    /// How many organisations were looked at.
    pub(super) trials: usize,
}

/// The search: `look` tells who is served once some steps are done, or that they cannot be by themselves.
pub(super) struct Search<'s> {
    /// Steps in the order in which they are tried.
    ranked: Vec<usize>,
    look: &'s dyn Fn(&Done) -> Option<Served>,
    before: &'s Served,
    /// Who is refused in the end whatever the order is.
    in_the_end: Vec<Refused>,
    known: BTreeMap<Done, Option<Vec<Refused>>>,
}

/// How a set of steps stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Everybody is served.
    Good,
    /// Nobody is refused but those who are in the end.
    Lost,
    /// Others are, or it cannot be.
    Bad,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        ranked: Vec<usize>,
        look: &'s dyn Fn(&Done) -> Option<Served>,
        before: &'s Served,
        end: &Served,
    ) -> Self {
        Self { ranked, look, before, in_the_end: before.refused_in(end), known: BTreeMap::new() }
    }

    /// Who is refused; `None` where it cannot be.
    fn refused(&mut self, done: &Done) -> Option<Vec<Refused>> {
        if let Some(known) = self.known.get(done) {
            return known.clone();
        }
        let refused = (self.look)(done).map(|served| self.before.refused_in(&served));
        self.known.insert(done.clone(), refused.clone());
        refused
    }

    fn stand(&mut self, done: &Done) -> Stand {
        let Some(refused) = self.refused(done) else { return Stand::Bad };
        let in_the_end = |of: &Refused| {
            let same = |end: &&Refused| (&end.population, end.protocol) == (&of.population, of.protocol);
            self.in_the_end.iter().find(same).is_some_and(|end| of.clients <= end.clients + 1e-6)
        };
        match refused.is_empty() {
            true => Stand::Good,
            false if refused.iter().all(in_the_end) => Stand::Lost,
            false => Stand::Bad,
        }
    }

    /// Finds an order.
    pub(super) fn run(mut self) -> Found {
        let whole = self.safe();
        let known = match &whole {
            Ok(_) if self.in_the_end.is_empty() => Order::Serves,
            Ok(_) | Err(Order::None) => Order::None,
            Err(other) => *other,
        };
        let order = whole.unwrap_or_else(|_| self.least());
        let mut done = Done::new();
        let mut refused = Vec::with_capacity(order.len());
        for steps in &order {
            done.extend(steps);
            refused.push(self.refused(&done).unwrap_or_default());
        }
        Found { order, refused, known, trials: self.known.len() }
    }

    /// An order in which nobody is refused but those who are in the end, these as late as
    /// nothing else can be done.
    fn safe(&mut self) -> Result<Vec<Vec<usize>>, Order> {
        let all = self.ranked.len();
        let mut order: Vec<usize> = Vec::new();
        let mut done = Done::new();
        let mut dead: BTreeSet<Done> = BTreeSet::new();
        while order.len() < all {
            if self.known.len() > MOST {
                return Err(Order::NotFound);
            }
            match self.next(&done, &dead) {
                Some(step) => {
                    order.push(step);
                    done.insert(step);
                }
                None => {
                    dead.insert(done.clone());
                    let Some(last) = order.pop() else { return Err(Order::None) };
                    done.remove(&last);
                }
            }
        }
        Ok(order.into_iter().map(|step| vec![step]).collect())
    }

    fn next(&mut self, done: &Done, dead: &BTreeSet<Done>) -> Option<usize> {
        for wanted in [Stand::Good, Stand::Lost] {
            for at in 0..self.ranked.len() {
                let step = self.ranked[at];
                let with = || done.iter().copied().chain([step]).collect::<Done>();
                if !done.contains(&step) && !dead.contains(&with()) && self.stand(&with()) == wanted {
                    return Some(step);
                }
                if self.known.len() > MOST {
                    return None;
                }
            }
        }
        None
    }

    /// Where there is none: at each step what refuses fewest; in one go what cannot be done
    /// one by one.
    fn least(&mut self) -> Vec<Vec<usize>> {
        let mut order = Vec::new();
        let mut done = Done::new();
        while done.len() < self.ranked.len() {
            let open: Vec<usize> = self.ranked.iter().copied().filter(|step| !done.contains(step)).collect();
            let mut best: Option<(f64, usize)> = None;
            for &step in &open {
                let with: Done = done.iter().copied().chain([step]).collect();
                let Some(refused) = self.refused(&with) else { continue };
                let clients: f64 = refused.iter().map(|of| of.clients).sum();
                if best.is_none_or(|(fewest, _)| clients < fewest) {
                    best = Some((clients, step));
                }
                if clients == 0.0 {
                    break;
                }
            }
            let steps = best.map_or(open, |(_, step)| vec![step]);
            done.extend(&steps);
            order.push(steps);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::protocol::Protocol;

    /// Who is refused: a client unless `fits` holds of what is done.
    fn found(steps: usize, fits: impl Fn(&Done) -> Option<bool>) -> Found {
        let one = |served: bool| {
            Served::made([(("staff", Protocol::Owa), (10.0, if served { 10.0 } else { 0.0 }))])
        };
        let look = |done: &Done| fits(done).map(one);
        let (before, end) = (one(true), look(&(0..steps).collect()).unwrap());
        Search::new((0..steps).collect(), &look, &before, &end).run()
    }

    /// 2 before 0, 0 before 1: the only order of six.
    #[test]
    fn the_only_order_is_found() {
        let fits = |done: &Done| {
            Some((!done.contains(&0) || done.contains(&2)) && (!done.contains(&1) || done.contains(&0)))
        };
        let found = found(3, fits);
        assert_eq!((found.order, found.known), (vec![vec![2], vec![0], vec![1]], Order::Serves));
    }

    /// After 0 nothing goes on, though 0 itself refuses nobody: the search comes back.
    #[test]
    fn a_dead_end_is_left_again() {
        let good: [&[usize]; 6] = [&[0], &[1], &[1, 2], &[0, 1, 2], &[0, 1, 2, 3], &[]];
        let fits = |done: &Done| Some(good.iter().any(|set| done.iter().copied().eq(set.iter().copied())));
        let found = found(4, fits);
        assert_eq!((found.order, found.known), (vec![vec![1], vec![2], vec![0], vec![3]], Order::Serves));
    }

    /// Two switches that fit together only: none is an order, and it is said between which
    /// steps somebody is refused.
    #[test]
    fn where_there_is_no_order_it_is_said() {
        let found = found(2, |done| Some(done.len() != 1));
        assert_eq!((found.known, found.order.len()), (Order::None, 2));
        assert_eq!((found.refused[0].len(), found.refused[1].len()), (1, 0));
        assert!((found.refused[0][0].clients - 10.0).abs() < 1e-9);
    }

    /// Who is refused in the end is refused last.
    #[test]
    fn who_is_lost_in_the_end_is_lost_as_late_as_can_be() {
        let found = found(3, |done| Some(!done.contains(&0)));
        assert_eq!((found.order, found.known), (vec![vec![1], vec![2], vec![0]], Order::None));
        assert_eq!(found.refused.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1]);
    }

    /// What cannot be done one by one is done in one go.
    #[test]
    fn what_cannot_be_alone_is_made_at_once() {
        let found = found(2, |done| (done.len() != 1).then_some(true));
        assert_eq!((found.order, found.known), (vec![vec![0, 1]], Order::None));
    }
}
