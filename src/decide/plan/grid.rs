//! Every combination of what can be bought, by cost; the list that brute force would play. Of more than
//! can be listed what there is at each place ([`super::lattice`]).
//!
//! Must not know how one is searched for. Next: [`super::candidate`].

use rayon::prelude::*;

use super::bounds::{Table, law, top};
use super::candidate::{Candidate, Cost};
use super::cases::{Cases, InCase, Lost};
use super::design::balancers;
use super::error::PlanError;
use super::lattice::{Lattice, Part, Row};
use super::paths::PathBound;
use super::places::{Choice, Of, Place, Quantity, places};
use crate::model::purchase::Price;
use crate::scenario::{Override, Scenario};

/// Combinations that are listed at most, and of places whose costs hang together.
const MOST: u128 = 200_000;
/// With so many the law is asked about all places at once.
const MANY: u128 = 1_000_000_000;

/// What can be bought for a scenario, and in which cases it is judged.
#[derive(Debug)]
pub struct Grid<'s> {
    /// The cases.
    pub cases: Cases<'s>,
    /// Where something is chosen.
    pub places: Vec<Place>,
    /// Every combination, by cost, then headroom, then what is chosen; of too many those of [`Lattice::listed`].
    pub candidates: Vec<Candidate>,
    /// Where there are too many, what there is at each place.
    pub lattice: Option<Lattice>,
    /// Goals that are beyond any purchase: where there are some, every candidate is refused.
    pub path_bound: Vec<PathBound>,
    table: Table,
}

impl<'s> Grid<'s> {
    /// What `[prices]` and `[plan]` of a scenario say. Asks the law about every number of servers in
    /// every case; plays nothing.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn of(base: &'s Scenario) -> Result<Self, PlanError> {
        let cases = Cases::of(base)?;
        let needs = needs(&cases)?;
        if base.purchase.prices.is_some() {
            return Self::at(cases.clone(), places(&cases, &needs, true), true);
        }
        match Self::at(cases.clone(), places(&cases, &needs, true), false) {
            // Of servers alone there are fewer.
            Err(PlanError::TooMany { .. }) => {
                let places = places(&cases, &needs, false);
                Self::at(cases, places, true)
            }
            grid => grid,
        }
    }

    /// `unlisted`: also where there are too many to list.
    fn at(cases: Cases<'s>, places: Vec<Place>, unlisted: bool) -> Result<Self, PlanError> {
        some_each(&places)?;
        let every: Vec<Vec<usize>> = places.iter().map(|place| (0..place.choices.len()).collect()).collect();
        let many = combined(&every) > MANY;
        if many && !unlisted {
            return Err(too_many(combined(&every), &places, &every));
        }
        let mut table = Table::of(&cases, &places, many)?;
        let path_bound = table.paths(&cases, &places)?;
        let mut grid = Self { cases, places, candidates: Vec::new(), lattice: None, path_bound, table };
        match grid.all() {
            Ok(all) => grid.candidates = all,
            Err(PlanError::TooMany { .. }) if unlisted => {
                let all = grid.parts()?;
                let owned = grid.owned().and_then(|owned| all.spot(&owned));
                grid.candidates = all.listed(owned);
                grid.lattice = Some(all);
            }
            Err(error) => return Err(error),
        }
        if grid.candidates.is_empty() {
            let why = "nothing can be chosen: what [[prices.server]] offers does not fit, or [[plan.bound]] leaves none";
            return Err(PlanError::Nothing(why.to_owned()));
        }
        Ok(grid)
    }

    /// What is varied, in the order of [`Candidate::choices`].
    pub fn quantities(&self) -> impl Iterator<Item = &Quantity> {
        self.places.iter().flat_map(|place| &place.quantities)
    }

    /// What a candidate has at each place.
    #[must_use]
    pub fn chosen<'g>(&'g self, candidate: &Candidate) -> Vec<&'g Choice> {
        let mut from = 0;
        let found = self.places.iter().filter_map(|place| {
            let at = &candidate.choices[from..from + place.quantities.len()];
            from += place.quantities.len();
            place.choices.iter().find(|choice| choice.at == at)
        });
        found.collect()
    }

    /// What sets a candidate.
    #[must_use]
    pub fn sets(&self, candidate: &Candidate) -> Vec<Override> {
        self.chosen(candidate).into_iter().flat_map(|choice| choice.sets.iter().cloned()).collect()
    }

    /// A candidate in words: what it has at each place where there is something to choose.
    #[must_use]
    pub fn label(&self, candidate: &Candidate) -> String {
        let chosen = self.chosen(candidate);
        let told = self.places.iter().zip(chosen).filter(|(place, _)| place.choices.len() > 1);
        told.map(|(_, choice)| choice.label.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// What a candidate has otherwise than another one, in words.
    #[must_use]
    pub fn differences(&self, candidate: &Candidate, from: &Candidate) -> String {
        let both = self.chosen(candidate).into_iter().zip(self.chosen(from));
        both.filter(|(a, b)| a != b).map(|(a, _)| a.label.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// What a candidate costs at each site, in the order of places; links stand under no site.
    #[must_use]
    pub fn by_site(&self, candidate: &Candidate) -> Vec<(Option<String>, Price)> {
        let mut sites: Vec<(Option<String>, Price)> = Vec::new();
        for (place, choice) in self.places.iter().zip(self.chosen(candidate)) {
            match sites.iter_mut().find(|(known, _)| *known == place.site) {
                Some((_, sum)) => *sum = sum.and(choice.price),
                None => sites.push((place.site.clone(), choice.price)),
            }
        }
        for (site, price) in self.balancers(&self.chosen(candidate)) {
            let known = sites.iter_mut().find(|(known, _)| known.as_ref() == Some(&site));
            if let Some((_, sum)) = known {
                *sum = sum.and(price);
            }
        }
        sites
    }

    /// What is owned at every place, as [`Candidate::choices`]; `None` where it is no choice everywhere.
    #[must_use]
    pub fn owned(&self) -> Option<Vec<u16>> {
        let owned = |place: &Place| {
            place.choices.iter().find(|choice| choice.sets.is_empty()).map(|of| of.at.clone())
        };
        self.places.iter().map(owned).collect::<Option<Vec<_>>>().map(|all| all.concat())
    }

    /// Sites where a candidate needs a balancer that is not there yet.
    #[must_use]
    pub fn new_balancers(&self, candidate: &Candidate) -> Vec<String> {
        self.balancers(&self.chosen(candidate)).into_iter().map(|(site, _)| site).collect()
    }

    fn balancers(&self, chosen: &[&Choice]) -> Vec<(String, Price)> {
        let pairs: Vec<_> = self.places.iter().zip(chosen.iter().copied()).collect();
        balancers(self.cases.base, &self.cases.pools, &pairs)
    }

    /// The scenario of a candidate in a case.
    ///
    /// # Errors
    /// [`PlanError::Scenario`].
    pub fn scenario(&self, candidate: &Candidate, case: usize) -> Result<InCase, PlanError> {
        self.cases.scenario(&self.sets(candidate), case)
    }

    /// By the law: the result over its goal in a case, of what is farthest.
    #[must_use]
    pub fn expected_in(&self, candidate: &Candidate, case: usize) -> f64 {
        let of = |(at, choice): (usize, &Choice)| {
            let number = self.places[at].choices.iter().position(|known| std::ptr::eq(known, choice));
            number.map_or(0.0, |number| self.table.ratios[at][number][case])
        };
        self.chosen(candidate).into_iter().enumerate().map(of).fold(self.table.fixed[case], f64::max)
    }

    /// The same of a choice of a place, whatever the others have.
    #[must_use]
    pub fn expected_of(&self, place: usize, choice: usize, case: usize) -> f64 {
        self.table.ratios[place][choice][case]
    }

    /// Every combination; of more than are looked at those of choices that no bound refuses, and each
    /// other choice with the most able ones, which is at least as able as all that are left out with it.
    fn all(&self) -> Result<Vec<Candidate>, PlanError> {
        let whole: Vec<Vec<usize>> =
            self.places.iter().map(|place| (0..place.choices.len()).collect()).collect();
        let mut all = Vec::new();
        if combined(&whole) <= MOST {
            self.combine(&whole, &mut all);
        } else {
            let open: Vec<Vec<usize>> = self.open();
            if combined(&open) > MOST {
                return Err(too_many(combined(&open), &self.places, &open));
            }
            self.combine(&open, &mut all);
            let most: Vec<Vec<usize>> = self.places.iter().map(|place| vec![top(place)]).collect();
            for (at, place) in self.places.iter().enumerate() {
                let closed = (0..place.choices.len()).filter(|choice| !open[at].contains(choice));
                let mut each = most.clone();
                each[at] = closed.collect();
                self.combine(&each, &mut all);
            }
        }
        all.sort_by(Candidate::in_order);
        all.dedup_by(|a, b| a.choices == b.choices);
        Ok(all)
    }

    /// By place, the choices that no bound refuses; the most able one where all are refused.
    fn open(&self) -> Vec<Vec<usize>> {
        let of = |(at, place): (usize, &Place)| {
            let free = |choice: &usize| self.table.bounds[at][*choice].is_none();
            let open: Vec<usize> = (0..place.choices.len()).filter(free).collect();
            if open.is_empty() { vec![top(place)] } else { open }
        };
        self.places.iter().enumerate().map(of).collect()
    }

    /// Adds every combination of some choices of each place.
    fn combine(&self, some: &[Vec<usize>], all: &mut Vec<Candidate>) {
        each(some, |chosen| all.extend(self.candidate(chosen)));
    }

    /// What there is at each place, Client Access servers of a site together: they share its balancer.
    fn parts(&self) -> Result<Lattice, PlanError> {
        let mut together: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            let site = match place.of {
                Of::Pool(pool) if self.cases.pools[pool].has[0] => place.site.as_deref(),
                _ => None,
            };
            match together.iter_mut().find(|(known, _)| site.is_some() && *known == site) {
                Some((_, all)) => all.push(at),
                None => together.push((site, vec![at])),
            }
        }
        let offers = self.cases.base.purchase.prices.as_ref().map_or(&[][..], |prices| &prices.servers);
        let parts = together.into_iter().map(|(_, places)| self.part(places));
        let models = match self.cases.base.purchase.plan.one_model {
            true if !offers.is_empty() => (0..offers.len()).map(Some).collect(),
            _ => vec![None],
        };
        Ok(Lattice {
            parts: parts.collect::<Result<_, _>>()?,
            models,
            fixed: most(&self.table.fixed),
            always: self.table.always.clone(),
        })
    }

    fn part(&self, places: Vec<usize>) -> Result<Part, PlanError> {
        let all: Vec<Vec<usize>> =
            places.iter().map(|&at| (0..self.places[at].choices.len()).collect()).collect();
        if combined(&all) > MOST {
            let own: Vec<Place> = places.iter().map(|&at| self.places[at].clone()).collect();
            return Err(too_many(combined(&all), &own, &all));
        }
        let before =
            |at: usize| -> usize { self.places[..at].iter().map(|place| place.quantities.len()).sum() };
        let slots = places
            .iter()
            .flat_map(|&at| (0..self.places[at].quantities.len()).map(move |of| before(at) + of));
        let slots = slots.collect();
        let mut rows = Vec::new();
        each(&all, |choice| rows.extend(self.row(&places, choice)));
        rows.sort_by(|a: &Row, b: &Row| {
            let cost = a.cost.amount().cmp(&b.cost.amount());
            cost.then(a.expected.total_cmp(&b.expected)).then_with(|| b.at.cmp(&a.at))
        });
        Ok(Part { places, slots, rows })
    }

    /// Some choices of some places; `None` of several models where one is asked for.
    fn row(&self, places: &[usize], at: &[usize]) -> Option<Row> {
        let of = || places.iter().zip(at).map(|(&place, &at)| (place, at));
        let own: Vec<_> =
            of().map(|(place, at)| (&self.places[place], &self.places[place].choices[at])).collect();
        let cost = self.cost(&own)?;
        let offers = self.cases.base.purchase.prices.as_ref().map_or(&[][..], |prices| &prices.servers);
        let model = own.iter().find_map(|(_, choice)| choice.model.as_ref());
        Some(Row {
            at: own.iter().flat_map(|(_, choice)| choice.at.iter().copied()).collect(),
            cost,
            expected: of().map(|(place, at)| most(&self.table.ratios[place][at])).fold(0.0, f64::max),
            bound: of().find_map(|(place, at)| self.table.bounds[place][at].clone()),
            model: model.and_then(|model| offers.iter().position(|of| of.name == *model)),
        })
    }

    /// What some choices of some places cost, with the balancers that they need; `None` of several models
    /// where one is asked for.
    fn cost(&self, chosen: &[(&Place, &Choice)]) -> Option<Cost> {
        let plan = &self.cases.base.purchase.plan;
        let choices = || chosen.iter().map(|(_, choice)| choice);
        let mut models = choices().filter_map(|choice| choice.model.as_ref());
        let first = models.next();
        if plan.one_model && models.any(|model| Some(model) != first) {
            return None;
        }
        if self.cases.base.purchase.prices.is_none() {
            let servers = choices().map(|choice| u64::from(choice.servers));
            let cores = choices().map(|choice| u64::from(choice.servers) * u64::from(choice.cores));
            return Some(Cost::Machines { servers: servers.sum(), cores: cores.sum() });
        }
        let machines = choices().fold(Price::default(), |sum, choice| sum.and(choice.price));
        let balancers = balancers(self.cases.base, &self.cases.pools, chosen);
        let price = balancers.into_iter().fold(machines, |sum, (_, of)| sum.and(of));
        Some(Cost::money(price.once.0, price.a_year.0, plan.years))
    }

    /// One combination; `None` of several models where one is asked for.
    fn candidate(&self, at: &[usize]) -> Option<Candidate> {
        let chosen: Vec<(&Place, &Choice)> =
            self.places.iter().zip(at).map(|(place, choice)| (place, &place.choices[*choice])).collect();
        let cost = self.cost(&chosen)?;
        let of = || at.iter().enumerate();
        let ratios = of().map(|(place, choice)| most(&self.table.ratios[place][*choice]));
        let mut bounds = of().filter_map(|(place, choice)| self.table.bounds[place][*choice].as_ref());
        Some(Candidate {
            choices: chosen.iter().flat_map(|(_, choice)| choice.at.iter().copied()).collect(),
            cost,
            expected: ratios.fold(most(&self.table.fixed), f64::max),
            bound: self.table.always.as_ref().or_else(|| bounds.next()).cloned(),
        })
    }
}

fn most(ratios: &[f64]) -> f64 {
    ratios.iter().copied().fold(0.0, f64::max)
}

/// Every combination of some choices of each place, the last place first.
fn each(all: &[Vec<usize>], mut told: impl FnMut(&[usize])) {
    if all.iter().any(Vec::is_empty) {
        return;
    }
    let mut at = vec![0_usize; all.len()];
    'next: loop {
        let chosen: Vec<usize> = at.iter().zip(all).map(|(at, choices)| choices[*at]).collect();
        told(&chosen);
        for (place, choices) in at.iter_mut().zip(all).rev() {
            *place += 1;
            if *place < choices.len() {
                continue 'next;
            }
            *place = 0;
        }
        return;
    }
}

/// Refuses places at which nothing is to be had.
fn some_each(places: &[Place]) -> Result<(), PlanError> {
    let Some(empty) = places.iter().find(|place| place.choices.is_empty()) else { return Ok(()) };
    let site = empty.site.clone().unwrap_or_default();
    let unfit: Vec<String> = empty.unfit.iter().map(|(what, why)| format!("; {what}: {why}")).collect();
    Err(PlanError::Nothing(format!(
        "at {site} no servers are to be had in the numbers of [[plan.bound]]: so many are not owned, and no \
         [[prices.server]] fits{}",
        unfit.concat()
    )))
}

/// How many combinations there are of some choices of each place.
fn combined(each: &[Vec<usize>]) -> u128 {
    each.iter().fold(1_u128, |count, choices| count.saturating_mul(choices.len() as u128))
}

fn too_many(count: u128, places: &[Place], open: &[Vec<usize>]) -> PlanError {
    let mut widest: Vec<(&Place, usize)> = places.iter().zip(open.iter().map(Vec::len)).collect();
    widest.sort_by_key(|(_, choices)| std::cmp::Reverse(*choices));
    let told = |(place, choices): &(&Place, usize)| {
        let path = place.quantities.first().map_or("", |quantity| quantity.path.as_str());
        format!("{path} ({choices})")
    };
    let widest = widest.iter().take(3).map(told).collect::<Vec<_>>().join(", ");
    PlanError::TooMany { count, most: MOST, widest }
}

/// How many servers of the hardware that is there each pool needs, by the law, in the worst case and
/// year; one more where one of them may fail.
fn needs(cases: &Cases<'_>) -> Result<Vec<f64>, PlanError> {
    let mut needs = vec![1.0_f64; cases.pools.len()];
    let all: Vec<_> = (0..cases.all.len())
        .into_par_iter()
        .filter(|&case| !matches!(cases.all[case].lost, Some(Lost::Server(_))))
        .map(|case| law(cases, &[], case))
        .collect();
    for found in all {
        for found in found? {
            if let Some(Of::Pool(pool)) = found.of {
                let servers = f64::from(cases.pools[pool].servers);
                needs[pool] = needs[pool].max(libm::ceil(found.ratio * servers - 1e-9));
            }
        }
    }
    for (pool, need) in needs.iter_mut().enumerate() {
        if cases.all.iter().any(|case| case.lost == Some(Lost::Server(pool))) {
            *need += 1.0;
        }
    }
    Ok(needs)
}

/// The first year in which what is owned does not suffice at a site, by the law.
#[derive(Clone, PartialEq, Debug)]
pub struct Outgrown {
    /// The site; `None`: a link between two.
    pub site: Option<String>,
    /// Years from now; 0: today already.
    pub year: u32,
    /// In which case, by its number.
    pub case: u32,
    /// Why, in words without a full stop.
    pub reason: String,
}

/// For each site the first year in which what is owned no longer suffices; who is not in the list has
/// enough in every year that is looked at.
///
/// # Errors
/// [`PlanError`].
pub fn outgrown(cases: &Cases<'_>) -> Result<Vec<Outgrown>, PlanError> {
    let topology = &cases.base.model.topology;
    let mut all: Vec<Outgrown> = Vec::new();
    let asked: Vec<_> = (0..cases.all.len()).into_par_iter().map(|case| law(cases, &[], case)).collect();
    for (case, (of, found)) in cases.all.iter().zip(asked).enumerate() {
        let mut found = found?;
        found.retain(|found| found.whole > 1.0 && !found.is_unserved());
        found.sort_by(|a, b| b.whole.total_cmp(&a.whole));
        for found in found {
            let site = match found.of {
                Some(Of::Pool(pool)) => Some(cases.pools[pool].site.clone()),
                Some(Of::Line(crate::model::purchase::Line::Internet(site))) => {
                    Some(topology.sites[site.index()].name.clone())
                }
                _ => None,
            };
            if !all.iter().any(|known| known.site == site) {
                all.push(Outgrown { site, year: of.year, case: case as u32, reason: found.told() });
            }
        }
    }
    all.sort_by_key(|of| of.year);
    Ok(all)
}
