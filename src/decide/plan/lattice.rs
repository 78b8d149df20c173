//! Combinations that are too many to be listed: by part what can be chosen there, and the cheapest of all
//! combinations that nothing refuses.
//!
//! A part is a place, or several whose costs hang together; what combinations cost is the sum of their parts, so that the
//! cheapest of all is found without naming them. Must not know scenarios. Next: [`super::grid`], which makes one.

use std::collections::BTreeSet;

use super::candidate::{Bound, Candidate, Cost};

/// Combinations of parts that are looked at to find the cheapest which nothing refuses.
const LOOKED_AT: usize = 300;
/// By the law, what is allowed of the goal everywhere, of those that are listed: laxer than it, and in steps of so much
/// stricter.
const LEVELS: [f64; 7] = [f64::INFINITY, 3.0, 2.0, 1.5, 1.3, 1.15, 1.0];
const STRICTER: f64 = 0.85;
/// Such steps: to 2 % of the goal, which latency asks for where a request is long and users are few.
const STRICTEST: i32 = 24;
/// Of these levels those around which single steps are listed too.
const STEPS: std::ops::RangeInclusive<f64> = 0.6..=1.3;

/// What can be chosen, part by part.
#[derive(Clone, PartialEq, Debug)]
pub struct Lattice {
    /// Its parts.
    pub parts: Vec<Part>,
    /// Server models of which one alone may be bought, by number; `None` alone: any.
    pub models: Vec<Option<usize>>,
    /// By the law, of what nothing is chosen: the farthest result over its goal.
    pub fixed: f64,
    /// What refuses every combination.
    pub always: Option<Bound>,
}

/// Places whose costs hang together.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// By number.
    pub places: Vec<usize>,
    /// Where they stand in [`Candidate::choices`].
    pub slots: Vec<usize>,
    /// What they may have: the cheapest first, of one cost the one with most headroom, then the more able one.
    pub rows: Vec<Row>,
}

/// What a part may have.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// By slot, the place in its quantity.
    pub at: Vec<u16>,
    /// What it costs.
    pub cost: Cost,
    /// By the law: the farthest result over its goal in any case.
    pub expected: f64,
    /// What refuses it without a run, whatever the other parts have.
    pub bound: Option<Bound>,
    /// The server model that it buys, by number.
    pub model: Option<usize>,
}

/// A combination: by part the row.
pub type Spot = Vec<usize>;

/// The cheapest combination of some.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cheapest {
    /// This one.
    Found(Spot),
    /// There is none.
    Nothing,
    /// It was not found among as many as are looked at.
    Unknown,
}

impl Row {
    /// Whether it is at most as able as what stands at its slots of a candidate.
    fn is_under(&self, slots: &[usize], choices: &[u16]) -> bool {
        self.at.iter().zip(slots).all(|(own, slot)| *own <= choices[*slot])
    }

    /// Whether it can be had where machines of this model alone are bought.
    #[must_use]
    pub fn is_of(&self, model: Option<usize>) -> bool {
        model.is_none() || self.model.is_none() || self.model == model
    }
}

impl Lattice {
    /// The decimal logarithm of the number of combinations.
    #[must_use]
    pub fn digits(&self) -> f64 {
        self.parts.iter().map(|part| libm::log10(part.rows.len().max(1) as f64)).sum()
    }

    /// A combination as a candidate.
    #[must_use]
    pub fn candidate(&self, spot: &[usize]) -> Candidate {
        let rows = || self.parts.iter().zip(spot).map(|(part, at)| (part, &part.rows[*at]));
        let width = self.parts.iter().map(|part| part.slots.len()).sum();
        let mut choices = vec![0; width];
        for (part, row) in rows() {
            part.slots.iter().zip(&row.at).for_each(|(slot, at)| choices[*slot] = *at);
        }
        let cost = rows().map(|(_, row)| row.cost).reduce(Cost::and);
        Candidate {
            choices,
            cost: cost.unwrap_or(Cost::Machines { servers: 0, cores: 0 }),
            expected: rows().map(|(_, row)| row.expected).fold(self.fixed, f64::max),
            bound: self.always.as_ref().or_else(|| rows().find_map(|(_, row)| row.bound.as_ref())).cloned(),
        }
    }

    /// The combination of a candidate; `None` where it is none of these.
    #[must_use]
    pub fn spot(&self, choices: &[u16]) -> Option<Spot> {
        let of = |part: &Part| {
            let own: Vec<u16> =
                part.slots.iter().map(|slot| choices.get(*slot).copied()).collect::<Option<_>>()?;
            part.rows.iter().position(|row| row.at == own)
        };
        self.parts.iter().map(of).collect()
    }

    /// The most able combination with one model: by part the most able row that no bound refuses.
    #[must_use]
    pub fn largest(&self, model: Option<usize>) -> Spot {
        let of = |part: &Part| {
            let able = |at: &usize| {
                let row = &part.rows[*at];
                (row.is_of(model), row.bound.is_none(), row.at.iter().map(|&at| u64::from(at)).sum::<u64>())
            };
            // Of several the one with most headroom by the law.
            let all = (0..part.rows.len()).rev();
            let more = |a: &usize, b: &usize| {
                able(a).cmp(&able(b)).then(part.rows[*b].expected.total_cmp(&part.rows[*a].expected))
            };
            all.max_by(more).unwrap_or(0)
        };
        self.parts.iter().map(of).collect()
    }

    /// The cheapest combination of rows of one model that are `wanted` (by part and row) and that is at most
    /// as able as none of `refused` in everything; of one cost the one with most headroom. Nothing that costs as
    /// much as `below`.
    ///
    /// Whoever is at most as able as one that was refused has to be abler than it somewhere: the search goes
    /// through these places, the cheapest combination first.
    #[must_use]
    pub fn cheapest(
        &self,
        model: Option<usize>,
        wanted: &dyn Fn(usize, &Row) -> bool,
        (refused, below): (&[&[u16]], Option<(u64, u64)>),
    ) -> Cheapest {
        // The first row of a part that is abler than these are there.
        let first = |part: usize, beyond: &[usize]| {
            let Part { slots, rows, .. } = &self.parts[part];
            rows.iter().position(|row| {
                row.is_of(model)
                    && wanted(part, row)
                    && beyond.iter().all(|of| !row.is_under(slots, refused[*of]))
            })
        };
        let Some(begin) = (0..self.parts.len()).map(|part| first(part, &[])).collect::<Option<Spot>>() else {
            return Cheapest::Nothing;
        };
        let costs_less = |order: ((u64, u64), u64)| below.is_none_or(|below| order.0 < below);
        let mut open = BTreeSet::from([(self.order(&begin), begin, Vec::<(usize, usize)>::new())]);
        open.retain(|of| costs_less(of.0));
        for _ in 0..LOOKED_AT {
            let Some((_, spot, beyond)) = open.pop_first() else { return Cheapest::Nothing };
            let under = |of: &&usize| {
                let each = self.parts.iter().zip(&spot);
                each.clone().all(|(part, at)| part.rows[*at].is_under(&part.slots, refused[**of]))
            };
            let Some(of) = (0..refused.len()).collect::<Vec<_>>().iter().find(under).copied() else {
                return Cheapest::Found(spot);
            };
            for part in 0..self.parts.len() {
                let mut own: Vec<usize> =
                    beyond.iter().filter(|(at, _)| *at == part).map(|(_, of)| *of).collect();
                own.push(of);
                let Some(row) = first(part, &own) else { continue };
                let mut next = spot.clone();
                next[part] = row;
                let mut more = beyond.clone();
                more.push((part, of));
                more.sort_unstable();
                let order = self.order(&next);
                if costs_less(order) {
                    open.insert((order, next, more));
                }
            }
        }
        if open.is_empty() { Cheapest::Nothing } else { Cheapest::Unknown }
    }

    /// Of more combinations than can be listed those that tell where the answer lies, the cheapest first: at each of
    /// some levels the cheapest of which the law expects no more of any goal, around the usual one each that is one
    /// step cheaper at one part; the largest, and `also`.
    #[must_use]
    pub fn listed(&self, also: Option<Spot>) -> Vec<Candidate> {
        let mut spots: Vec<Spot> = also.into_iter().collect();
        for &model in &self.models {
            let largest = self.largest(model);
            let stricter = (1..=STRICTEST).map(|step| libm::pow(STRICTER, f64::from(step)));
            for level in LEVELS.into_iter().chain(stricter) {
                // Where nothing does, a part has the most able row that there is.
                let holds = |part: usize, row: &Row| {
                    let most = || self.parts[part].rows[largest[part]].at == row.at;
                    row.bound.is_none() && row.expected <= level || most()
                };
                let Cheapest::Found(spot) = self.cheapest(model, &holds, (&[], None)) else { continue };
                if STEPS.contains(&level) {
                    spots.extend(self.one_step_cheaper(&spot, model));
                }
                spots.push(spot);
            }
            spots.push(largest);
        }
        spots.sort_unstable();
        spots.dedup();
        let mut found: Vec<Candidate> = spots.iter().map(|spot| self.candidate(spot)).collect();
        found.sort_by(Candidate::in_order);
        found
    }

    /// Whether there is a combination that costs less than `answer` and that neither a bound nor one of `refused`,
    /// which is at least as able in everything, refuses; also where none was found among as many as are looked at.
    #[must_use]
    pub fn leaves_open(&self, answer: &Candidate, refused: &[&[u16]]) -> bool {
        let unbound = |_: usize, row: &Row| row.bound.is_none();
        let below = Some(answer.cost.amount());
        let open =
            |model: &Option<usize>| self.cheapest(*model, &unbound, (refused, below)) != Cheapest::Nothing;
        self.always.is_none() && self.models.iter().any(open)
    }

    /// Cost, then headroom: the bits of what is not negative are in order.
    fn order(&self, spot: &[usize]) -> ((u64, u64), u64) {
        let rows = || self.parts.iter().zip(spot).map(|(part, at)| &part.rows[*at]);
        let expected = rows().map(|row| row.expected).fold(0.0, f64::max);
        let cost = rows().map(|row| row.cost.amount()).fold((0, 0), |(a, b), (x, y)| (a + x, b + y));
        (cost, expected.to_bits())
    }

    /// Of a combination those that are one step cheaper, at one part each: there the most expensive of what costs
    /// less, with most headroom.
    pub fn one_step_cheaper<'l>(
        &'l self,
        spot: &'l [usize],
        model: Option<usize>,
    ) -> impl Iterator<Item = Spot> + 'l {
        (0..self.parts.len()).filter_map(move |part| {
            let rows = &self.parts[part].rows;
            let cost = |at: usize| rows[at].cost.amount();
            let cheaper =
                || (0..rows.len()).filter(|&at| cost(at) < cost(spot[part]) && rows[at].is_of(model));
            let most = cheaper().next_back()?;
            let mut next = spot.to_vec();
            next[part] = cheaper().find(|&at| cost(at) == cost(most))?;
            Some(next)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part with servers from one on, each after the first for `price`; `need` of them hold by the law.
    fn servers(slot: usize, most: u16, price: u64, need: f64) -> Part {
        let row = |at: u16| Row {
            at: vec![at],
            cost: Cost::money(price * u64::from(at), 0, 1),
            expected: need / f64::from(at + 1),
            bound: None,
            model: None,
        };
        Part { places: vec![slot], slots: vec![slot], rows: (0..most).map(row).collect() }
    }

    fn lattice(parts: Vec<Part>) -> Lattice {
        Lattice { parts, models: vec![None], fixed: 0.0, always: None }
    }

    /// By the law each part is chosen by itself: of a hundred, 2 servers where 1.5 are needed and 4 where 3.2 are.
    #[test]
    fn parts_are_chosen_by_themselves() {
        let parts =
            (0..100).map(|slot| servers(slot, 8, 10 + slot as u64, if slot % 2 == 0 { 1.5 } else { 3.2 }));
        let all = lattice(parts.collect());
        assert!((all.digits() - 100.0 * libm::log10(8.0)).abs() < 1e-9);
        let Cheapest::Found(spot) = all.cheapest(None, &|_, row| row.expected <= 1.0, (&[], None)) else {
            panic!()
        };
        let candidate = all.candidate(&spot);
        assert!(candidate.choices.iter().enumerate().all(|(at, &of)| of == if at % 2 == 0 { 1 } else { 3 }));
        assert_eq!(all.spot(&candidate.choices), Some(spot.clone()));
        assert_eq!(all.one_step_cheaper(&spot, None).count(), 100);
        assert_eq!(all.largest(None), vec![7; 100]);
        // Of these the cheapest that holds by the law is the same one.
        let listed = all.listed(None);
        assert_eq!(listed.iter().find(|one| one.expected <= 1.0), Some(&candidate));
        assert!(listed.len() > 100 && listed.iter().any(|one| one.choices == [7; 100]));
        assert_eq!(all.cheapest(None, &|_, row| row.expected <= 0.1, (&[], None)), Cheapest::Nothing);
    }

    /// With what was refused it is what a walk through all combinations finds.
    #[test]
    fn the_cheapest_that_nothing_refuses_is_that_of_a_walk() {
        let all = lattice(vec![servers(0, 4, 7, 1.0), servers(1, 4, 10, 2.0), servers(2, 4, 11, 1.0)]);
        let refused: [&[u16]; 4] = [&[3, 3, 0], &[0, 3, 3], &[2, 1, 1], &[1, 2, 2]];
        for many in 0..=refused.len() {
            let refused = &refused[..many];
            let under = |of: &[u16], by: &[u16]| of.iter().zip(by).all(|(own, by)| own <= by);
            let spots = (0..64_usize).map(|n| vec![n / 16, n / 4 % 4, n % 4]);
            let free = spots
                .map(|spot| all.candidate(&spot))
                .filter(|one| !refused.iter().any(|by| under(&one.choices, by)));
            let least = free.map(|one| one.cost.amount()).min().unwrap();
            let Cheapest::Found(spot) = all.cheapest(None, &|_, _| true, (refused, None)) else { panic!() };
            let found = all.candidate(&spot);
            assert_eq!(found.cost.amount(), least, "{many} {:?}", found.choices);
            assert!(!refused.iter().any(|by| under(&found.choices, by)));
            assert!(!all.leaves_open(&found, refused));
            let dearer = Candidate { cost: found.cost.and(Cost::money(1, 0, 1)), ..found };
            assert!(all.leaves_open(&dearer, refused));
        }
    }
}
